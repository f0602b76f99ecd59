//! Walking steps in their order: bounded, concurrent, each when all that it waits for is done.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
};

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::Step;
use crate::resource::Urn;

/// How a step ended, for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is done: those that wait for it may begin.
    Done,
    /// It failed: those that wait for it are skipped.
    Failed,
    /// It was not begun, and nothing else is to begin.
    Stopped,
}

/// What was not begun.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Steps that wait for a failed one, each with what failed.
    pub(super) skipped: Vec<(Urn, Urn)>,
    /// Steps that were not begun because the walk was stopped.
    pub(super) not_begun: Vec<Urn>,
}

impl Left {
    /// Adds what another walk left.
    pub(super) fn extend(&mut self, other: Self) {
        self.skipped.extend(other.skipped);
        self.not_begun.extend(other.not_begun);
    }
}

/// Runs the steps, at most `limit` at once. A step that waits for one outside of `steps` does not wait for it.
pub(super) async fn walk<'a, F>(steps: &[&'a Step], limit: usize, run: impl Fn(&'a Step) -> F) -> Left
where
    F: Future<Output = End>,
{
    let index: HashMap<&Urn, usize> = steps.iter().enumerate().map(|(i, step)| (&step.urn, i)).collect();
    let mut waiting = vec![0_usize; steps.len()];
    let mut dependents = vec![Vec::new(); steps.len()];
    for (position, step) in steps.iter().enumerate() {
        for &before in step.after.iter().filter_map(|urn| index.get(urn)) {
            waiting[position] += 1;
            dependents[before].push(position);
        }
    }
    let mut ready: VecDeque<usize> = (0..steps.len()).filter(|&position| waiting[position] == 0).collect();
    let mut reached = vec![false; steps.len()];
    let mut left = Left::default();
    let mut stopped = false;
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < limit.max(1) && !stopped {
            let Some(position) = ready.pop_front() else { break };
            reached[position] = true;
            let step = run(steps[position]);
            running.push(async move { (position, step.await) });
        }
        let Some((position, end)) = running.next().await else { break };
        match end {
            End::Done => {
                for &next in &dependents[position] {
                    waiting[next] -= 1;
                    if waiting[next] == 0 {
                        ready.push_back(next);
                    }
                }
            }
            End::Failed => skip(position, steps, &dependents, &mut reached, &mut left),
            End::Stopped => {
                stopped = true;
                left.not_begun.push(steps[position].urn.clone());
            }
        }
    }
    let unreached = steps.iter().zip(&reached).filter(|(_, reached)| !**reached);
    left.not_begun.extend(unreached.map(|(step, _)| step.urn.clone()));
    left
}

fn skip(failed: usize, steps: &[&Step], dependents: &[Vec<usize>], reached: &mut [bool], left: &mut Left) {
    let mut next = dependents[failed].clone();
    while let Some(position) = next.pop() {
        if !std::mem::replace(&mut reached[position], true) {
            left.skipped.push((steps[position].urn.clone(), steps[failed].urn.clone()));
            next.extend(&dependents[position]);
        }
    }
}
