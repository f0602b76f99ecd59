//! Taking a release away, as `helm uninstall` does.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};

use super::prepare::{Prepared, ReleaseError, stamp};
use super::{hooks, objects};
use crate::clock::Clock;
use crate::helm::hooks::Event;
use crate::helm::record::{Status, Storage};
use crate::kubernetes::{Client, KubernetesError, Manifest, Propagation, install_rank, uninstall_rank};
use crate::resource::Progress;

const AT_ONCE: usize = 8;

/// Deletes the objects and then the records. Custom resources go first, then the definitions with the resources that
/// others made of them, each until they are gone: their controllers still run then, to take finalizers off. Helm
/// would leave that to chance. `limit` is how long each of the waits may take.
pub(super) async fn delete(
    client: &Client,
    clock: &Clock,
    prepared: &Prepared,
    live: Vec<Manifest>,
    limit: Duration,
    progress: &dyn Progress,
) -> Result<(), ReleaseError> {
    let storage = Storage::new(client, &prepared.namespace);
    if let Some(mut stored) = prepared.deployed.clone() {
        let now = clock.now();
        stored.record.info.deleted = Some(stamp(now));
        stored.record.set_status(Status::Uninstalling, "Deletion in progress (or silently failed)");
        storage.update(&mut stored, now).await?;
    }
    hooks::run(client, &prepared.hooks, Event::PreDelete, &prepared.namespace, progress).await?;
    let owner = prepared.owner();
    let mut going: Vec<Manifest> = Vec::new();
    for object in live {
        if objects::is_kept(&object) {
            progress.note(&format!("{object} stays: its resource policy is `keep`"));
        } else if let Some(why) = owner.disowns(&object) {
            progress.note(&format!("{object} stays: {why}"));
        } else {
            going.push(object);
        }
    }
    let unknown = install_rank("").0;
    let (custom, others): (Vec<Manifest>, Vec<Manifest>) =
        going.into_iter().partition(|object| install_rank(object.kind()).0 == unknown);
    let (definitions, mut others): (Vec<Manifest>, Vec<Manifest>) =
        others.into_iter().partition(objects::is_definition);
    for first in [custom, definitions] {
        remove(client, &first).await?;
        wait_gone(client, &first, limit, progress).await?;
    }
    others.sort_by(|a, b| uninstall_rank(a.kind()).cmp(&uninstall_rank(b.kind())));
    for wave in others.chunk_by(|a, b| a.kind() == b.kind()) {
        remove(client, wave).await?;
    }
    wait_gone(client, &others, limit, progress).await?;
    hooks::run(client, &prepared.hooks, Event::PostDelete, &prepared.namespace, progress).await?;
    for revision in &prepared.history {
        storage.delete(&prepared.name, revision).await?;
    }
    Ok(())
}

/// Asks the server to delete the objects.
pub(super) async fn remove(client: &Client, objects: &[Manifest]) -> Result<(), KubernetesError> {
    let mut removals = Vec::with_capacity(objects.len());
    for object in objects {
        removals.push(remove_one(client, object));
    }
    stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await
}

async fn remove_one(client: &Client, object: &Manifest) -> Result<(), KubernetesError> {
    let resource = client.resource_of(object).await?;
    client.delete(&resource, &object.object_name(), object.uid(), Propagation::Background).await?;
    Ok(())
}

/// Waits until the objects are gone.
pub(super) async fn wait_gone(
    client: &Client,
    objects: &[Manifest],
    limit: Duration,
    progress: &dyn Progress,
) -> Result<(), KubernetesError> {
    let mut waits = Vec::with_capacity(objects.len());
    for object in objects {
        waits.push(client.wait_gone(object, limit, progress));
    }
    stream::iter(waits).buffer_unordered(AT_ONCE).try_collect().await
}
