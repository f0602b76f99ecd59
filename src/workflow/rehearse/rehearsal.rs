//! The rehearsal itself: the acts in their order, each timed.

use std::{collections::BTreeSet, time::Duration};

use super::{Act, Performance, Shortfall, content, site::Site};
use crate::clock::Clock;
use crate::engine::Summary;
use crate::event::Events;
use crate::rehearsal::programs::connect::Vaults;
use crate::verify::Verdict;
use crate::workflow::{Loaded, Surroundings, UpReport, WorkflowError, destroy, preview, up, verify};

/// What became of a rehearsal.
#[derive(Debug)]
pub struct Rehearsal {
    /// The acts that were played; the last one is the first that fell short.
    pub acts: Vec<Performance>,
}

impl Rehearsal {
    /// Says whether every act came to what it must.
    pub fn succeeded(&self) -> bool {
        self.acts.len() == Act::ALL.len() && self.acts.iter().all(|act| act.outcome.is_ok())
    }
}

/// Fetches all that the acts need from outside: the charts. It is to be called while time runs as ever.
pub async fn fetch(surroundings: &Surroundings, loaded: &Loaded) -> Result<(), WorkflowError> {
    let clock = Clock::of_runtime_since(surroundings.clock.now());
    let site = Site::new(&Vaults::default(), &clock, None, 0)?;
    let mut inside = site.surroundings(surroundings);
    inside.events = Events::nowhere();
    preview(&inside, loaded).await.map(|_| ())
}

/// Plays all acts on clusters in memory. Nothing outside of this process is written, and no cluster is asked.
///
/// The runtime must have one thread. Where its time is paused, what the cluster waits for takes no time. An `up` that
/// takes longer in the cluster than the objective falls short.
///
/// # Errors
/// When the cluster in memory cannot be set up. An act that fails is in the result.
pub async fn rehearse(
    surroundings: &Surroundings,
    loaded: &Loaded,
    objective: Option<Duration>,
) -> Result<Rehearsal, WorkflowError> {
    let play = Play::new(surroundings, loaded);
    let mut acts = Vec::new();
    let mut site = play.site(1)?;
    let mut before = BTreeSet::new();
    for act in Act::ALL {
        if act == Act::Reseed {
            site = play.site(2)?;
        }
        if matches!(act, Act::Up | Act::Reseed) {
            before = site.inventory().await.unwrap_or_default();
        }
        let performance = play.act(act, &site, &before, objective).await;
        let failed = performance.outcome.is_err();
        acts.push(performance);
        if failed {
            break;
        }
    }
    Ok(Rehearsal { acts })
}

/// What all acts share.
pub(super) struct Play<'a> {
    pub(super) outside: &'a Surroundings,
    pub(super) loaded: &'a Loaded,
    pub(super) clock: Clock,
}

impl<'a> Play<'a> {
    pub(super) fn new(outside: &'a Surroundings, loaded: &'a Loaded) -> Self {
        let clock = Clock::of_runtime_since(outside.clock.now());
        Self { outside, loaded, clock }
    }

    fn site(&self, seed: u64) -> Result<Site, WorkflowError> {
        Site::new(&content::vaults(self.loaded), &self.clock, None, seed)
    }

    async fn act(
        &self,
        act: Act,
        site: &Site,
        before: &BTreeSet<String>,
        objective: Option<Duration>,
    ) -> Performance {
        let mut surroundings = site.surroundings(self.outside);
        if act != Act::Up {
            // Once is enough to watch.
            surroundings.events = Events::nowhere();
        }
        let (simulated, real) = (self.clock.elapsed(), self.outside.clock.elapsed());
        let outcome = match act {
            Act::Up | Act::Reseed => self.up(&surroundings).await.map(|report| told(&report)),
            Act::UpAgain => self.up_again(&surroundings).await,
            Act::Verify => self.verify(&surroundings).await,
            Act::Destroy => self.destroy(&surroundings, site, before).await,
        };
        let simulated = self.clock.elapsed().saturating_sub(simulated);
        let real = self.outside.clock.elapsed().saturating_sub(real);
        let late =
            objective.filter(|objective| matches!(act, Act::Up | Act::Reseed) && simulated > *objective);
        let outcome = match late {
            Some(objective) => outcome.and(Err(Shortfall::Late { taken: simulated, objective })),
            None => outcome,
        };
        Performance { act, outcome, simulated, real }
    }

    /// Brings the environment up; a store that does not deliver falls short.
    pub(super) async fn up(&self, surroundings: &Surroundings) -> Result<UpReport, Shortfall> {
        let report = up(surroundings, self.loaded, &|_| true).await?;
        usable(&report.verdicts)?;
        Ok(report)
    }

    async fn up_again(&self, surroundings: &Surroundings) -> Result<String, Shortfall> {
        let report = self.up(surroundings).await?;
        let summary = total(&report.done);
        let idle = summary.create + summary.update + summary.replace + summary.delete == 0;
        if idle { Ok(told(&report)) } else { Err(Shortfall::Changed(told(&report))) }
    }

    async fn verify(&self, surroundings: &Surroundings) -> Result<String, Shortfall> {
        let verdicts = verify(surroundings, self.loaded).await?;
        usable(&verdicts)?;
        Ok(stores(&verdicts))
    }

    async fn destroy(
        &self,
        surroundings: &Surroundings,
        site: &Site,
        before: &BTreeSet<String>,
    ) -> Result<String, Shortfall> {
        let report = destroy(surroundings, self.loaded, &|_| Some(0)).await?;
        let left: Vec<String> = site.inventory().await?.difference(before).cloned().collect();
        if !left.is_empty() {
            return Err(Shortfall::LeftBehind(left));
        }
        Ok(format!("{} deleted, nothing is left", total(&report.done).delete))
    }
}

fn usable(verdicts: &[Verdict]) -> Result<(), Shortfall> {
    let wrong: Vec<Verdict> = verdicts.iter().filter(|verdict| !verdict.is_usable()).cloned().collect();
    if wrong.is_empty() { Ok(()) } else { Err(Shortfall::NotUsable(wrong)) }
}

fn total(done: &[(String, Summary)]) -> Summary {
    done.iter().fold(Summary::default(), |mut total, (_, summary)| {
        total.same += summary.same;
        total.create += summary.create;
        total.update += summary.update;
        total.replace += summary.replace;
        total.delete += summary.delete;
        total.retain += summary.retain;
        total
    })
}

fn told(report: &UpReport) -> String {
    let Summary { same, create, update, replace, delete, .. } = total(&report.done);
    let counts = [(create, "created"), (update, "changed"), (replace, "replaced"), (delete, "deleted")];
    let mut parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        parts.push(format!("nothing to do, {same} unchanged"));
    }
    format!("{}; {}", parts.join(", "), stores(&report.verdicts))
}

fn stores(verdicts: &[Verdict]) -> String {
    match verdicts {
        [] => "no store to prove".to_owned(),
        [one] => format!("{} is usable", one.store),
        all => format!("{} stores are usable", all.len()),
    }
}
