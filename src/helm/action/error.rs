//! Why a verb fails.

use crate::helm::dependencies::DependencyError;
use crate::helm::record::{RecordError, StorageError};
use crate::helm::release::ReleaseError;
use crate::helm::values::TypeMismatch;
use crate::kubernetes::KubernetesError;

/// Why a verb fails.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is no such release, or no such revision of it.
    #[error("release: not found")]
    NotFound,
    /// A filter is no regular expression.
    #[error("understand the filter")]
    Filter(#[source] regex::Error),
    /// The records cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A record cannot be understood.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The values of a stored chart are none.
    #[error(transparent)]
    Dependencies(#[from] DependencyError),
    /// The values of a stored chart are none.
    #[error(transparent)]
    Values(#[from] TypeMismatch),
    /// A step fails.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The cluster refuses, or does not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
}

impl ActionError {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Release(error) => error.hint(),
            Self::Kubernetes(error) | Self::Storage(StorageError::Kubernetes(error)) => error.hint(),
            _ => None,
        }
    }
}
