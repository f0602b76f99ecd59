//! `refresh`: what is there becomes what is remembered. The cluster is only read; nothing but the state is written.

use std::collections::BTreeSet;

use super::{Checked, Loaded, Reads, Stage, Surroundings, WorkflowError};
use crate::engine::{self, observe};
use crate::resource::Urn;
use crate::stack::Program;
use crate::state::{Fingerprints, Snapshot};

/// What a stack would remember differently.
#[derive(Debug)]
pub struct Refreshed {
    /// The stack's name.
    pub stack: String,
    /// What is there no more, and would be forgotten.
    pub gone: Vec<Urn>,
    /// What turned out to be there after a run that was killed.
    pub found: Vec<Urn>,
    /// What is another object, or has other outputs.
    pub changed: Vec<Urn>,
    /// What was remembered.
    before: Snapshot,
    /// What would be.
    after: Snapshot,
}

impl Refreshed {
    fn new(stack: &str, before: Snapshot, after: Snapshot) -> Self {
        let names = |snapshot: &Snapshot| -> BTreeSet<Urn> {
            snapshot.records().iter().map(|record| record.urn.clone()).collect()
        };
        let (old, new) = (names(&before), names(&after));
        let changed = old.intersection(&new).filter(|urn| before.record(urn) != after.record(urn));
        Self {
            stack: stack.to_owned(),
            gone: old.difference(&new).cloned().collect(),
            found: new.difference(&old).cloned().collect(),
            changed: changed.cloned().collect(),
            before,
            after,
        }
    }

    /// Says whether anything would be remembered differently.
    pub fn has_changes(&self) -> bool {
        !(self.gone.is_empty() && self.found.is_empty() && self.changed.is_empty())
    }
}

/// Reads what is there of all that the stacks of a loaded environment remember, and remembers it.
///
/// `approve` is asked for each stack that would remember anything differently. Returns what was found, stack by stack;
/// what was turned down is left out.
pub async fn refresh(
    surroundings: &Surroundings,
    loaded: &Loaded,
    approve: &(dyn Fn(&Refreshed) -> bool + Sync),
) -> Result<Vec<Refreshed>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let nothing = Program::default();
    let mut done = Vec::new();
    for stack in loaded.programs.keys() {
        let checked = stage.check(stack, &nothing)?;
        let (snapshot, fingerprints) = stage.look(surroundings, stack).await?;
        let mut seen = stage.refreshed(&checked, snapshot, &fingerprints).await?;
        if seen.has_changes() {
            if !approve(&seen) {
                continue;
            }
            let progress =
                surroundings.events.of(&Urn::new(&loaded.environment, stack, "eggtooth:Stack", stack));
            let session = stage.open(surroundings, stack, &progress).await?;
            let written = async {
                if seen.before != *session.snapshot() {
                    let snapshot = session.snapshot().clone();
                    seen = stage.refreshed(&checked, snapshot, &session.fingerprints()).await?;
                }
                Ok::<_, WorkflowError>(session.commit(&seen.after).await?)
            };
            let written = written.await;
            let closed = session.close().await;
            written?;
            closed?;
        }
        done.push(seen);
    }
    Ok(done)
}

impl Stage {
    /// Reads what is there of a snapshot's resources.
    async fn refreshed(
        &self,
        checked: &Checked<'_>,
        before: Snapshot,
        fingerprints: &Fingerprints,
    ) -> Result<Refreshed, WorkflowError> {
        let graph = self.graph(checked, &before, fingerprints).await?;
        let observed = observe(&graph, before.clone(), self.providers()).await.map_err(|errors| {
            WorkflowError::Read { stack: checked.stack.to_owned(), source: Reads(errors) }
        })?;
        let after = engine::refresh(&observed, self.providers(), fingerprints);
        Ok(Refreshed::new(checked.stack, before, after))
    }
}
