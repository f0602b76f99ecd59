//! One pod: its address, its volumes, its containers and its status.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::sync::{mpsc, watch};

use crate::rehearsal::cache::{Kind, Regarding, Severity, Writer, is_terminating, name, namespace, uid};
use crate::rehearsal::programs::Mounts;

use super::container::Container;
use super::state::{State, Status};
use super::volumes::Volumes;
use super::{Kubelet, Timing};

/// The pause before a status that could not be written is written again.
const PAUSE: Duration = Duration::from_secs(1);

type Updates = watch::Receiver<Option<Arc<Json>>>;

/// Runs a pod from its binding to its deletion.
pub(super) async fn run(node: Kubelet, pod: Arc<Json>, mut updates: Updates) {
    let (stop, stopped) = watch::channel(false);
    let (namespace, name) = (namespace(&pod).to_owned(), name(&pod).to_owned());
    if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
        to_be_deleted(&mut updates).await;
    } else {
        let mut life = Box::pin(live(node.clone(), Arc::clone(&pod), updates.clone(), stopped));
        let ended = tokio::select! {
            () = &mut life => true,
            () = to_be_deleted(&mut updates) => false,
        };
        if ended {
            to_be_deleted(&mut updates).await;
        } else {
            stop.send_replace(true);
            // One that was taken away by force gets no grace.
            tokio::select! {
                () = &mut life => {}
                () = gone(&mut updates) => {}
            }
        }
    }
    node.network.detach(&namespace, &name);
    while let Err(error) = node.cache.delete(Kind::Pod, &pod, Some(0)).await {
        tracing::debug!(%error, "delete a pod again");
        tokio::time::sleep(PAUSE).await;
    }
    node.logs.forget(&namespace, &name);
}

async fn to_be_deleted(updates: &mut Updates) {
    // The sender goes away only with the node.
    let _ = updates.wait_for(|pod| pod.as_ref().is_none_or(|pod| is_terminating(pod))).await;
}

async fn gone(updates: &mut Updates) {
    let _ = updates.wait_for(Option::is_none).await;
}

/// A pod while it lives.
struct Life {
    node: Kubelet,
    pod: Arc<Json>,
    stop: watch::Receiver<bool>,
    init: Vec<State>,
    containers: Vec<State>,
    address: Option<Ipv4Addr>,
    started: Timestamp,
    reported: Json,
}

/// Returns when all containers have ended for good.
async fn live(node: Kubelet, pod: Arc<Json>, mut updates: Updates, stop: watch::Receiver<bool>) {
    let count = |key: &str| pod["spec"][key].as_array().map_or(0, Vec::len);
    let waiting = if count("initContainers") > 0 { "PodInitializing" } else { "ContainerCreating" };
    let started = node.clock.now();
    let mut life = Life {
        init: vec![State::new("PodInitializing"); count("initContainers")],
        containers: vec![State::new(waiting); count("containers")],
        address: None,
        reported: pod["status"].clone(),
        node,
        pod,
        stop,
        started,
    };
    life.report().await;
    let (own, name) = (namespace(&life.pod).to_owned(), name(&life.pod).to_owned());
    let address = life.node.network.attach(&own, &name);
    let mut volumes = Volumes::new(life.node.cache.clone(), Arc::clone(&life.pod), address);
    if !life.mount(&mut volumes).await {
        return;
    }
    life.address = Some(address);
    let (states, mut news) = mpsc::unbounded_channel();
    let mounts: Vec<Mounts> = life.each_container().map(|_| Mounts::default()).collect();
    for (container, mounts) in life.each_container().zip(&mounts) {
        volumes.mount(container, mounts);
    }
    let running = life.run_containers(address, &mounts, &states);
    drop(states);
    tokio::pin!(running);
    let mut timer = tokio::time::interval(life.node.timing.refresh.max(Duration::from_millis(1)));
    timer.reset();
    let mut told = true;
    loop {
        tokio::select! {
            biased;
            Some((index, state)) = news.recv() => {
                life.note(index, state);
                while let Ok((index, state)) = news.try_recv() {
                    life.note(index, state);
                }
                told = life.report().await;
            }
            () = &mut running => break,
            // The status says which generation of the pod it is about.
            Ok(()) = updates.changed() => {
                let newest = updates.borrow_and_update().clone();
                if let Some(newest) = newest
                    && newest["metadata"]["generation"] != life.pod["metadata"]["generation"]
                {
                    life.pod = newest;
                    told = life.report().await;
                }
            }
            () = tokio::time::sleep(PAUSE), if !told => told = life.report().await,
            _ = timer.tick() => {
                // A source that went missing leaves the files as they are, as on a real node.
                if volumes.refresh().await.is_ok() {
                    for (container, mounts) in life.each_container().zip(&mounts) {
                        volumes.update(container, mounts);
                    }
                }
            }
        }
    }
    while let Ok((index, state)) = news.try_recv() {
        life.note(index, state);
    }
    while !life.report().await {
        tokio::time::sleep(PAUSE).await;
    }
}

