//! What can be wrong with a YAML text.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::Position;

use super::TagMismatch;

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
    /// An alias stands inside the node that it refers to.
    #[error("{position}: the alias refers to a value that contains it")]
    CircularAlias {
        /// Where the alias is.
        position: Position,
    },
    /// Aliases multiply to more nodes than any honest document has.
    #[error("{position}: the aliases expand to too many values")]
    ExcessiveAliases {
        /// The alias that was one too many.
        position: Position,
    },
    /// A tag says what the text is not.
    #[error("{position}: {source}")]
    Tag {
        /// Where the scalar is.
        position: Position,
        /// What it is and what it should be.
        source: TagMismatch,
    },
    /// Text under `!!binary` is not base64.
    #[error("{position}: the text of !!binary is not base64")]
    Base64 {
        /// Where the scalar is.
        position: Position,
    },
    /// A key that has no text: null, a list, a mapping, an integer beyond 63 bits.
    #[error("{position}: {kind} cannot be a key")]
    Key {
        /// Where the key is.
        position: Position,
        /// What the key is.
        kind: &'static str,
    },
    /// `<<` stands before something else than a mapping or a list of mappings.
    #[error("{position}: `<<` needs a mapping or a list of mappings")]
    Merge {
        /// Where the value is.
        position: Position,
    },
    /// A number that JSON cannot hold: an infinity or not-a-number.
    #[error("{position}: JSON has no number `{text}`")]
    NotJson {
        /// Where the number is.
        position: Position,
        /// How it is written.
        text: Arc<str>,
    },
}

impl Error {
    /// Returns where in the text the problem is.
    pub fn position(&self) -> Position {
        match self {
            Self::Syntax { position, .. }
            | Self::UnknownAnchor { position, .. }
            | Self::CircularAlias { position }
            | Self::ExcessiveAliases { position }
            | Self::Tag { position, .. }
            | Self::Base64 { position }
            | Self::Key { position, .. }
            | Self::Merge { position }
            | Self::NotJson { position, .. } => *position,
        }
    }
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        Self::Syntax {
            position: super::parser::position(error.marker()),
            problem: Box::new(error.kind().clone()),
        }
    }
}
