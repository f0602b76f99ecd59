//! What can be wrong with a document.

use std::io;
use std::sync::Arc;

use crate::diagnostic;
use crate::keys;
use crate::keys::NoKey;
use crate::yaml;

use super::format::Format;
use super::key_group::OtherKey;
use super::value_path::ValuePath;

/// Why a document cannot be read or decrypted; names the file, never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("read `{file}`")]
    Read {
        /// The file.
        file: Arc<str>,
        /// Why.
        source: io::Error,
    },
    /// The file has no SOPS metadata.
    #[error("`{file}` is not encrypted with SOPS")]
    NotEncrypted {
        /// The file.
        file: Arc<str>,
    },
    /// No key opens the document.
    #[error("no key opens `{file}`\n  it is encrypted for {}", wanted(.recipients))]
    NoKey {
        /// The file.
        file: Arc<str>,
        /// Whom the file is encrypted for.
        recipients: Vec<String>,
        /// What was tried.
        source: Box<NoKey>,
    },
    /// The file is encrypted already, or has a key that metadata has.
    #[error("`{file}` is encrypted with SOPS already, or has a key `sops` of its own")]
    AlreadyEncrypted {
        /// The file.
        file: Arc<str>,
    },
    /// There is nothing at this path.
    #[error("`{file}` has no value at {path}")]
    NoValue {
        /// The file.
        file: Arc<str>,
        /// The path.
        path: ValuePath,
    },
    /// The format cannot hold the document.
    #[error("write `{file}` as {format}")]
    Print {
        /// The file.
        file: Arc<str>,
        /// The format.
        format: Format,
        /// Why.
        source: Problem,
    },
    /// The data key, or a part of it, cannot be given to the keys that shall have it.
    #[error("seal the data key of `{file}`")]
    Keys {
        /// The file.
        file: Arc<str>,
        /// Why.
        source: Problem,
    },
    /// The document was changed by somebody without its key.
    #[error("`{file}` was changed after it was encrypted: its MAC does not fit its values")]
    Mac {
        /// The file.
        file: Arc<str>,
    },
    /// The document has no MAC.
    #[error("`{file}` has no MAC, so nothing shows whether it was changed")]
    NoMac {
        /// The file.
        file: Arc<str>,
    },
    /// The file, or a value in it, is not as it must be.
    #[error("read `{file}`")]
    Malformed {
        /// The file.
        file: Arc<str>,
        /// What is wrong.
        source: Problem,
    },
}

fn listed(keys: &[OtherKey]) -> String {
    keys.iter().map(|key| format!("`{}` ({})", key.id, key.kind)).collect::<Vec<_>>().join(", ")
}

fn place(position: Option<diagnostic::Position>) -> String {
    position.map(|position| format!("{position}: ")).unwrap_or_default()
}

fn wanted(recipients: &[String]) -> String {
    if recipients.is_empty() { "no age recipient".to_owned() } else { recipients.join(", ") }
}

impl Error {
    /// Returns the status that sops exits with.
    pub fn sops_exit_code(&self) -> u8 {
        match self {
            Self::Read { .. } => 2,
            Self::Print { .. } => 4,
            Self::NotEncrypted { .. } | Self::NoValue { .. } | Self::Keys { .. } => 1,
            Self::AlreadyEncrypted { .. } => 203,
            Self::NoKey { .. } => 128,
            Self::Mac { .. } | Self::NoMac { .. } => 51,
            Self::Malformed { source: Problem::Value { .. }, .. } => 25,
            Self::Malformed { .. } => 6,
        }
    }
}

