//! How a verb of `env` can fail, beyond what evaluation tells.

use std::{io, path::PathBuf};

use crate::cli::{
    commands::{Scene, sops::SopsCommandError},
    display,
    exit::Exit,
};
use crate::environment::{AssignError, LoadError};
use crate::onepassword::{OpError, ReferenceError};
use crate::ssh::SshError;

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum EnvError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Assign(#[from] AssignError),
    #[error("list the environments")]
    List(#[source] io::Error),
    #[error("the environment `{environment}` has no value `{path}`")]
    NoValue { environment: String, path: String, meant: Option<String> },
    #[error("`{0}` is no path of a value: a.b[0]")]
    Path(String),
    #[error("no value is given: give it as an argument, or write it to stdin; an empty text is `''`")]
    NothingGiven,
    #[error(
        "stdout is no terminal, and secrets would be written to it in the clear; if that is meant, say --show-secrets=always"
    )]
    NoTerminal,
    #[error("`{0}` can't be the name of a variable")]
    VariableName(String),
    #[error("the value of `{0}` is not known")]
    Unknown(String),
    #[error("read the value from stdin")]
    Stdin(#[source] io::Error),
    #[error("{act}")]
    Child {
        act: String,
        #[source]
        source: io::Error,
    },
    #[error("set `{path}` in `{file}`")]
    Sops {
        path: String,
        file: String,
        #[source]
        source: Box<crate::sops::Error>,
    },
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    #[error("read `{reference}`")]
    Op {
        reference: String,
        #[source]
        source: OpError,
    },
    #[error("keep the key at `{path}`")]
    Key {
        path: String,
        hint: &'static str,
        #[source]
        source: SshError,
    },
    #[error("open `{}`", .0.display())]
    File(PathBuf, #[source] crate::file::FileError),
    #[error(transparent)]
    Command(#[from] SopsCommandError),
}

impl EnvError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Key { hint, .. } => Some((*hint).to_string()),
            Self::NoValue { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
            _ => None,
        }
    }

    /// Tells why, and returns the exit code.
    pub(super) fn report(&self, scene: &Scene<'_>) -> Exit {
        scene.lines.iter().for_each(|lines| lines.finish());
        scene.terminal.say(&display::error(self, self.hint().as_deref(), scene.terminal.style));
        match self {
            Self::Sops { source, .. } if !matches!(**source, crate::sops::Error::Read { .. }) => {
                Exit::Undecryptable
            }
            _ => Exit::Failed,
        }
    }
}
