//! What a verb is run with: folder, process environment, clock, where to tell. All of it is a value.

use std::{path::PathBuf, time::Duration};

use crate::clock::Clock;
use crate::engine::Cancel;
use crate::event::Events;
use crate::helm::repository::AtHand;
use crate::keys::ProcessEnvironment;
use crate::kubernetes::{Client, Target};
use crate::scrubber::Scrubber;

/// The outside of a run.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The folder that holds `environments/` and `bootstrap/`.
    pub project: PathBuf,
    /// The process environment.
    pub process: ProcessEnvironment,
    /// Which cluster, where the command line says so.
    pub target: Target,
    /// A cluster that is at hand already, in place of the target: a rehearsal's.
    pub cluster: Option<Client>,
    /// A folder with chart archives that serves in place of the network.
    pub charts: Option<PathBuf>,
    /// Where downloaded charts are kept.
    pub cache: PathBuf,
    /// Charts that were got before, or stand in for those that can't be had.
    pub at_hand: AtHand,
    /// Whether environments may start programs.
    pub allow_exec: bool,
    /// The time.
    pub clock: Clock,
    /// Where it is told what happens.
    pub events: Events,
    /// Learns every secret that is opened.
    pub scrubber: Scrubber,
    /// The wish to stop.
    pub cancel: Cancel,
    /// How long a webhook, a release or a store is waited for.
    pub timeout: Duration,
}
