//! Watches that feed queues. They start again by themselves, as informers do.

use std::fmt::Debug;

use futures::{Stream, StreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

/// Calls `seen` with every object that is there, that changes, and that goes.
pub(super) async fn follow<K>(api: Api<K>, config: watcher::Config, seen: impl FnMut(&K))
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    drain(kube::runtime::watcher(api, config), seen).await;
}

/// As [`follow`], with the metadata alone: definitions are large.
pub(super) async fn follow_metadata<K>(
    api: Api<PartialObjectMeta<K>>,
    config: watcher::Config,
    mut seen: impl FnMut(&ObjectMeta),
) where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    drain(kube::runtime::watcher(api, config), |object| seen(&object.metadata)).await;
}

async fn drain<K>(events: impl Stream<Item = watcher::Result<Event<K>>>, mut seen: impl FnMut(&K)) {
    let mut events = std::pin::pin!(events.default_backoff());
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(object) | Event::InitApply(object) | Event::Delete(object)) => seen(&object),
            Ok(Event::Init | Event::InitDone) => {}
            Err(error) => tracing::debug!(%error, "watch again"),
        }
    }
}
