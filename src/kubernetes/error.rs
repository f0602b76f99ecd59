//! What can go wrong between us and the API server.

use std::{fmt, path::PathBuf};

use super::status::Status;
use crate::resource::Forbidden;

/// A field that another manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who owns it, as `kubectl-edit`, with the version and time that the server adds.
    pub manager: String,
    /// The field's path, as `.spec.replicas`.
    pub field: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is owned by {}", self.field, self.manager)
    }
}

/// Why something could not be done on the cluster. No variant holds a body.
#[derive(Debug, thiserror::Error)]
pub enum KubernetesError {
    /// The kubeconfig could not be read, or has no such context.
    #[error("read the kubeconfig")]
    Kubeconfig(#[source] kube::config::KubeconfigError),
    /// There is neither a kubeconfig nor a service account.
    #[error("no cluster is known: neither --kubeconfig, $KUBECONFIG nor {path} is there, and this is no pod")]
    NoCluster {
        /// The default kubeconfig.
        path: PathBuf,
    },
    /// The pod's service account could not be used.
    #[error("use the pod's service account")]
    InCluster(#[source] kube::config::InClusterError),
    /// The cluster's address from the environment is no address.
    #[error("the cluster's address `{address}` is no URL")]
    Address {
        /// The address.
        address: String,
        /// Why not.
        #[source]
        source: http::uri::InvalidUri,
    },
    /// The credential plugin of the kubeconfig failed.
    #[error("the credential plugin `{command}` of context `{context}` failed: {reason}")]
    Plugin {
        /// The context.
        context: String,
        /// The command's name.
        command: String,
        /// What it said.
        reason: String,
    },
    /// The client could not be set up.
    #[error("set up the connection of context `{context}`")]
    Connect {
        /// The context.
        context: String,
        /// Why not.
        #[source]
        source: kube::Error,
    },
    /// A request did not reach the server, or no answer came.
    #[error("{act}")]
    Transport {
        /// What was tried.
        act: String,
        /// Why not.
        #[source]
        source: kube::Error,
    },
    /// No answer came in time.
    #[error("{act}: no answer within {seconds} s")]
    Timeout {
        /// What was tried.
        act: String,
        /// How long was waited.
        seconds: u64,
    },
    /// Writing is over: another run may hold the lock by now. Nothing was sent.
    #[error(transparent)]
    Forbidden(Forbidden),
    /// The server refused.
    #[error("{act}: {status}")]
    Api {
        /// What was tried.
        act: String,
        /// What the server said.
        status: Box<Status>,
    },
    /// Other managers own fields that we want to set.
    #[error("{act}: {}", list(conflicts))]
    Conflict {
        /// What was tried.
        act: String,
        /// The fields and their owners.
        conflicts: Vec<Conflict>,
    },
    /// An answer was not of the form that it must have; its text is not told, it may hold secrets.
    #[error("{act}: the answer is malformed at line {line}, column {column}")]
    Malformed {
        /// What was tried.
        act: String,
        /// The line of the answer.
        line: usize,
        /// The column of the answer.
        column: usize,
    },
    /// The server does not know the kind.
    #[error("the cluster does not serve the kind {kind} of {version}")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// Its API version.
        version: String,
    },
    /// A manifest is no object.
    #[error("{place}: {reason}")]
    Manifest {
        /// Which manifest.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something did not come about in time.
    #[error("{what} not ready after {seconds} s: {reason}")]
    Deadline {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What was seen last.
        reason: String,
    },
    /// The object says that it failed for good.
    #[error("{what} failed: {reason}")]
    Failed {
        /// Which object.
        what: String,
        /// Why.
        reason: String,
    },
    /// The cluster is not the one that was meant.
    #[error("context `{context}` leads to the cluster {found}, not to {expected}")]
    WrongCluster {
        /// The kube-system UID that was expected.
        expected: String,
        /// The one that was found.
        found: String,
        /// The context that led there.
        context: String,
    },
}

pub(super) fn list(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl KubernetesError {
    /// Returns what the server said, if it did.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Api { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Says whether the object or the kind is not there.
    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(|status| status.code == 404)
    }

    /// Says whether somebody else was faster: the object is there already, or is no longer of our version.
    pub fn is_conflict(&self) -> bool {
        self.status().is_some_and(|status| status.code == 409)
    }

    /// Says whether the server refused the credentials or the permission.
    pub fn is_refused(&self) -> bool {
        self.status().is_some_and(|status| matches!(status.code, 401 | 403))
    }

    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Conflict { .. } => {
                Some("let its owner give the field up; or delete the object, and the next `up` makes it anew".into())
            }
            Self::WrongCluster { .. } => Some("choose the context with --context; a cluster's uid is `kubectl get namespace kube-system -o jsonpath={.metadata.uid}`".into()),
            Self::UnknownKind { .. } => Some("install what defines it first; a Release that brings its definition is ordered before it".into()),
            Self::Api { status, .. } => status.hint(),
            _ => None,
        }
    }
}
