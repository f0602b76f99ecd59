//! Why a verb fails.

use crate::helm::dependencies::DependencyError;
use crate::helm::record::{RecordError, Status, StorageError};
use crate::helm::release::ReleaseError;
use crate::helm::values::TypeMismatch;
use crate::kubernetes::KubernetesError;

/// Why a verb fails.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is no such release, or no such revision of it.
    #[error("release: not found")]
    NotFound,
    /// The release's name is none.
    #[error("release name {0:?}: a name is at most 53 lower case letters, digits, `-` and `.`")]
    Name(String),
    /// There is such a release.
    #[error("cannot reuse a name that is still in use")]
    NameInUse,
    /// Nothing of the release counts.
    #[error("{0:?} has no deployed releases")]
    NotDeployed(String),
    /// There is no such revision.
    #[error("release has no {0} version")]
    NoRevision(u64),
    /// It was uninstalled before.
    #[error("the release named {0:?} is already deleted")]
    AlreadyDeleted(String),
    /// A label is Helm's own.
    #[error("the label `{0}` is Helm's own")]
    SystemLabel(String),
    /// Somebody else is at it.
    #[error("another operation (install/upgrade/rollback) is in progress: revision {revision} is {} since {since}, by {holder}", status.as_str())]
    Pending {
        /// The revision.
        revision: u64,
        /// What is done.
        status: Status,
        /// Since when.
        since: String,
        /// Who does it.
        holder: String,
    },
    /// A change failed and was taken back.
    #[error("release {name} failed, and has been {how} due to rollback-on-failure being set")]
    TakenBack {
        /// The release.
        name: String,
        /// What was done.
        how: &'static str,
        /// Why it failed.
        #[source]
        source: Box<ActionError>,
    },
    /// Objects are to be replaced, and to be merged by the server.
    #[error("cannot use server-side apply and force replace together")]
    ReplaceOnServer,
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
            Self::NameInUse => Some("`helm upgrade --install` changes it; `helm uninstall` frees the name".into()),
            Self::ReplaceOnServer => {
                Some("add --server-side=false to replace; --force-conflicts takes fields from their owners".into())
            }
            Self::Pending { .. } => Some(
                "wait for it; if you know that nobody does it any more, `helm rollback` or `helm uninstall` frees it".into(),
            ),
            _ => None,
        }
    }

    /// Returns the error and its causes in one line, as the record tells it.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(source) = cause {
            let message = source.to_string();
            if !text.ends_with(&message) {
                text.push_str(": ");
                text.push_str(&message);
            }
            cause = source.source();
        }
        text
    }
}
