//! What the node knows of the cluster's objects without asking each time.

use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::runtime::reflector::{ObjectRef, Store, store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Watched copies of the kinds that pods are made from.
#[derive(Clone)]
pub(crate) struct Objects {
    secrets: Store<Secret>,
    config_maps: Store<ConfigMap>,
    services: Store<Service>,
    slices: Store<EndpointSlice>,
    /// Counts what changes.
    changes: watch::Receiver<u64>,
}

impl Objects {
    /// Starts the watches and returns when each has its first list.
    pub(crate) async fn watch(client: &Client, tasks: &mut JoinSet<()>) -> Self {
        let (count, changes) = watch::channel(0);
        let count = Arc::new(count);
        let objects = Self {
            secrets: reflect(client, tasks, &count),
            config_maps: reflect(client, tasks, &count),
            services: reflect(client, tasks, &count),
            slices: reflect(client, tasks, &count),
            changes,
        };
        objects.secrets.wait_until_ready().await.unwrap();
        objects.config_maps.wait_until_ready().await.unwrap();
        objects.services.wait_until_ready().await.unwrap();
        objects.slices.wait_until_ready().await.unwrap();
        objects
    }

    pub(crate) fn secret(&self, namespace: &str, name: &str) -> Option<Arc<Secret>> {
        self.secrets.get(&ObjectRef::new(name).within(namespace))
    }

    pub(crate) fn config_map(&self, namespace: &str, name: &str) -> Option<Arc<ConfigMap>> {
        self.config_maps.get(&ObjectRef::new(name).within(namespace))
    }

    /// Addresses of the ready pods behind a Service; `None` when there is no such Service.
    pub(crate) fn service_addresses(&self, namespace: &str, name: &str) -> Option<Vec<Ipv4Addr>> {
        self.services.get(&ObjectRef::new(name).within(namespace))?;
        let of_service = |slice: &EndpointSlice| {
            let label =
                slice.metadata.labels.as_ref().and_then(|labels| labels.get("kubernetes.io/service-name"));
            slice.metadata.namespace.as_deref() == Some(namespace)
                && label.is_some_and(|service| service == name)
        };
        let mut addresses = Vec::new();
        for slice in self.slices.state_filter(of_service) {
            for endpoint in &slice.endpoints {
                if endpoint.conditions.as_ref().is_none_or(|conditions| conditions.ready != Some(false)) {
                    addresses.extend(
                        endpoint.addresses.iter().filter_map(|address| address.parse::<Ipv4Addr>().ok()),
                    );
                }
            }
        }
        Some(addresses)
    }

    /// A receiver that is told of each change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        let mut changes = self.changes.clone();
        changes.mark_unchanged();
        changes
    }
}

fn reflect<K>(client: &Client, tasks: &mut JoinSet<()>, count: &Arc<watch::Sender<u64>>) -> Store<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Debug
        + Send
        + Sync
        + 'static,
{
    let (reader, mut writer) = store::<K>();
    let mut events = watcher(Api::<K>::all(client.clone()), watcher::Config::default()).boxed();
    let count = Arc::clone(count);
    tasks.spawn(async move {
        while let Some(event) = events.next().await {
            // The watcher starts again by itself after an error.
            if let Ok(event) = event {
                writer.apply_watcher_event(&event);
                if matches!(event, Event::Apply(_) | Event::Delete(_) | Event::InitDone) {
                    count.send_modify(|count| *count += 1);
                }
            }
        }
    });
    reader
}
