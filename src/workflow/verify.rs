//! `verify`: every store proven, all at the same time.

use futures::future::try_join_all;

use super::{Loaded, Stage, Surroundings, WorkflowError};
use crate::engine::Plan;
use crate::event::Event;
use crate::resource::{ObjectName, Operation, Urn};
use crate::verify::{Proof, StoreKind, Verdict, prove};

/// Proves the stores of a loaded environment; changes nothing but their canaries.
pub async fn verify(surroundings: &Surroundings, loaded: &Loaded) -> Result<Vec<Verdict>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let proofs: Vec<Proof> = loaded.programs.values().flat_map(|program| program.proofs.clone()).collect();
    prove_all(surroundings, &stage, &proofs, None).await
}

/// Proves stores; `done` tells whose verdict is stale because a Secret that it refers to was written just now.
pub(super) async fn prove_all(
    surroundings: &Surroundings,
    stage: &Stage,
    proofs: &[Proof],
    done: Option<&Plan>,
) -> Result<Vec<Verdict>, WorkflowError> {
    let each = proofs.iter().map(|proof| async move {
        let urn =
            Urn::new("-", "verify", &format!("external-secrets:{}", proof.kind), &proof.store.to_string());
        let progress = surroundings.events.of(&urn);
        let stale = done.is_some_and(|plan| is_stale(proof, plan));
        let verdict = prove(&stage.client.kube(), proof, stale, surroundings.timeout, &progress).await?;
        surroundings.events.send(&Event::Verdict {
            store: verdict.store.clone(),
            usable: verdict.is_usable(),
            proof: verdict.proof(),
            elapsed: verdict.elapsed,
        });
        Ok::<_, WorkflowError>(verdict)
    });
    try_join_all(each).await
}

/// A store that was there, and whose Secrets were written: it does not watch them.
fn is_stale(proof: &Proof, plan: &Plan) -> bool {
    let operation = |kind: &str, name: &ObjectName| {
        let found =
            plan.steps.iter().find(|step| step.urn.kind() == kind && step.urn.name() == name.to_string());
        found.map(|step| step.change.operation)
    };
    let kind = match proof.kind {
        StoreKind::ClusterSecretStore => "external-secrets:ClusterSecretStore",
        StoreKind::SecretStore => "external-secrets:SecretStore",
    };
    let written =
        |secret| operation("kubernetes:Secret", secret).is_some_and(|operation| operation != Operation::Same);
    operation(kind, &proof.store) != Some(Operation::Create) && proof.secrets.iter().any(written)
}
