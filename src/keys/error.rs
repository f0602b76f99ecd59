//! What can go wrong with keys.

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::sync::Arc;

use super::Origin;

/// Why something cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no public key that age knows.
    #[error("`{text}` is not an age recipient")]
    Recipient {
        /// The text.
        text: String,
    },
    /// There is nobody to seal for.
    #[error("there are no age recipients")]
    NoRecipients,
    /// age refused to encrypt.
    #[error("encrypt for the age recipients")]
    Seal(#[source] age::EncryptError),
    /// Writing to memory failed while encrypting.
    #[error("write the age file")]
    Write(#[source] io::Error),
    /// The text is no age file, or a broken one.
    #[error("read the age file")]
    Malformed(#[source] age::DecryptError),
    /// The age file opened, but its content is broken.
    #[error("decrypt the age file")]
    Content(#[source] io::Error),
    /// No key opens the age file.
    #[error(transparent)]
    NoKey(#[from] NoKey),
}

/// No key opened an age file; holds public parts only.
#[derive(Debug)]
pub struct NoKey {
    /// The keys that were tried.
    pub tried: Vec<Tried>,
    /// The sources that gave no key.
    pub problems: Vec<Arc<SourceProblem>>,
}

impl std::error::Error for NoKey {}

impl fmt::Display for NoKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tried.as_slice() {
            [] => formatter.write_str("no age key was found")?,
            tried => {
                formatter.write_str("none of these age keys opens it:")?;
                for Tried { key, origin } in tried {
                    write!(formatter, "\n    {key} from {origin}")?;
                }
            }
        }
        for problem in &self.problems {
            write!(formatter, "\n    not used: {problem}")?;
        }
        Ok(())
    }
}

/// A key that did not open an age file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The public part, or what kind of key it is.
    pub key: String,
    /// Where it was found.
    pub origin: Origin,
}

/// A source that gave no key.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {error}")]
pub struct SourceProblem {
    /// The source.
    pub origin: Origin,
    /// What is wrong with it.
    pub error: SourceError,
}

/// What is wrong with a source of keys. No variant holds its content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// A line is no identity.
    #[error("line {0} is not an age identity")]
    Line(usize),
    /// The file is no SSH private key that age can use.
    #[error("not an SSH key of type ed25519 or RSA")]
    Ssh,
    /// The passphrase is missing or wrong, or the file is broken.
    #[error("cannot be unlocked: {0}")]
    Locked(age::DecryptError),
    /// The plugin that works with the key fails.
    #[error("{0}")]
    Plugin(String),
    /// The command cannot be started.
    #[error("cannot be started: {0}")]
    Start(io::Error),
    /// The command failed.
    #[error("failed with {0}")]
    Exit(ExitStatus),
    /// The command's quotes do not match.
    #[error("has an unclosed quote")]
    Quoting,
    /// The command printed something else than text.
    #[error("did not print text")]
    NotText,
}