impl Life {
    /// Mounts the volumes as soon as their sources exist; false when the pod is to stop before.
    async fn mount(&mut self, volumes: &mut Volumes) -> bool {
        let mut attempts = 0;
        let mut stop = self.stop.clone();
        while let Err(message) = volumes.refresh().await {
            let about = Regarding { kind: Kind::Pod, object: &self.pod };
            self.node.recorder.tell(about, Severity::Warning, "FailedMount", &message).await;
            tokio::select! {
                () = tokio::time::sleep(Timing::mount_retry(attempts)) => attempts += 1,
                _ = stop.wait_for(|stop| *stop) => return false,
            }
        }
        true
    }

    /// Init containers one after the other, then the containers beside each other.
    fn run_containers(
        &self,
        address: Ipv4Addr,
        mounts: &[Mounts],
        states: &mpsc::UnboundedSender<(usize, State)>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let first = self.init.len();
        let all: Vec<Container> = self
            .each_container()
            .zip(mounts)
            .enumerate()
            .map(|(index, (spec, mounts))| Container {
                node: self.node.clone(),
                pod: Arc::clone(&self.pod),
                spec: spec.clone(),
                init: index < first,
                address,
                mounts: mounts.clone(),
                states: states.clone(),
                index,
                stop: self.stop.clone(),
            })
            .collect();
        async move {
            let mut all = all.into_iter();
            for init in all.by_ref().take(first) {
                if init.run().await != Some(0) {
                    return;
                }
            }
            join_all(all.map(Container::run)).await;
        }
    }

    fn each_container(&self) -> impl Iterator<Item = &Json> {
        let list = |key: &str| self.pod["spec"][key].as_array().into_iter().flatten();
        list("initContainers").chain(list("containers"))
    }

    fn note(&mut self, index: usize, state: State) {
        let init = self.init.len();
        if index < init {
            self.init[index] = state;
        } else {
            self.containers[index - init] = state;
        }
    }

    /// Writes the status when it differs from the last one; false when that failed.
    async fn report(&mut self) -> bool {
        let status = Status {
            pod: &self.pod,
            init: &self.init,
            containers: &self.containers,
            address: self.address,
            started: self.started,
            now: self.node.clock.now(),
        };
        let status = status.json(&self.reported);
        if self.reported == status {
            return true;
        }
        let known = self.node.cache.get(Kind::Pod, namespace(&self.pod), name(&self.pod));
        // Another pod of the same name has a kubelet's task of its own.
        let Some(known) = known.filter(|known| uid(known) == uid(&self.pod)) else { return true };
        match self.node.cache.patch_status(Kind::Pod, &known, &status, Writer::Kubelet).await {
            Ok(()) => {
                self.reported = status;
                true
            }
            Err(error) => {
                tracing::debug!(%error, "write a pod's status again");
                false
            }
        }
    }
}
