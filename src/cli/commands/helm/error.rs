//! Why a verb of `helm` fails.

use crate::helm::{TemplateError, action::ActionError, chart::ChartError};
use crate::kubernetes::KubernetesError;

/// Why a verb of `helm` fails.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::commands) enum HelmCommandError {
    /// The chart cannot be had.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The chart cannot be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The release cannot be read or changed.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// The cluster refuses, or does not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// There is no such driver.
    #[error("HELM_DRIVER is `{0}`: records are kept in `secret` or `configmap`")]
    Driver(String),
}

impl HelmCommandError {
    /// Returns what to do about it.
    pub(in crate::cli::commands) fn hint(&self) -> Option<String> {
        match self {
            Self::Action(error) => error.hint(),
            Self::Kubernetes(error) => error.hint(),
            Self::Chart(_) | Self::Template(_) | Self::Driver(_) => None,
        }
    }
}