/// What is wrong with a document or a value in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not YAML.
    #[error(transparent)]
    Yaml(Box<yaml::Error>),
    /// Not JSON.
    #[error("{position}: expected {expected}")]
    Json {
        /// Where it goes wrong.
        position: diagnostic::Position,
        /// What should be there.
        expected: &'static str,
    },
    /// Collections too deep in each other.
    #[error("its values are nested too deeply")]
    Depth,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// The groups of keys cannot be.
    #[error("{0}")]
    Groups(&'static str),
    /// Eggtooth cannot seal for these keys, and it was not sealed for them before.
    #[error("only age keys can be given one, not {}", listed(.keys))]
    OtherKeys {
        /// The keys.
        keys: Vec<OtherKey>,
    },
    /// A group is to get a recipient, but its part of the data key was not opened.
    #[error("no key at hand opens the part of the group that {recipient} is to be in")]
    ClosedGroup {
        /// Who is to be in the group.
        recipient: String,
    },
    /// The selector matches ciphertexts.
    #[error("its `unencrypted_comment_regex` matches an encrypted comment, so it could not be decrypted")]
    CommentRegex,
    /// There is something else on the way to a value.
    #[error("at {path} is neither a mapping nor a list to go into")]
    Path {
        /// The path up to there.
        path: ValuePath,
    },
    /// Not text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// A number that JSON has not.
    #[error("it has a number that is infinite, or none")]
    Infinite,
    /// The root is no mapping.
    #[error("its top level must be a mapping")]
    Root,
    /// A key occurs twice in a mapping.
    #[error("{position}: duplicate key `{key}`")]
    DuplicateKey {
        /// The second occurrence.
        position: diagnostic::Position,
        /// The key.
        key: Arc<str>,
    },
    /// A key is no string.
    #[error("{position}: keys must be strings")]
    Key {
        /// Where the key is.
        position: diagnostic::Position,
    },
    /// An integer beyond 63 bits.
    #[error("{position}: SOPS cannot hold integers beyond 63 bits")]
    Integer {
        /// Where the value is.
        position: diagnostic::Position,
    },
    /// A line of a dotenv file has no `=`.
    #[error("line {line}: expected NAME=value")]
    Dotenv {
        /// The line, from 1.
        line: usize,
    },
    /// A line of an INI file is neither section, comment nor `name = value`.
    #[error("line {line}: expected [section] or name = value")]
    Ini {
        /// The line, from 1.
        line: usize,
    },
    /// The format cannot hold the document.
    #[error("{0}")]
    Format(&'static str),
    /// The metadata is not as it must be.
    #[error("its metadata `sops.{field}` {what}")]
    Metadata {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The selector's regular expression is invalid; sops would silently match nothing.
    #[error("its metadata `sops.{field}` is not a regular expression")]
    Regex {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// An age file in the metadata is broken.
    #[error("open the data key for {recipient}")]
    DataKey {
        /// Whose.
        recipient: String,
        /// What is wrong with it.
        source: Box<keys::Error>,
    },
    /// The data key cannot be sealed.
    #[error("seal the data key")]
    Seal(#[source] Box<keys::Error>),
    /// The key groups' parts do not make a data key.
    #[error("the parts of the data key do not fit together")]
    Shamir,
    /// A value cannot be decrypted.
    #[error("{}value at `{path}`: {problem}", place(*.position))]
    Value {
        /// Where it stands, if that is known.
        position: Option<diagnostic::Position>,
        /// Its path.
        path: String,
        /// What is wrong with it.
        problem: ValueProblem,
    },
}

impl From<yaml::Error> for Problem {
    fn from(error: yaml::Error) -> Self {
        Self::Yaml(Box::new(error))
    }
}

/// What is wrong with an encrypted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueProblem {
    /// It should be encrypted.
    #[error("should be encrypted, but is plain")]
    Plain,
    /// It is encrypted already, or only looks so.
    #[error("is to be encrypted, but looks encrypted already")]
    Encrypted,
    /// It looks encrypted, but is not well formed.
    #[error("is not a well-formed ENC[…] text")]
    Form,
    /// Its type is none that SOPS has.
    #[error("has an unknown type")]
    Type,
    /// The data key does not open it here: it was changed, or moved from another place.
    #[error("was changed or moved")]
    Tampered,
    /// It opens, but does not hold what its type says.
    #[error("does not hold what its type says")]
    Content,
}
