//! A trial: `up` under a fault, and `up` once more without it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::{Fault, Shortfall, content, rehearsal::Play, site::Site};
use crate::event::{Event, Events, Listener};
use crate::workflow::{Loaded, Surroundings, WorkflowError, unlock};

/// What became of `up` under a fault.
#[derive(Debug)]
pub struct Trial {
    /// What went wrong.
    pub fault: Fault,
    /// How the run under it ended.
    pub ended: Ended,
    /// How the next run, without the fault, ended.
    pub healed: Result<(), Shortfall>,
    /// The time that passed in the cluster during both.
    pub simulated: Duration,
}

/// How a run under a fault ended.
#[derive(Debug)]
pub enum Ended {
    /// With usable stores all the same.
    Survived,
    /// With an error that says why.
    Stopped(Shortfall),
    /// It was killed.
    Killed,
}

/// Brings an environment up on a fresh cluster under a fault, then again without it.
///
/// # Errors
/// When the cluster in memory cannot be set up.
pub async fn trial(
    surroundings: &Surroundings,
    loaded: &Loaded,
    fault: Fault,
) -> Result<Trial, WorkflowError> {
    let play = Play::new(surroundings, loaded);
    let site = Site::new(&content::vaults(loaded), &play.clock, Some(fault), 1)?;
    let mut inside = site.surroundings(surroundings);
    let begun = play.clock.elapsed();
    let ended = if let Fault::Killed(events) = fault {
        let killer = Arc::new(Killer { after: events, heard: AtomicUsize::new(0), now: Notify::new() });
        inside.events = Events::to(Arc::clone(&killer) as _);
        tokio::select! {
            // The killer is polled first: the run gets no further than the event.
            biased;
            () = killer.now.notified() => Ended::Killed,
            ended = play.up(&inside) => ended.map_or_else(Ended::Stopped, |_| Ended::Survived),
        }
    } else {
        inside.events = Events::nowhere();
        play.up(&inside).await.map_or_else(Ended::Stopped, |_| Ended::Survived)
    };
    site.heal();
    if let Ended::Killed = ended {
        // A run finds out by the process that its holder is dead. Here that is this very one, so the lock is freed.
        unlock(&inside, loaded).await?;
    }
    inside.events = Events::nowhere();
    let healed = play.up(&inside).await.map(|_| ());
    let simulated = play.clock.elapsed().saturating_sub(begun);
    Ok(Trial { fault, ended, healed, simulated })
}

/// Tells when so many events have happened.
struct Killer {
    after: usize,
    heard: AtomicUsize,
    now: Notify,
}

impl Listener for Killer {
    fn hear(&self, event: &Event) {
        // Waits are told as often as their reasons change: only what is done counts.
        let counts = matches!(event, Event::Started { .. } | Event::Finished { .. } | Event::Verdict { .. });
        if counts && self.heard.fetch_add(1, Ordering::Relaxed) + 1 == self.after {
            self.now.notify_one();
        }
    }
}
