//! The loop of the node: every pod is bound, and every bound pod has a task.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value as Json;
use tokio::{sync::watch, task::JoinSet};

use crate::clock::Clock;
use crate::rehearsal::Cluster;
use crate::rehearsal::cache::{Cache, Kind, Recorder, is_terminating, uid};
use crate::rehearsal::network::Network;
use crate::rehearsal::programs::{Logs, Program};

use super::{Faults, Timing, pod, register, schedule};

/// What every pod needs of its node; cheap to clone.
#[derive(Clone)]
pub(in crate::rehearsal) struct Kubelet {
    pub(in crate::rehearsal) cache: Cache,
    /// Where the node is, and the pods reach the API server.
    pub(in crate::rehearsal) cluster: Cluster,
    pub(in crate::rehearsal) network: Network,
    pub(in crate::rehearsal) programs: Arc<[Arc<dyn Program>]>,
    pub(in crate::rehearsal) timing: Timing,
    pub(in crate::rehearsal) faults: Faults,
    pub(in crate::rehearsal) logs: Logs,
    pub(in crate::rehearsal) clock: Clock,
    pub(in crate::rehearsal) recorder: Recorder,
    /// The images that the node has.
    pub(in crate::rehearsal) images: Arc<Mutex<BTreeSet<String>>>,
}

/// The way to a pod's task: the pod as it is now, or nothing when it is gone.
type Updates = watch::Sender<Option<Arc<Json>>>;

impl Kubelet {
    /// Runs the node; never returns.
    pub(in crate::rehearsal) async fn run(self) {
        let mut pause = std::time::Duration::from_secs(1);
        let client = self.cluster.inner_client();
        while let Err(error) = register::register(&client, self.clock.now()).await {
            tracing::debug!(%error, "register the node again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(std::time::Duration::from_secs(30));
        }
        let mut changes = self.cache.changes();
        let mut pods: BTreeMap<String, Updates> = BTreeMap::new();
        let mut waiting = BTreeSet::new();
        let mut tasks = JoinSet::new();
        loop {
            self.look(&mut pods, &mut waiting, &mut tasks);
            while tasks.try_join_next().is_some() {}
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn look(
        &self,
        pods: &mut BTreeMap<String, Updates>,
        waiting: &mut BTreeSet<String>,
        tasks: &mut JoinSet<()>,
    ) {
        let all = self.cache.list(Kind::Pod);
        for pod in &all {
            match pod["spec"]["nodeName"].as_str() {
                Some(node) if node == register::NAME => {
                    if let Some(updates) = pods.get(uid(pod)) {
                        updates.send_if_modified(|known| {
                            let news = !known.as_ref().is_some_and(|known| Arc::ptr_eq(known, pod));
                            if news {
                                *known = Some(Arc::clone(pod));
                            }
                            news
                        });
                    } else {
                        let (sender, updates) = watch::channel(Some(Arc::clone(pod)));
                        pods.insert(uid(pod).to_owned(), sender);
                        tasks.spawn(pod::run(self.clone(), Arc::clone(pod), updates));
                    }
                }
                Some(_) => {}
                None => {
                    if !is_terminating(pod) && waiting.insert(uid(pod).to_owned()) {
                        tasks.spawn(schedule::schedule(self.clone(), Arc::clone(pod)));
                    }
                }
            }
        }
        let living: BTreeSet<&str> = all.iter().map(|pod| uid(pod)).collect();
        waiting.retain(|uid| living.contains(uid.as_str()));
        pods.retain(|uid, updates| {
            let lives = living.contains(uid.as_str());
            if !lives {
                updates.send_replace(None);
            }
            lives
        });
    }

    /// Returns whether the node has the image.
    pub(super) fn has(&self, image: &str) -> bool {
        self.images.lock().unwrap_or_else(PoisonError::into_inner).contains(image)
    }

    /// Keeps an image that was pulled.
    pub(super) fn keep(&self, image: &str) {
        self.images.lock().unwrap_or_else(PoisonError::into_inner).insert(image.to_owned());
    }
}
