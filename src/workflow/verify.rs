//! `verify`: every store proven, all at the same time.

use futures::future::try_join_all;

use super::{Loaded, Stage, Surroundings, WorkflowError};
use crate::engine::Plan;
use crate::event::Event;
use crate::resource::{ObjectName, Operation, Urn};
use crate::verify::{Change, Proof, StoreKind, Verdict, prove};

/// Proves the stores of a loaded environment; changes nothing but their canaries.
pub async fn verify(surroundings: &Surroundings, loaded: &Loaded) -> Result<Vec<Verdict>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let proofs: Vec<Proof> = loaded.programs.values().flat_map(|program| program.proofs.clone()).collect();
    prove_all(surroundings, &stage, &proofs, None).await
}

/// Proves stores; `done` tells what was written just now.
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
        let change = done.map_or(Change::None, |plan| change(proof, plan));
        let verdict = prove(&stage.client.kube(), proof, change, surroundings.timeout, &progress).await?;
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

/// What a run did to a store and to the Secrets that it refers to.
fn change(proof: &Proof, plan: &Plan) -> Change {
    let operation = |kind: &str, name: &ObjectName| {
        let found =
            plan.steps.iter().find(|step| step.urn.kind() == kind && step.urn.name() == name.to_string());
        found.map_or(Operation::Same, |step| step.change.operation)
    };
    let kind = match proof.kind {
        StoreKind::ClusterSecretStore => "external-secrets:ClusterSecretStore",
        StoreKind::SecretStore => "external-secrets:SecretStore",
    };
    let is_written = |secret| operation("kubernetes:Secret", secret) != Operation::Same;
    match operation(kind, &proof.store) {
        Operation::Create => Change::Created,
        Operation::Same if !proof.secrets.iter().any(is_written) => Change::None,
        _ => Change::Updated,
    }
}
