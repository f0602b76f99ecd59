//! How a verb can fail.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostics;
use crate::engine::{Failure, ReadError};
use crate::environment::EvaluateError;
use crate::keys;
use crate::kubernetes::{KubernetesError, Permission};
use crate::rehearsal::RehearsalError;
use crate::state::StateError;
use crate::verify::VerifyError;

/// Why a verb failed. Nothing was written unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// The environment can't be read.
    #[error("evaluate the environment `{environment}`")]
    Evaluate {
        /// Its name.
        environment: String,
        /// What to do about it.
        hint: Option<String>,
        /// Why.
        #[source]
        source: EvaluateError,
    },
    /// The environment, or a stack's configuration in it, is wrong.
    #[error("the environment `{environment}` can't be used")]
    Environment {
        /// Its name.
        environment: String,
        /// All that is wrong.
        #[source]
        diagnostics: Problems,
    },
    /// A secret of the environment can't be decrypted.
    #[error("the environment `{environment}` can't be decrypted")]
    Undecryptable {
        /// Its name.
        environment: String,
        /// What is wrong, file by file.
        #[source]
        diagnostics: Problems,
    },
    /// A recipient of the bootstrap secrets can't be read.
    #[error("read the recipient `{recipient}` of the bootstrap secrets")]
    Recipients {
        /// What stands in an encrypted file.
        recipient: String,
        /// Why.
        #[source]
        source: Box<keys::Error>,
    },
    /// `bootstrap/charts.lock` is wrong.
    #[error("read {file}")]
    ChartsLock {
        /// The file.
        file: String,
        /// What is wrong.
        #[source]
        diagnostics: Problems,
    },
    /// The cluster in memory can't be set up.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    /// A thread of trials ended.
    #[error("try faults")]
    Thread(#[source] tokio::task::JoinError),
    /// A trial has nothing to run in.
    #[error("start a runtime for a trial")]
    Runtime(#[source] std::io::Error),
    /// What comes from elsewhere (a chart) can't be had, or is not the pinned one.
    #[error("fetch what the stack `{stack}` is made of")]
    Fetch {
        /// The stack.
        stack: String,
        /// Every cause.
        #[source]
        source: Reads,
    },
    /// The cluster.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// State or lock.
    #[error(transparent)]
    State(#[from] StateError),
    /// What is there, or what a chart holds, can't be read.
    #[error("look at the stack `{stack}`")]
    Read {
        /// The stack.
        stack: String,
        /// Every cause.
        #[source]
        source: Reads,
    },
    /// The cluster does not allow what the plan needs.
    #[error("the cluster does not allow {user} what the stack `{stack}` needs:{}", each(missing))]
    Forbidden {
        /// The stack.
        stack: String,
        /// By which name the cluster knows us.
        user: String,
        /// All that is missing.
        missing: BTreeSet<Permission>,
    },
    /// The program can't be planned.
    #[error("plan the stack `{stack}`")]
    Plan {
        /// The stack.
        stack: String,
        /// All that is wrong.
        #[source]
        diagnostics: Problems,
    },
    /// Steps failed; what was done is remembered.
    #[error("bring the stack `{stack}` {}", if *.ends { "down" } else { "up" })]
    Steps {
        /// The stack.
        stack: String,
        /// Whether it was to go.
        ends: bool,
        /// The failures.
        #[source]
        source: Failures,
        /// Whether all was written, and only waiting failed.
        applied: bool,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The run was asked to stop; what was done is remembered.
    #[error("stopped before all was done; run the command again to go on")]
    Stopped,
    /// A store can't be looked at; all is applied.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A destruction would take more with it than was allowed.
    #[error("{count} objects of others would be lost: {what}")]
    Loss {
        /// How many.
        count: usize,
        /// Which, by kind.
        what: String,
    },
}

fn each(missing: &BTreeSet<Permission>) -> String {
    missing.iter().map(|permission| format!("\n  {permission}")).collect::<Vec<_>>().concat()
}

/// Several diagnostics as one cause.
#[derive(Debug)]
pub struct Problems(pub Diagnostics);

impl std::fmt::Display for Problems {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Problems {}

/// Several failed steps as one cause.
#[derive(Debug)]
pub struct Failures(pub Vec<Failure>);

impl std::fmt::Display for Failures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_each(formatter, &self.0)
    }
}

impl std::error::Error for Failures {}

/// Several failed reads as one cause.
#[derive(Debug)]
pub struct Reads(pub Vec<ReadError>);

impl std::fmt::Display for Reads {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_each(formatter, &self.0)
    }
}

impl std::error::Error for Reads {}

/// Each error on a line with its causes.
fn write_each<E: std::error::Error>(
    formatter: &mut std::fmt::Formatter<'_>,
    errors: &[E],
) -> std::fmt::Result {
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            formatter.write_str("\n")?;
        }
        write!(formatter, "{error}")?;
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(source) = cause {
            let text = source.to_string();
            if text != said {
                write!(formatter, ": {text}")?;
            }
            said = text;
            cause = source.source();
        }
    }
    Ok(())
}

impl WorkflowError {
    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::State(error) => error.hint(),
            Self::Steps { hint, .. } | Self::Evaluate { hint, .. } => hint.clone(),
            Self::Fetch { source, .. } | Self::Read { source, .. } => {
                source.0.iter().find_map(ReadError::hint).map(str::to_owned)
            }
            Self::Forbidden { user, .. } => Some(format!(
                "grant it to {user} by a ClusterRole and a binding, or use a context that may (`kubectl auth can-i '*' '*'`)"
            )),
            Self::Loss { count, .. } => Some(format!("allow it by `--allow-loss {count}`")),
            Self::Kubernetes(KubernetesError::WrongCluster { .. }) => {
                Some("choose the right context, or correct `cluster.uid` if the cluster was made anew".to_owned())
            }
            Self::Undecryptable { diagnostics, .. } if diagnostics.to_string().contains("is not encrypted") => {
                Some("encrypt it by `sops encrypt --in-place FILE`, and take its plain form out of the history".to_owned())
            }
            Self::Undecryptable { .. } => Some(
                "give the age key by SOPS_AGE_KEY, SOPS_AGE_KEY_FILE or the file that sops reads, sops/age/keys.txt"
                    .to_owned(),
            ),
            Self::Environment { .. }
            | Self::Recipients { .. }
            | Self::ChartsLock { .. }
            | Self::Kubernetes(_)
            | Self::Rehearsal(_)
            | Self::Thread(_)
            | Self::Runtime(_)
            | Self::Plan { .. }
            | Self::Stopped
            | Self::Verify(_) => None,
        }
    }
}
