//! A trial: `up` under faults, and `up` once more without them.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{
    Fault, Shortfall, alarm::Alarms, content::content, fault::Harm, mistake, rehearsal::Play, site::Site,
};
use crate::event::Events;
use crate::workflow::{Loaded, Surroundings, WorkflowError, unlock};

/// A run may take this long in the cluster; one that has not ended by then never will.
const ENDLESS: Duration = Duration::from_hours(2);
/// The API server restarts after so many events: in the middle of the steps.
const RESTART_AFTER: usize = 8;
/// The lock is taken away after so many events.
const THEFT_AFTER: usize = 7;

/// What became of `up` under faults.
#[derive(Debug)]
pub struct Trial {
    /// What went wrong: one fault, or a combination.
    pub faults: Vec<Fault>,
    /// How the run under them ended.
    pub ended: Ended,
    /// How the next run, without the faults, ended.
    pub healed: Result<(), Shortfall>,
    /// The time that passed in the cluster during both.
    pub simulated: Duration,
    /// The combination that this is the smallest failing part of, where it was a larger one.
    pub shrunk_from: Vec<Fault>,
}

/// How a run under faults ended.
#[derive(Debug)]
pub enum Ended {
    /// With usable stores all the same.
    Survived,
    /// With an error that says why.
    Stopped(Shortfall),
    /// It was killed.
    Killed,
}

impl Trial {
    /// Says whether all is as it should be: the run came to an end by itself, and the next one heals.
    pub fn is_sound(&self) -> bool {
        self.healed.is_ok() && !matches!(self.ended, Ended::Stopped(Shortfall::Endless(_)))
    }

    /// Returns the faults' names, joined by ` + `.
    pub fn title(&self) -> String {
        title(&self.faults)
    }
}

/// Returns faults' names, joined by ` + `.
pub(super) fn title(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}

/// Brings an environment up on a fresh cluster under faults, then again without them.
///
/// # Errors
/// When the cluster in memory cannot be set up.
pub(super) async fn trial(
    surroundings: &Surroundings,
    loaded: &Loaded,
    faults: &[Fault],
) -> Result<Trial, WorkflowError> {
    let play = Play::new(surroundings, loaded);
    let harms: Vec<Harm> = faults.iter().map(|fault| fault.harm()).collect();
    let site = Site::new(&content(loaded), &play.clock, &harms, 1)?;
    let mut inside = site.surroundings(surroundings);
    let begun = play.clock.elapsed();
    let mut alarms = Alarms::default();
    let deeds: Vec<(Deed, Arc<Notify>)> = harms.iter().filter_map(|harm| deed(harm, &mut alarms)).collect();
    inside.events = Events::to(Arc::new(alarms));
    let mistaken = harms.iter().any(|harm| matches!(harm, Harm::Encoded)).then(|| mistake::encoded(loaded));
    let under = Play { loaded: mistaken.as_ref().unwrap_or(loaded), ..play.clone() };
    let ended = tokio::select! {
        // What is done to the run is polled first: it gets no further than the event.
        biased;
        () = meddle(&site, &inside, loaded, &deeds) => Ended::Killed,
        ended = under.ended_up(&inside, ENDLESS) => ended.map_or_else(Ended::Stopped, |_| Ended::Survived),
    };
    site.heal();
    inside.events = Events::nowhere();
    // A run that could not give its lock back is over all the same, as the next one finds out by the holder's process.
    // Here that is this very one, so the lock is freed.
    unlock(&inside, loaded).await?;
    let healed = play.ended_up(&inside, ENDLESS).await.map(|_| ());
    let simulated = play.clock.elapsed().saturating_sub(begun);
    Ok(Trial { faults: faults.to_vec(), ended, healed, simulated, shrunk_from: Vec::new() })
}

/// What is done at a moment of the run.
#[derive(Clone, Copy)]
enum Deed {
    Kill,
    Restart,
    Steal,
}

fn deed(harm: &Harm, alarms: &mut Alarms) -> Option<(Deed, Arc<Notify>)> {
    match harm {
        Harm::Kill(events) => Some((Deed::Kill, alarms.after(*events))),
        Harm::Restart => Some((Deed::Restart, alarms.after(RESTART_AFTER))),
        Harm::Theft => Some((Deed::Steal, alarms.after(THEFT_AFTER))),
        Harm::Connect(_) | Harm::Node(_) | Harm::Requests(_) | Harm::Definitions(_) | Harm::Encoded => None,
    }
}

/// Does each deed at its moment; returns when the run is to be killed, else never.
async fn meddle(site: &Site, inside: &Surroundings, loaded: &Loaded, deeds: &[(Deed, Arc<Notify>)]) {
    let one = async |(deed, moment): &(Deed, Arc<Notify>)| {
        moment.notified().await;
        match deed {
            Deed::Kill => {}
            Deed::Restart => {
                site.restart_api().await;
                pending::<()>().await;
            }
            Deed::Steal => {
                // A lock that can't be taken away stays.
                let _ = unlock(inside, loaded).await;
                pending::<()>().await;
            }
        }
    };
    if deeds.is_empty() {
        return pending().await;
    }
    let all: Vec<_> = deeds.iter().map(|deed| Box::pin(one(deed))).collect();
    futures::future::select_all(all).await;
}
