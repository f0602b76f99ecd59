//! The acts of a rehearsal, and what became of each.

use std::{fmt, time::Duration};

use super::Bar;
use crate::verify::Verdict;
use crate::workflow::WorkflowError;

/// What is done in a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// `up` on an empty cluster.
    Up,
    /// `up` once more: it must have nothing to do.
    UpAgain,
    /// `verify`.
    Verify,
    /// The cluster is lost; `up` on an empty one.
    Reseed,
    /// `destroy`: it must leave nothing.
    Destroy,
}

impl Act {
    /// Every act, in the order in which they are played.
    pub const ALL: [Self; 5] = [Self::Up, Self::UpAgain, Self::Verify, Self::Reseed, Self::Destroy];
}

impl fmt::Display for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Up => "up",
            Self::UpAgain => "up again",
            Self::Verify => "verify",
            Self::Reseed => "cluster lost, up",
            Self::Destroy => "destroy",
        })
    }
}

/// An act that was played.
#[derive(Debug)]
pub struct Performance {
    /// Which.
    pub act: Act,
    /// What was done, in a line; or what was not as it should be.
    pub outcome: Result<String, Shortfall>,
    /// The time that passed in the cluster.
    pub simulated: Duration,
    /// The time that it really took.
    pub real: Duration,
    /// What was done when.
    pub timeline: Vec<Bar>,
}

/// Why an act did not come to what it must.
#[derive(Debug, thiserror::Error)]
pub enum Shortfall {
    /// The verb itself failed.
    #[error(transparent)]
    Failed(#[from] WorkflowError),
    /// Stores do not deliver.
    #[error("{}", lines(.0))]
    NotUsable(Vec<Verdict>),
    /// A second `up` found something to do.
    #[error("a second `up` is not without effect: {0}")]
    Changed(String),
    /// `destroy` left objects behind.
    #[error("objects are left behind: {}", .0.join(", "))]
    LeftBehind(Vec<String>),
    /// It never came to an end.
    #[error("it did not come to an end within {0:.0?}")]
    Endless(Duration),
    /// It took longer than it may.
    #[error("it took {taken:.1?}, the objective is {objective:.1?}")]
    Late {
        /// How long it took in the cluster.
        taken: Duration,
        /// How long it may take.
        objective: Duration,
    },
}

fn lines(verdicts: &[Verdict]) -> String {
    let line = |verdict: &Verdict| format!("{} is not usable: {}", verdict.store, verdict.proof());
    verdicts.iter().map(line).collect::<Vec<_>>().join("; ")
}
