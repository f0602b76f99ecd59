//! Exit codes: part of the interface, for scripts and pipelines.

use std::process::ExitCode;

use crate::kubernetes::KubernetesError;
use crate::state::StateError;
use crate::workflow::{Shortfall, WorkflowError};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is done.
    Done,
    /// It failed.
    Failed,
    /// Changes are pending; only with `--detailed-exitcode`.
    Pending,
    /// Somebody else holds the lock.
    Locked,
    /// The cluster is another than the environment names.
    WrongCluster,
    /// A secret can't be decrypted.
    Undecryptable,
    /// All is applied, but a store does not deliver.
    NotUsable,
    /// The command line can't be understood.
    Usage,
    /// As sops ends in the same case.
    Sops(u8),
    /// As the command that was run.
    Child(u8),
}

impl Exit {
    /// Returns how a run ends that failed so.
    pub(super) fn of(error: &WorkflowError) -> Self {
        match error {
            WorkflowError::Undecryptable { .. } => Self::Undecryptable,
            WorkflowError::Kubernetes(KubernetesError::WrongCluster { .. }) => Self::WrongCluster,
            WorkflowError::State(StateError::Locked { .. }) => Self::Locked,
            WorkflowError::Steps { applied: true, .. } | WorkflowError::Verify(_) => Self::NotUsable,
            WorkflowError::Evaluate { .. }
            | WorkflowError::Environment { .. }
            | WorkflowError::Recipients { .. }
            | WorkflowError::ChartsLock { .. }
            | WorkflowError::Fetch { .. }
            | WorkflowError::Rehearsal(_)
            | WorkflowError::Thread(_)
            | WorkflowError::Runtime(_)
            | WorkflowError::Kubernetes(_)
            | WorkflowError::State(_)
            | WorkflowError::Read { .. }
            | WorkflowError::Forbidden { .. }
            | WorkflowError::Plan { .. }
            | WorkflowError::Steps { applied: false, .. }
            | WorkflowError::Stopped
            | WorkflowError::Loss { .. } => Self::Failed,
        }
    }

    /// Returns how `up` ends that comes to this in a rehearsal.
    pub(super) fn of_shortfall(shortfall: &Shortfall) -> Self {
        match shortfall {
            Shortfall::Failed(error) => Self::of(error),
            Shortfall::NotUsable(_) => Self::NotUsable,
            Shortfall::Changed(_)
            | Shortfall::LeftBehind(_)
            | Shortfall::Endless(_)
            | Shortfall::Late { .. } => Self::Failed,
        }
    }

    /// Returns the process's exit code.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Pending => 2,
            Self::Locked => 3,
            Self::WrongCluster => 4,
            Self::Undecryptable => 5,
            Self::NotUsable => 6,
            Self::Usage => 64,
            Self::Sops(code) | Self::Child(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
