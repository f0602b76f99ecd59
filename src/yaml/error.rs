//! What can be wrong with a YAML text.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::Position;

/// Why a YAML text cannot be read or turned into a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not YAML.
    #[error("{position}: {problem}")]
    Syntax {
        /// Where the parser gave up.
        position: Position,
        /// What it did not understand.
        problem: Box<ErrorKind>,
    },
    /// An alias names no anchor above it.
    #[error("{position}: unknown anchor `{anchor}`")]
    UnknownAnchor {
        /// Where the alias is.
        position: Position,
        /// The name that it refers to.
        anchor: Arc<str>,
    },
}

impl Error {
    /// Returns where in the text the problem is.
    pub fn position(&self) -> Position {
        match self {
            Self::Syntax { position, .. } | Self::UnknownAnchor { position, .. } => *position,
        }
    }
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        Self::Syntax {
            position: crate::yaml::parser::position(error.marker()),
            problem: Box::new(error.kind().clone()),
        }
    }
}
