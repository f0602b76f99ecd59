//! `up`: plan, ask, execute, prove.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{
    Failures, Loaded, Planned, Stage, Surroundings, WorkflowError, ready::Intent, verify::prove_all,
};
use crate::engine::{Execution, Outcome, Summary, execute};
use crate::resource::Urn;
use crate::state::Session;
use crate::verify::Verdict;

/// What became of `up`.
#[derive(Debug, Default)]
pub struct UpReport {
    /// What was done, stack by stack.
    pub done: Vec<(String, Summary)>,
    /// What every store came to.
    pub verdicts: Vec<Verdict>,
    /// The time it took.
    pub elapsed: Duration,
    /// The UID of the cluster, where the environment does not name it.
    pub unnamed_cluster: Option<String>,
    /// The stack whose plan was turned down; those after it were not looked at.
    pub declined: Option<String>,
}

/// Brings the stacks of a loaded environment up, one after the other, and proves their stores.
///
/// `approve` is asked before the first write of each stack.
pub async fn up(
    surroundings: &Surroundings,
    loaded: &Loaded,
    approve: &(dyn Fn(&Planned) -> bool + Sync),
) -> Result<UpReport, WorkflowError> {
    let begun = surroundings.clock.elapsed();
    let stage = Stage::of(surroundings, loaded).await?;
    let mut report = UpReport::default();
    if loaded.cluster.uid.is_none() {
        report.unnamed_cluster = Some(stage.uid.clone());
    }
    for checked in stage.check_all(loaded)? {
        let stack = checked.stack;
        let progress = surroundings.events.of(&Urn::new(&loaded.environment, stack, "eggtooth:Stack", stack));
        // Taking the lock is a write: whatever can be found wrong without it is found before.
        let ready = stage.allowed(surroundings, &checked, Intent::Bring).await?;
        let mut session = stage.open(surroundings, stack, &progress).await?;
        let brought = async {
            let _writing = stage.client.write_under(session.shared_permit());
            let planned = stage.under_lock(&mut session, &checked, ready).await?;
            if planned.plan.has_changes() && !approve(&planned) {
                return Ok(None);
            }
            bring(surroundings, &stage, &session, planned).await.map(Some)
        };
        let brought = brought.await;
        // The lock is given back whatever happened; what went wrong first is what is told.
        let closed = session.close().await;
        let Some((summary, verdicts)) = brought? else {
            report.declined = Some(stack.to_owned());
            break;
        };
        closed?;
        report.done.push((stack.to_owned(), summary));
        report.verdicts.extend(verdicts);
    }
    report.elapsed = surroundings.clock.elapsed().saturating_sub(begun);
    Ok(report)
}

/// Executes a plan, remembers what was done, and proves the stores.
fn bring<'a>(
    surroundings: &'a Surroundings,
    stage: &'a Stage,
    session: &'a Session,
    planned: Planned,
) -> BoxFuture<'a, Result<(Summary, Vec<Verdict>), WorkflowError>> {
    Box::pin(async move {
        let outcome = run(surroundings, stage, session, &planned).await;
        session.commit(&outcome.snapshot).await?;
        check(&planned.stack, false, outcome)?;
        let verdicts = prove_all(surroundings, stage, &planned.proofs, Some(&planned.plan)).await?;
        Ok((planned.plan.summary(), verdicts))
    })
}

/// Executes a plan under the session's lock.
pub(super) async fn run(
    surroundings: &Surroundings,
    stage: &Stage,
    session: &Session,
    planned: &Planned,
) -> Outcome {
    let execution = Execution {
        graph: &planned.graph,
        observed: &planned.observed,
        providers: stage.providers(),
        fingerprints: &planned.fingerprints,
        journal: session,
        permit: session.permit(),
        events: &surroundings.events,
        clock: &surroundings.clock,
        cancel: &surroundings.cancel,
        concurrency: Execution::CONCURRENCY,
    };
    execute(&planned.plan, execution).await
}

/// An outcome that is not complete is an error; what was done is remembered already.
pub(super) fn check(stack: &str, ends: bool, outcome: Outcome) -> Result<(), WorkflowError> {
    if outcome.is_complete() {
        return Ok(());
    }
    if outcome.failures.is_empty() {
        return Err(WorkflowError::Stopped);
    }
    let applied = outcome.only_waiting_failed();
    let hint = outcome.failures.iter().find_map(|failure| failure.error.hint());
    Err(WorkflowError::Steps {
        stack: stack.to_owned(),
        ends,
        source: Failures(outcome.failures),
        applied,
        hint,
    })
}
