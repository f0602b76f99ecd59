//! A private key.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use age::secrecy::SecretString;

use super::hybrid::HybridIdentity;
use super::plugin::PluginKey;
use super::{Passphrases, ProcessEnvironment, SourceError};

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
    Hybrid(HybridIdentity),
    Ssh(age::ssh::Identity, Passphrases),
    Plugin(PluginKey),
}

impl Identity {
    /// Makes a new X25519 key.
    pub fn generate() -> Self {
        Self(Material::X25519(age::x25519::Identity::generate()))
    }

    /// Makes a new post-quantum key (ML-KEM-768 with X25519).
    pub fn generate_post_quantum() -> Self {
        Self(Material::Hybrid(HybridIdentity::generate()))
    }

    /// Reads one identity: `AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…` or `AGE-PLUGIN-…`, whose plugin is started in
    /// this process's environment.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_in(text, &ProcessEnvironment::of_process(), &Passphrases::default())
    }

    /// Reads one identity; a plugin is started in `environment`, without the variables that may hold keys, and gets
    /// the secrets it asks for (a PIN) from `passphrases`.
    pub fn parse_in(text: &str, environment: &ProcessEnvironment, passphrases: &Passphrases) -> Option<Self> {
        if text.starts_with("AGE-PLUGIN-") {
            return PluginKey::identity(text, environment, passphrases)
                .map(|key| Self(Material::Plugin(key)));
        }
        if text.starts_with("AGE-SECRET-KEY-PQ-") {
            return HybridIdentity::parse(text).map(|identity| Self(Material::Hybrid(identity)));
        }
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

    /// Says whether using the key costs something: it asks for a passphrase, or starts a plugin.
    pub(super) fn asks(&self) -> bool {
        matches!(self.0, Material::Ssh(age::ssh::Identity::Encrypted(_), _) | Material::Plugin(_))
    }

    /// Says whether a plugin works with the key.
    pub(super) fn has_plugin(&self) -> bool {
        matches!(self.0, Material::Plugin(_))
    }

    /// Returns the public part: the recipient that it opens.
    pub fn public(&self) -> String {
        match &self.0 {
            Material::X25519(identity) => identity.to_public().to_string(),
            Material::Hybrid(identity) => identity.to_public().to_text(),
            Material::Plugin(key) => format!("a key of {}", key.plugin()),
            Material::Ssh(identity, _) => age::ssh::Recipient::try_from(identity.clone())
                .map_or_else(|_| "an SSH key".to_owned(), |recipient| recipient.to_string()),
        }
    }

    /// Returns the text that [`Identity::parse`] reads; none for SSH keys and plugins' keys, which others own.
    pub fn to_secret_text(&self) -> Option<SecretString> {
        match &self.0 {
            Material::X25519(identity) => Some(identity.to_string()),
            Material::Hybrid(identity) => Some(SecretString::from(identity.to_text().as_str())),
            Material::Ssh(..) | Material::Plugin(_) => None,
        }
    }

    /// Returns the key as age uses it.
    pub(super) fn to_age(&self) -> Box<dyn age::Identity> {
        match &self.0 {
            Material::X25519(identity) => Box::new(identity.clone()),
            Material::Hybrid(identity) => Box::new(identity.clone()),
            Material::Plugin(key) => Box::new(key.clone()),
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
