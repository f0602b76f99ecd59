//! A failed verb in words and as an exit code.

use crate::cli::{display, exit::Exit, terminal::Terminal};
use crate::kubernetes::KubernetesError;
use crate::state::StateError;
use crate::workflow::WorkflowError;

/// Tells why a verb failed and returns its exit code.
pub(super) fn report(error: &WorkflowError, terminal: &Terminal) -> Exit {
    terminal.say(&display::error(error, error.hint().as_deref(), terminal.style));
    exit_of(error)
}

fn exit_of(error: &WorkflowError) -> Exit {
    match error {
        WorkflowError::Undecryptable { .. } => Exit::Undecryptable,
        WorkflowError::Kubernetes(KubernetesError::WrongCluster { .. }) => Exit::WrongCluster,
        WorkflowError::State(StateError::Locked { .. }) => Exit::Locked,
        WorkflowError::Steps { applied: true, .. } | WorkflowError::Verify(_) => Exit::NotUsable,
        WorkflowError::Evaluate { .. }
        | WorkflowError::Environment { .. }
        | WorkflowError::Recipients { .. }
        | WorkflowError::ChartsLock { .. }
        | WorkflowError::Fetch { .. }
        | WorkflowError::Rehearsal(_)
        | WorkflowError::Kubernetes(_)
        | WorkflowError::State(_)
        | WorkflowError::Read { .. }
        | WorkflowError::Forbidden { .. }
        | WorkflowError::Plan { .. }
        | WorkflowError::Steps { applied: false, .. }
        | WorkflowError::Stopped
        | WorkflowError::Loss { .. } => Exit::Failed,
    }
}
