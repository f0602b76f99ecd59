//! The finalizer that a ClusterExternalSecret puts on each namespace that it provisions.

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::Patch;
use serde_json::json;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    world::{World, writing},
};

/// Returns its name; it has the ClusterExternalSecret's in it, so that several can hold one namespace.
fn name(owner: &str) -> String {
    format!("externalsecrets.external-secrets.io/ces-{owner}")
}

pub(super) async fn add(world: &World, namespace: &Namespace, owner: &str) -> Result<(), Failure> {
    write(world, namespace, owner, true).await.map_err(|failure| {
        let is_conflict = failure.is_conflict();
        if is_conflict { failure } else { failure.within("could not add namespace finalizer") }
    })
}

pub(super) async fn remove(world: &World, namespace: &Namespace, owner: &str) -> Result<(), Failure> {
    let removed = write(world, namespace, owner, false).await;
    removed.or_else(|failure| {
        let name = namespace.metadata.name.as_deref().unwrap_or_default();
        if failure.is_missing() {
            Ok(())
        } else {
            Err(failure.within(format!("failed to remove finalizer from namespace {name}")))
        }
    })
}

async fn write(world: &World, namespace: &Namespace, owner: &str, is_wanted: bool) -> Result<(), Failure> {
    let finalizer = name(owner);
    let mut finalizers = namespace.metadata.finalizers.clone().unwrap_or_default();
    if finalizers.contains(&finalizer) == is_wanted {
        return Ok(());
    }
    finalizers.retain(|found| *found != finalizer);
    if is_wanted {
        finalizers.push(finalizer);
    }
    let version = &namespace.metadata.resource_version;
    // An empty list would stay one.
    let finalizers = (!finalizers.is_empty()).then_some(finalizers);
    let patch = json!({ "metadata": { "finalizers": finalizers, "resourceVersion": version } });
    let namespaces: Api<Namespace> = Api::all(world.client());
    let name = namespace.metadata.name.as_deref().unwrap_or_default();
    namespaces.patch(name, &writing(), &Patch::Merge(patch)).await?;
    Ok(())
}
