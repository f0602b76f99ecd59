//! Running hooks: one after the other, each until it is done.

use std::time::Duration;

use serde_json::Value as Json;

use super::objects;
use super::prepare::ReleaseError;
use crate::helm::hooks::{Event, Hook, Policy, at};
use crate::helm::record::MANAGER;
use crate::kubernetes::{ApplyOptions, Client, Manifest, Propagation, WaitOptions};
use crate::resource::Progress;
use crate::yaml;

const DEADLINE: Duration = Duration::from_mins(5);

/// Runs the hooks of an event. When one fails, those that succeeded before are still cleaned up.
pub(super) async fn run(
    client: &Client,
    hooks: &[Hook],
    event: Event,
    namespace: &str,
    progress: &dyn Progress,
) -> Result<(), ReleaseError> {
    let mut done: Vec<&Hook> = Vec::new();
    let mut failure = None;
    for hook in at(hooks, event) {
        if let Err(error) = run_one(client, hook, namespace, progress).await {
            if hook.is_deleted(Policy::FAILED) {
                remove(client, hook, namespace, progress).await?;
            }
            failure = Some(error);
            break;
        }
        done.push(hook);
    }
    for hook in done.into_iter().rev().filter(|hook| hook.is_deleted(Policy::SUCCEEDED)) {
        remove(client, hook, namespace, progress).await?;
    }
    failure.map_or(Ok(()), Err)
}

async fn run_one(
    client: &Client,
    hook: &Hook,
    namespace: &str,
    progress: &dyn Progress,
) -> Result<(), ReleaseError> {
    if hook.is_deleted(Policy::BEFORE_CREATION) {
        remove(client, hook, namespace, progress).await?;
    }
    let mut applied = Vec::new();
    for object in objects(client, hook, namespace).await? {
        applied.push(client.apply(&object, ApplyOptions::new(MANAGER), progress).await?);
    }
    client.wait_ready(applied, WaitOptions { deadline: DEADLINE, jobs: true }, progress).await?;
    Ok(())
}

async fn remove(
    client: &Client,
    hook: &Hook,
    namespace: &str,
    progress: &dyn Progress,
) -> Result<(), ReleaseError> {
    for object in objects(client, hook, namespace).await? {
        let resource = client.resource_of(&object).await?;
        let name = object.object_name();
        let Some(live) = client.get(&resource, &name).await? else { continue };
        if client.delete(&resource, &name, live.uid(), Propagation::Background).await? {
            client.wait_gone(&live, DEADLINE, progress).await?;
        }
    }
    Ok(())
}

async fn objects(client: &Client, hook: &Hook, namespace: &str) -> Result<Vec<Manifest>, ReleaseError> {
    let documents =
        yaml::read_json_stream(&hook.manifest, yaml::Flavour::GoYamlV2).map_err(ReleaseError::Manifest)?;
    let discovery = client.discovery().await?;
    Ok(objects::manifests(documents.into_iter().filter(Json::is_object), None, namespace, &discovery)?)
}
