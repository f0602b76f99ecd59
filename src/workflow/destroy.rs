//! `destroy`: everything that `up` made goes, dependents first, and the state last.

use std::time::Duration;

use super::{
    Checked, Loaded, Planned, Stage, Surroundings, WorkflowError,
    apply::{check, run},
    ready::Intent,
};
use crate::engine::Summary;
use crate::resource::Urn;
use crate::stack::Program;
use crate::state::Session;

/// What became of `destroy`.
#[derive(Debug, Default)]
pub struct DestroyReport {
    /// What was done, stack by stack.
    pub done: Vec<(String, Summary)>,
    /// The stack whose plan was turned down; those after it were not looked at.
    pub declined: Option<String>,
    /// The time it took.
    pub elapsed: Duration,
}

/// Takes the stacks of a loaded environment down, the last one first.
///
/// `allow` is asked before the first deletion of each stack. It returns how many objects of others may go with it
/// (Secrets that ExternalSecrets own, objects of removed kinds), or nothing to turn the plan down.
pub async fn destroy(
    surroundings: &Surroundings,
    loaded: &Loaded,
    allow: &(dyn Fn(&Planned) -> Option<usize> + Sync),
) -> Result<DestroyReport, WorkflowError> {
    let begun = surroundings.clock.elapsed();
    let stage = Stage::of(surroundings, loaded).await?;
    let mut report = DestroyReport::default();
    let nothing = Program::default();
    for stack in loaded.programs.keys().rev() {
        let progress = surroundings.events.of(&Urn::new(&loaded.environment, stack, "eggtooth:Stack", stack));
        let checked = stage.check(stack, &nothing)?;
        let ready = stage.allowed(surroundings, &checked, Intent::End).await?;
        let mut session = stage.open(surroundings, stack, &progress).await?;
        match take_down(surroundings, &stage, &mut session, &checked, ready, allow).await {
            Ok(Some(summary)) => {
                session.destroy().await?;
                report.done.push((stack.clone(), summary));
            }
            Ok(None) => {
                session.close().await?;
                report.declined = Some(stack.clone());
                break;
            }
            Err(error) => {
                // What went wrong first is what is told.
                let _ = session.close().await;
                return Err(error);
            }
        }
    }
    report.elapsed = surroundings.clock.elapsed().saturating_sub(begun);
    Ok(report)
}

/// Deletes what a stack remembers; nothing where that was turned down.
async fn take_down(
    surroundings: &Surroundings,
    stage: &Stage,
    session: &mut Session,
    checked: &Checked<'_>,
    ready: Planned,
    allow: &(dyn Fn(&Planned) -> Option<usize> + Sync),
) -> Result<Option<Summary>, WorkflowError> {
    let _writing = stage.client.write_under(session.shared_permit());
    let planned = stage.under_lock(session, checked, ready).await?;
    let summary = planned.plan.summary();
    let Some(allowed) = allow(&planned) else { return Ok(None) };
    let lost: usize = summary.collateral.values().sum();
    if lost > allowed {
        let what: Vec<String> =
            summary.collateral.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        return Err(WorkflowError::Loss { count: lost, what: what.join(", ") });
    }
    let outcome = run(surroundings, stage, session, &planned).await;
    if !outcome.is_complete() {
        session.commit(&outcome.snapshot).await?;
    }
    check(checked.stack, true, outcome)?;
    Ok(Some(summary))
}
