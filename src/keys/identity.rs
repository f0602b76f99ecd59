//! A private key.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use age::secrecy::SecretString;

use super::{Passphrases, SourceError};

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// In a variable itself.
    Variable(&'static str),
    /// In a file.
    File(PathBuf),
    /// In what the command named by a variable prints.
    Command(&'static str),
    /// Handed over by the caller, who calls it so.
    Given(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Command(name) => write!(formatter, "the command in {name}"),
            Self::Given(name) => formatter.write_str(name),
        }
    }
}

/// A private key that needs nothing more to be used. `Debug` shows its public part.
#[derive(Clone)]
pub struct Identity(Material);

#[derive(Clone)]
enum Material {
    X25519(age::x25519::Identity),
    Ssh(age::ssh::Identity, Passphrases),
}

impl Identity {
    /// Makes a new X25519 key.
    pub fn generate() -> Self {
        Self(Material::X25519(age::x25519::Identity::generate()))
    }

    /// Reads one identity: `AGE-SECRET-KEY-1…`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|identity| Self(Material::X25519(identity)))
    }

    /// Reads an SSH private key; its passphrase, if it has one, is asked for when it is used.
    pub fn parse_ssh(text: &str, name: &str, passphrases: &Passphrases) -> Result<Self, SourceError> {
        use age::ssh::Identity as Ssh;
        match Ssh::from_buffer(text.as_bytes(), Some(name.to_owned())) {
            Ok(key @ (Ssh::Unencrypted(_) | Ssh::Encrypted(_))) => {
                Ok(Self(Material::Ssh(key, passphrases.clone())))
            }
            Ok(Ssh::Unsupported(_)) | Err(_) => Err(SourceError::Ssh),
        }
    }

    /// Says whether using the key asks for a passphrase.
    pub(super) fn asks(&self) -> bool {
        matches!(self.0, Material::Ssh(age::ssh::Identity::Encrypted(_), _))
    }

    /// Returns the public part: the recipient that it opens.
    pub fn public(&self) -> String {
        match &self.0 {
            Material::X25519(identity) => identity.to_public().to_string(),
            Material::Ssh(identity, _) => age::ssh::Recipient::try_from(identity.clone())
                .map_or_else(|_| "an SSH key".to_owned(), |recipient| recipient.to_string()),
        }
    }

    /// Returns the text that [`Identity::parse`] reads; none for SSH keys, whose files others own.
    pub fn to_secret_text(&self) -> Option<SecretString> {
        match &self.0 {
            Material::X25519(identity) => Some(identity.to_string()),
            Material::Ssh(..) => None,
        }
    }

    /// Returns the key as age uses it.
    pub(super) fn to_age(&self) -> Box<dyn age::Identity> {
        match &self.0 {
            Material::X25519(identity) => Box::new(identity.clone()),
            Material::Ssh(identity, passphrases) => {
                Box::new(identity.clone().with_callbacks(passphrases.clone()))
            }
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Identity({})", self.public())
    }
}
