//! Why a verb of `helm` fails.

use crate::helm::{TemplateError, chart::ChartError};

/// Why a verb of `helm` fails.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::commands) enum HelmCommandError {
    /// The chart cannot be had.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The chart cannot be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl HelmCommandError {
    /// Returns what to do about it.
    #[expect(clippy::unused_self, reason = "errors that come with the next verbs have remedies")]
    pub(in crate::cli::commands) fn hint(&self) -> Option<String> {
        None
    }
}
