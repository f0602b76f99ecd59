//! The rehearsal itself: the acts in their order, each timed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{Act, Performance, Shortfall, content::content, site::Site, timeline::Timeline};
use crate::clock::Clock;
use crate::engine::Summary;
use crate::event::Events;
use crate::verify::Verdict;
use crate::workflow::{Loaded, Surroundings, UpReport, WorkflowError, destroy, up, verify};

/// What became of a rehearsal.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// The acts that were played; the last one is the first that fell short.
    pub acts: Vec<Performance>,
    /// What the stores' proofs came to.
    pub verdicts: Vec<Verdict>,
    /// The images that ran.
    pub images: BTreeSet<String>,
    /// How long an `up` may take in the cluster.
    pub objective: Option<Duration>,
}

impl Rehearsal {
    /// Says whether every act came to what it must.
    pub fn succeeded(&self) -> bool {
        self.acts.len() == Act::ALL.len() && self.acts.iter().all(|act| act.outcome.is_ok())
    }
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
    let mut rehearsal = Rehearsal { objective, ..Rehearsal::default() };
    let mut site = play.site(1)?;
    let mut before = Ok(BTreeSet::new());
    for act in Act::ALL {
        if act == Act::Reseed {
            site = play.site(2)?;
        }
        if matches!(act, Act::Up | Act::Reseed) {
            before = site.inventory().await;
        }
        let performance = play.act(act, &site, &mut before, &mut rehearsal).await;
        let failed = performance.outcome.is_err();
        rehearsal.acts.push(performance);
        if failed {
            break;
        }
    }
    Ok(rehearsal)
}

/// What was there before an act, or why that is not known.
type Inventory = Result<BTreeSet<String>, Shortfall>;

/// What all acts share.
#[derive(Clone)]
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
        Site::new(&content(self.loaded), &self.clock, &[], seed)
    }

    async fn act(
        &self,
        act: Act,
        site: &Site,
        before: &mut Inventory,
        rehearsal: &mut Rehearsal,
    ) -> Performance {
        let mut surroundings = site.surroundings(self.outside);
        // Once is enough to watch.
        let watched = if act == Act::Up { self.outside.events.clone() } else { Events::nowhere() };
        let timeline = Arc::new(Timeline::new(&self.clock, watched));
        surroundings.events = Events::to(Arc::clone(&timeline) as _);
        let (simulated, real) = (self.clock.elapsed(), self.outside.clock.elapsed());
        let outcome = match act {
            Act::Up | Act::Reseed => self.first_up(&surroundings, site, rehearsal).await,
            Act::UpAgain => self.up_again(&surroundings).await,
            Act::Verify => self.verify(&surroundings).await,
            Act::Destroy => self.destroy(&surroundings, site, before).await,
        };
        let simulated = self.clock.elapsed().saturating_sub(simulated);
        let real = self.outside.clock.elapsed().saturating_sub(real);
        let late = rehearsal
            .objective
            .filter(|objective| matches!(act, Act::Up | Act::Reseed) && simulated > *objective);
        let outcome = match late {
            Some(objective) => outcome.and(Err(Shortfall::Late { taken: simulated, objective })),
            None => outcome,
        };
        Performance { act, outcome, simulated, real, timeline: timeline.bars() }
    }

    /// Brings the environment up on an empty cluster, and looks at what is there then.
    async fn first_up(
        &self,
        surroundings: &Surroundings,
        site: &Site,
        rehearsal: &mut Rehearsal,
    ) -> Result<String, Shortfall> {
        let report = up(surroundings, self.loaded, &|_| true).await?;
        rehearsal.images = site.images().await?;
        let (told, wrong) = (told(&report), usable(&report.verdicts));
        rehearsal.verdicts = report.verdicts;
        wrong.map(|()| told)
    }

    /// Brings the environment up, and gives up on a run that never ends.
    pub(super) async fn ended_up(
        &self,
        surroundings: &Surroundings,
        limit: Duration,
    ) -> Result<UpReport, Shortfall> {
        self.clock
            .within(limit, Box::pin(self.up(surroundings)))
            .await
            .unwrap_or(Err(Shortfall::Endless(limit)))
    }

    /// Brings the environment up; a store that does not deliver falls short.
    async fn up(&self, surroundings: &Surroundings) -> Result<UpReport, Shortfall> {
        let report = up(surroundings, self.loaded, &|_| true).await?;
        usable(&report.verdicts)?;
        Ok(report)
    }

    async fn up_again(&self, surroundings: &Surroundings) -> Result<String, Shortfall> {
        let report = self.up(surroundings).await?;
        let idle = report.done.iter().all(|(_, summary)| summary.is_idle());
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
        before: &mut Inventory,
    ) -> Result<String, Shortfall> {
        let before = std::mem::replace(before, Ok(BTreeSet::new()))?;
        let report = destroy(surroundings, self.loaded, &|_| Some(0)).await?;
        let left: Vec<String> = site.inventory().await?.difference(&before).cloned().collect();
        if !left.is_empty() {
            return Err(Shortfall::LeftBehind(left));
        }
        let total: Summary = report.done.iter().map(|(_, summary)| summary).sum();
        Ok(format!("{} deleted, nothing is left", total.delete))
    }
}

fn usable(verdicts: &[Verdict]) -> Result<(), Shortfall> {
    let wrong: Vec<Verdict> = verdicts.iter().filter(|verdict| !verdict.is_usable()).cloned().collect();
    if wrong.is_empty() { Ok(()) } else { Err(Shortfall::NotUsable(wrong)) }
}

fn told(report: &UpReport) -> String {
    let total: Summary = report.done.iter().map(|(_, summary)| summary).sum();
    let idle = if total.is_idle() { "nothing to do, " } else { "" };
    format!("{idle}{}; {}", total.done(), stores(&report.verdicts))
}

fn stores(verdicts: &[Verdict]) -> String {
    match verdicts {
        [] => "no store to prove".to_owned(),
        [one] => format!("{} is usable", one.store),
        all => format!("{} stores are usable", all.len()),
    }
}
