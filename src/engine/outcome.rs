//! What became of an execution.

use std::collections::BTreeMap;

use super::program::title;
use crate::resource::{Forbidden, GateError, ProviderError, Urn, Value};
use crate::state::{Snapshot, StateError};

/// What became of an execution: all of it, also where steps failed.
#[derive(Debug)]
pub struct Outcome {
    /// What is to be remembered, to be committed whatever happened.
    pub snapshot: Snapshot,
    /// The stack's outputs; unknown where the resource was not reached.
    pub outputs: BTreeMap<String, Value>,
    /// What failed, in the order of failing.
    pub failures: Vec<Failure>,
    /// What was left alone because something that it depends on failed.
    pub skipped: Vec<Urn>,
    /// What was not begun because the run was cancelled or had to stop writing.
    pub not_begun: Vec<Urn>,
}

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", title(urn))]
pub struct Failure {
    /// Whose step.
    pub urn: Urn,
    /// Why.
    #[source]
    pub error: StepError,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The provider did not do it.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// What it waits for did not come.
    #[error("wait for {0}")]
    Gate(#[source] GateError),
    /// The step could not be written down; it was not begun.
    #[error("write the step down")]
    Journal(#[source] StateError),
    /// The lock is lost; the step was not begun.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// An input takes an output that no resource gave.
    #[error("its inputs take an output of {} that is not there", names(of))]
    Unresolved {
        /// Whose outputs the inputs take.
        of: Vec<Urn>,
    },
    /// The plan names a resource that is not there.
    #[error("the plan was made for another program or another snapshot")]
    Foreign,
}

impl StepError {
    /// Returns what to do about it, where the provider knows.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Provider(error) => error.hint.clone(),
            Self::Gate(_)
            | Self::Journal(_)
            | Self::Forbidden(_)
            | Self::Unresolved { .. }
            | Self::Foreign => None,
        }
    }
}

fn names(urns: &[Urn]) -> String {
    urns.iter().map(title).collect::<Vec<_>>().join(", ")
}

impl Outcome {
    /// Says whether all of the plan was done.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.skipped.is_empty() && self.not_begun.is_empty()
    }

    /// Says whether nothing failed but waiting: what was to be written was written, or waits for a gate.
    pub fn only_waiting_failed(&self) -> bool {
        let waited = |failure: &Failure| match &failure.error {
            StepError::Provider(error) => error.applied,
            StepError::Gate(_) => true,
            StepError::Journal(_)
            | StepError::Forbidden(_)
            | StepError::Unresolved { .. }
            | StepError::Foreign => false,
        };
        !self.failures.is_empty() && self.failures.iter().all(waited)
    }
}
