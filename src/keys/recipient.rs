//! Public keys and sealing.

use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

use age::armor::{ArmoredWriter, Format};

use super::Error;

/// A public key that age encrypts for, with the text it was read from.
#[derive(Clone)]
pub struct Recipient {
    text: Arc<str>,
    key: Key,
}

#[derive(Clone)]
enum Key {
    X25519(age::x25519::Recipient),
    Ssh(age::ssh::Recipient),
}

impl Recipient {
    fn to_age(&self) -> &dyn age::Recipient {
        match &self.key {
            Key::X25519(recipient) => recipient,
            Key::Ssh(recipient) => recipient,
        }
    }
}

/// Reads `age1…`, `ssh-ed25519 …` or `ssh-rsa …`.
impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let key = if text.starts_with("ssh-") {
            text.parse().ok().map(Key::Ssh)
        } else {
            text.parse().ok().map(Key::X25519)
        };
        let key = key.ok_or_else(|| Error::Recipient { text: text.to_owned() })?;
        Ok(Self { text: Arc::from(text), key })
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
