//! Taking a release away, as `helm uninstall` does.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};

use super::hooks::{self, Course};
use super::objects::{self, Owner};
use super::prepare::{Prepared, ReleaseError, stamp};
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
    let course = Course { client, clock, namespace: &prepared.namespace, limit: hooks::DEADLINE, progress };
    let mut hooks = prepared.hooks.clone();
    course.run(&mut hooks, Event::PreDelete).await?;
    let (going, _) = going((&prepared.name, &prepared.namespace), live, progress);
    remove_all(client, going, Propagation::Background, limit, progress).await?;
    course.run(&mut hooks, Event::PostDelete).await?;
    for revision in &prepared.history {
        storage.delete(&prepared.name, revision).await?;
    }
    Ok(())
}

/// Splits what is there of a release (name and namespace) into what goes and what its chart wants to stay; what belongs to
/// somebody else does neither. What stays is told.
pub(in crate::helm) fn going(
    (name, namespace): (&str, &str),
    live: Vec<Manifest>,
    progress: &dyn Progress,
) -> (Vec<Manifest>, Vec<Manifest>) {
    let owner = Owner { name, namespace };
    let (mut going, mut kept) = (Vec::new(), Vec::new());
    for object in live {
        if objects::is_kept(&object) {
            progress.note(&format!("{object} stays: its resource policy is `keep`"));
            kept.push(object);
        } else if let Some(why) = owner.disowns(&object) {
            progress.note(&format!("{object} stays: {why}"));
        } else {
            going.push(object);
        }
    }
    (going, kept)
}

/// Deletes the objects and waits until they are gone. Custom resources go first, then the definitions with the resources
/// that others made of them, each until they are gone.
pub(in crate::helm) async fn remove_all(
    client: &Client,
    going: Vec<Manifest>,
    propagation: Propagation,
    limit: Duration,
    progress: &dyn Progress,
) -> Result<(), KubernetesError> {
    let unknown = install_rank("").0;
    let (custom, others): (Vec<Manifest>, Vec<Manifest>) =
        going.into_iter().partition(|object| install_rank(object.kind()).0 == unknown);
    let (definitions, others): (Vec<Manifest>, Vec<Manifest>) =
        others.into_iter().partition(objects::is_definition);
    for first in [custom, definitions] {
        remove(client, &first, propagation).await?;
        client.wait_gone(&first, limit, progress).await?;
    }
    remove_in_order(client, others.clone(), propagation).await?;
    client.wait_gone(&others, limit, progress).await
}

/// Asks the server to delete the objects, kind after kind in Helm's order, and waits for none.
pub(in crate::helm) async fn remove_in_order(
    client: &Client,
    mut going: Vec<Manifest>,
    propagation: Propagation,
) -> Result<(), KubernetesError> {
    going.sort_by(|a, b| uninstall_rank(a.kind()).cmp(&uninstall_rank(b.kind())));
    for wave in going.chunk_by(|a, b| a.kind() == b.kind()) {
        remove(client, wave, propagation).await?;
    }
    Ok(())
}

/// Asks the server to delete the objects.
pub(in crate::helm) async fn remove(
    client: &Client,
    objects: &[Manifest],
    propagation: Propagation,
) -> Result<(), KubernetesError> {
    let mut removals = Vec::with_capacity(objects.len());
    for object in objects {
        removals.push(remove_one(client, object, propagation));
    }
    stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await
}

async fn remove_one(
    client: &Client,
    object: &Manifest,
    propagation: Propagation,
) -> Result<(), KubernetesError> {
    let resource = client.resource_of(object).await?;
    client.delete(&resource, &object.object_name(), object.uid(), propagation).await?;
    Ok(())
}
