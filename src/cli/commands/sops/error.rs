//! What can go wrong with the verbs, and how sops exits then.

use std::{io, path::PathBuf};

use crate::cli::exit::Exit;
use crate::file::FileError;
use crate::keys;
use crate::remote::ServiceError;
use crate::sops::rules::RulesError;
use crate::sops::{self, PathError, Problem};

/// Why a verb failed; no text holds a value of a document.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::commands) enum SopsCommandError {
    /// A document can't be read or written.
    #[error(transparent)]
    Sops(#[from] sops::Error),
    /// The plain document can't be encrypted.
    #[error("encrypt `{}`", file.display())]
    Encrypt { file: PathBuf, source: Box<sops::Error> },
    /// The creation rules can't be had.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A file can't be read or replaced.
    #[error(transparent)]
    File(#[from] FileError),
    /// A recipient is none.
    #[error(transparent)]
    Recipient(#[from] keys::Error),
    #[error("no file is given")]
    NoFile,
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    #[error("`{}` does not exist, so its keys can't be changed", .0.display())]
    MissingForKeys(PathBuf),
    #[error("{0}")]
    Words(&'static str),
    #[error("{0}")]
    Conflict(&'static str),
    #[error("{0}")]
    Refused(&'static str),
    #[error("read the path of `--extract`")]
    ExtractPath(#[source] PathError),
    #[error("read the path of the value")]
    SetPath(#[source] PathError),
    /// The cause would quote the value.
    #[error("the value is no JSON (line {line}, column {column})")]
    Json { line: usize, column: usize },
    #[error("there are no keys to encrypt `{}` for", .0.display())]
    NoKeys(PathBuf),
    #[error("Eggtooth encrypts for age keys only, and {0} is given")]
    Foreign(&'static str),
    #[error("`{}` is encrypted already, or has a key `sops` of its own", .0.display())]
    AlreadyEncrypted(PathBuf),
    #[error("`{}` is empty", .0.display())]
    Empty(PathBuf),
    #[error("`{0}` is no regular expression")]
    Selector(&'static str, #[source] Problem),
    #[error("one selector is enough: {0} and {1} are given")]
    Selectors(&'static str, &'static str),
    #[error("read {0}")]
    ReadInput(&'static str, #[source] io::Error),
    #[error("the kind of key `{0}` is given twice")]
    DecryptionOrder(String),
    #[error("{act}")]
    Child {
        act: String,
        #[source]
        source: io::Error,
    },
    #[error("the value of `{0}` is no single value, so it can't be a variable")]
    Nested(String),
    #[error("the key `{0}` can't be a variable's name")]
    VariableName(String),
    #[error("the user `{0}` is unknown")]
    User(String),
    #[error("make a private folder for the plain text")]
    PrivateFolder(#[source] io::Error),
    #[error("no editor was found")]
    NoEditor,
    #[error("run the editor `{0}`")]
    Editor(String, #[source] io::Error),
    #[error("the editor `{0}` failed with {1}")]
    EditorFailed(String, std::process::ExitStatus),
    #[error("the file was not changed")]
    Unchanged,
    #[error("the edit was stopped, and what was typed is gone")]
    Stopped,
    #[error("the group {0} does not exist")]
    Group(String),
    #[error("{groups} groups are left, and it takes {threshold} to open the file")]
    Threshold { groups: usize, threshold: usize },
    #[error("no key would be left that opens `{}`", .0.display())]
    NobodyLeft(PathBuf),
    #[error("{failed} of {all} files could not be given to their keys")]
    Updatekeys { failed: usize, all: usize },
    #[error("`{}` has no creation rules", .0.display())]
    NoRules(PathBuf),
    #[error("no .sops.yaml was found")]
    NoConfiguration,
    #[error("no destination rule is for `{}`", .0.display())]
    NoDestination(PathBuf),
    #[error("publishing to {0} is left out")]
    Publish(String),
    #[error("`{}` is a folder", .0.display())]
    Folder(PathBuf),
    #[error("`{}` is not published", .0.display())]
    Declined(PathBuf),
    #[error("nobody says whether to publish")]
    Unanswered,
    #[error("no token of Vault is given")]
    NoVaultToken,
    /// Vault can't be reached, or refuses.
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("run `git {act}`")]
    Git {
        act: String,
        #[source]
        source: io::Error,
    },
    #[error("`git {act}` failed: {message}")]
    GitFailed { act: String, message: String },
    #[error("{0}")]
    Merge(String),
    #[error("key services are left out")]
    KeyService,
}

impl SopsCommandError {
    /// Returns how sops exits in the same case.
    pub(super) fn exit(&self) -> Exit {
        Exit::Sops(match self {
            Self::Sops(error) => document_code(error),
            Self::Encrypt { source, .. } => encrypt_code(source),
            Self::File(FileError::Read { .. }) | Self::ReadInput(..) => 2,
            Self::File(_) | Self::PrivateFolder(_) => 3,
            Self::SetPath(_) | Self::Json { .. } => 7,
            Self::Conflict(_) | Self::Selectors(..) => 8,
            Self::MissingForKeys(_) => 49,
            Self::ExtractPath(_) => 91,
            Self::Empty(_) => 92,
            Self::NoFile | Self::Missing(_) | Self::Words(_) => 100,
            Self::DecryptionOrder(_) => 112,
            Self::Unchanged => 200,
            Self::NoEditor | Self::Editor(..) | Self::EditorFailed(..) => 201,
            Self::AlreadyEncrypted(_) => 203,
            Self::Rules(_)
            | Self::Recipient(_)
            | Self::NoKeys(_)
            | Self::Foreign(_)
            | Self::Refused(_)
            | Self::Selector(..)
            | Self::Child { .. }
            | Self::Nested(_)
            | Self::VariableName(_)
            | Self::User(_)
            | Self::Stopped
            | Self::Group(_)
            | Self::Threshold { .. }
            | Self::NobodyLeft(_)
            | Self::Updatekeys { .. }
            | Self::NoRules(_)
            | Self::NoConfiguration
            | Self::NoDestination(_)
            | Self::Publish(_)
            | Self::Folder(_)
            | Self::Declined(_)
            | Self::Unanswered
            | Self::NoVaultToken
            | Self::Service(_)
            | Self::Git { .. }
            | Self::GitFailed { .. }
            | Self::Merge(_)
            | Self::KeyService => 1,
        })
    }

    /// Returns what to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKeys(_) => {
                "name them in a .sops.yaml, or with --age; `eggtooth sops init` makes a first one"
            }
            Self::Foreign(_) => "use sops for those, or leave the flag or its SOPS_… variable out",
            Self::AlreadyEncrypted(_) => "change it with `eggtooth sops edit`, or rename the key",
            Self::Sops(sops::Error::NotEncrypted { .. }) => {
                "encrypt it with `eggtooth sops encrypt --in-place`"
            }
            Self::Sops(sops::Error::NoKey { .. }) => {
                "name a file with one of these keys in SOPS_AGE_KEY_FILE, or have somebody who can open it add yours to .sops.yaml and run `eggtooth sops updatekeys`"
            }
            Self::Sops(sops::Error::Malformed { source: Problem::Value { .. }, .. }) => {
                "put the line back as it was (`git log -p`), or take it out and add it with `eggtooth sops set`"
            }
            Self::Sops(sops::Error::Mac { .. }) => {
                "find out who changed it (`git log -p`); --ignore-mac decrypts it all the same"
            }
            Self::File(FileError::Changed { .. }) => "run the command again on the file as it is now",
            Self::File(FileError::Owner { .. }) => {
                "run the command as that user, or take the file over first"
            }
            Self::NoEditor => "name one in SOPS_EDITOR, EDITOR or VISUAL",
            Self::Encrypt { source, .. }
                if matches!(**source, sops::Error::Keys { source: Problem::OtherKeys { .. }, .. }) =>
            {
                "encrypt it with sops, which reaches these services, or leave their keys out of the rule"
            }
            Self::KeyService => {
                "files are opened with the age keys at hand: leave --keyservice out, or use sops"
            }
            Self::Sops(sops::Error::Keys { source: Problem::OtherKeys { .. }, .. }) => {
                "use sops where these services can be reached, or take the keys out: `eggtooth sops rotate --rm-kms …` (see its --help)"
            }
            Self::Publish(_) => "`sops publish` reads the same file and does it",
            Self::Folder(_) => "publish all that is in it with --recursive",
            Self::Unanswered => "add --yes where nobody can be asked",
            Self::NoVaultToken => "set VAULT_TOKEN, or log in with `vault login`",
            Self::NoDestination(_) => "add a rule with `vault_path` to `destination_rules` of .sops.yaml",
            Self::NoConfiguration => "make one with `eggtooth sops init`, or name it with --config",
            Self::Words("a format must be given") => "add --filename-override NAME or --input-type FORMAT",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// sops ends with 1 for everything that it can't parse.
fn document_code(error: &sops::Error) -> u8 {
    match error.sops_exit_code() {
        6 => 1,
        code => code,
    }
}

fn encrypt_code(error: &sops::Error) -> u8 {
    match error {
        sops::Error::Malformed { source: Problem::Value { .. }, .. } => 23,
        sops::Error::Malformed { .. } => 2,
        error => document_code(error),
    }
}
