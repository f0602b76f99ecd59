//! Public keys and sealing.

use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

use age::armor::{ArmoredWriter, Format};

use super::hybrid::HybridRecipient;
use super::plugin::PluginKey;
use super::{Error, ProcessEnvironment};

/// A public key that age encrypts for, with the text it was read from.
#[derive(Clone)]
pub struct Recipient {
    text: Arc<str>,
    key: Key,
}

#[derive(Clone)]
enum Key {
    X25519(age::x25519::Recipient),
    Hybrid(HybridRecipient),
    Ssh(age::ssh::Recipient),
    Plugin(PluginKey),
}

impl Recipient {
    /// Reads a recipient; a plugin is started in `environment`, without the variables that may hold keys.
    pub fn parse_in(text: &str, environment: &ProcessEnvironment) -> Result<Self, Error> {
        let text = text.trim();
        let key = if text.starts_with("ssh-") {
            text.parse().ok().map(Key::Ssh)
        } else if text.starts_with("age1pq1") {
            HybridRecipient::parse(text).map(Key::Hybrid)
        } else if text.matches('1').count() > 1 {
            // The data of no key has this character.
            PluginKey::recipient(text, environment).map(Key::Plugin)
        } else {
            text.parse().ok().map(Key::X25519)
        };
        let key = key.ok_or_else(|| Error::Recipient { text: text.to_owned() })?;
        Ok(Self { text: Arc::from(text), key })
    }

    fn to_age(&self) -> &dyn age::Recipient {
        match &self.key {
            Key::X25519(recipient) => recipient,
            Key::Hybrid(recipient) => recipient,
            Key::Plugin(key) => key,
            Key::Ssh(recipient) => recipient,
        }
    }
}

/// Reads `age1…`, `age1pq1…`, `ssh-ed25519 …`, `ssh-rsa …`, or `age1NAME1…`, for which the program `age-plugin-NAME`
/// is started when something is sealed.
impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse_in(text, &ProcessEnvironment::of_process())
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Recipient({})", self.text)
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Recipient {}

/// Encrypts `content` so that each of the recipients can open it; returns an armored age file.
///
/// ```
/// use eggtooth::keys::{Identities, Identity, Origin, seal};
///
/// let identity = Identity::generate();
/// let recipient = identity.public().parse()?;
/// let sealed = seal(&[recipient], b"chirp")?;
/// let identities = Identities::of([identity], Origin::Given("the example".into()));
/// assert_eq!(identities.open(&sealed, None)?, b"chirp".to_vec().into());
/// # Ok::<(), eggtooth::keys::Error>(())
/// ```
pub fn seal(recipients: &[Recipient], content: &[u8]) -> Result<String, Error> {
    if recipients.is_empty() {
        return Err(Error::NoRecipients);
    }
    let encryptor =
        age::Encryptor::with_recipients(recipients.iter().map(Recipient::to_age)).map_err(Error::Seal)?;
    let write = || {
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(content)?;
        writer.finish()?.finish()
    };
    let sealed = write().map_err(Error::Write)?;
    Ok(String::from_utf8_lossy(&sealed).into_owned())
}
