//! Why an execution failed.

use std::error::Error;

use crate::gotemplate::quote::quote;
use crate::gotemplate::{FunctionError, GoString};

/// A failed execution, in text/template's words.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// A node could not be evaluated.
    #[error("template: {location}: executing {template} at <{node}>: {message}")]
    Node {
        /// `NAME:LINE:COLUMN`, the name under which the source was parsed.
        location: String,
        /// The quoted name of the template that was executed.
        template: String,
        /// The node as it is written.
        node: String,
        /// What is wrong with it.
        message: String,
        /// The function's error, where one failed; the message already says it.
        cause: Option<Box<FunctionError>>,
    },
    /// Functions execute templates that call them again, without end.
    #[error("template: {template}: exceeded maximum template depth ({limit})")]
    TooDeep {
        /// The name of the template that was not executed any more.
        template: GoString,
        /// How many templates may be executed one inside the other.
        limit: usize,
    },
    /// A template of that name does not exist.
    #[error("template: no template {template} associated with template {set}")]
    Undefined {
        /// The quoted name asked for.
        template: String,
        /// The quoted name of the set.
        set: String,
    },
}

impl ExecError {
    pub(crate) fn undefined(template: &[u8], set: &[u8]) -> Self {
        Self::Undefined { template: quote(template), set: quote(set) }
    }

    /// Returns the error that the failed function wraps: of the template that `include` or `tpl` executed.
    pub fn wrapped(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self {
            Self::Node { cause, .. } => cause.as_ref().and_then(|function| function.wrapped()),
            Self::TooDeep { .. } | Self::Undefined { .. } => None,
        }
    }
}
