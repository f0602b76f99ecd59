//! `destroy`: everything that `up` made goes, dependents first, and the state last.

use super::{
    Loaded, Planned, Stage, Surroundings, WorkflowError,
    apply::{check, run},
};
use crate::engine::Summary;
use crate::resource::Urn;
use crate::stack::Program;

/// Takes the stacks of a loaded environment down. Returns what was done, or nothing where it was turned down.
///
/// `allow_loss` objects of others may go with it (Secrets that ExternalSecrets own, objects of removed kinds).
pub async fn destroy(
    surroundings: &Surroundings,
    loaded: &Loaded,
    allow_loss: usize,
    approve: &(dyn Fn(&Planned) -> bool + Sync),
) -> Result<Option<Vec<(String, Summary)>>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let mut done = Vec::new();
    for stack in loaded.programs.keys().rev() {
        let progress = surroundings.events.of(&Urn::new(&loaded.environment, stack, "eggtooth:Stack", stack));
        let session = stage.open(surroundings, stack, &progress).await?;
        let taken = async {
            let nothing = Program::default();
            let planned = stage.plan(stack, &nothing, session.snapshot(), session.fingerprints()).await?;
            let summary = planned.plan.summary();
            if !approve(&planned) {
                return Ok(None);
            }
            let lost: usize = summary.collateral.values().sum();
            if lost > allow_loss {
                let what: Vec<String> =
                    summary.collateral.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
                return Err(WorkflowError::Loss { count: lost, what: what.join(", ") });
            }
            let outcome = run(surroundings, &stage, &session, &planned).await;
            if !outcome.is_complete() {
                session.commit(&outcome.snapshot).await?;
            }
            check(stack, outcome)?;
            Ok(Some(summary))
        };
        match taken.await {
            Ok(Some(summary)) => {
                session.destroy().await?;
                done.push((stack.clone(), summary));
            }
            Ok(None) => {
                session.close().await?;
                return Ok(None);
            }
            Err(error) => {
                // What went wrong first is what is told.
                let _ = session.close().await;
                return Err(error);
            }
        }
    }
    Ok(Some(done))
}
