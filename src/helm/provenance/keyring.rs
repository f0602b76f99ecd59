//! Public keys, in the forms in which Helm takes them: a ring of GnuPG, old or new, or an armoured export.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pgp::composed::{Deserializable as _, SignedPublicKey};

use super::keybox;

const ARMOUR: &str = "-----BEGIN PGP ";
const PUBLIC: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// The keys of those whose signatures count.
#[derive(Clone, Debug)]
pub struct Keyring {
    pub(super) keys: Vec<SignedPublicKey>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file cannot be read.
    #[error("read the keyring `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no keys that can be understood.
    #[error("understand the keyring `{}`", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file holds no public keys.
    #[error("the keyring `{}` holds no public keys", .0.display())]
    Empty(PathBuf),
}

impl Keyring {
    /// Reads the keys in a file.
    pub fn read(path: &Path) -> Result<Self, KeyringError> {
        let bytes =
            std::fs::read(path).map_err(|source| KeyringError::Read { path: path.to_owned(), source })?;
        let failed = |source| KeyringError::Keys { path: path.to_owned(), source };
        let keys = keys(&bytes).map_err(failed)?;
        if keys.is_empty() {
            return Err(KeyringError::Empty(path.to_owned()));
        }
        Ok(Self { keys })
    }

    /// Returns where the user's ring is: that of old versions of GnuPG, if it is there. `variables` are the process's.
    pub fn usual(variables: &BTreeMap<String, String>) -> PathBuf {
        let home = variables.get("HOME").map(|home| Path::new(home).join(".gnupg"));
        let folder = variables.get("GNUPGHOME").map(PathBuf::from).or(home).unwrap_or_default();
        let (old, new) = (folder.join("pubring.gpg"), folder.join("pubring.kbx"));
        if !old.exists() && new.exists() { new } else { old }
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn keys(bytes: &[u8]) -> Result<Vec<SignedPublicKey>, AnyError> {
    if keybox::is_one(bytes) {
        return packets(&keybox::keys(bytes)?);
    }
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains(ARMOUR)) else {
        return packets(bytes);
    };
    // Exports may stand one behind the other in a file.
    let mut found = Vec::new();
    for block in text.split(PUBLIC).skip(1) {
        let block = format!("{PUBLIC}{block}");
        let (keys, _) = SignedPublicKey::from_armor_many(block.as_bytes())?;
        for key in keys {
            found.push(key?);
        }
    }
    Ok(found)
}

fn packets(bytes: &[u8]) -> Result<Vec<SignedPublicKey>, AnyError> {
    let keys = SignedPublicKey::from_bytes_many(bytes)?;
    Ok(keys.collect::<Result<Vec<_>, _>>()?)
}
