//! One pod: its place in the network, its volumes, its containers and its status.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{self, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, Preconditions};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::container::Container;
use super::state::{State, Status};
use super::volume::Volumes;
use super::{Context, NAME};
use crate::network::Place;

/// How often a kubelet looks after a pod's volumes.
const VOLUME_PERIOD: Duration = Duration::from_mins(1);

type Updates = watch::Receiver<Option<Arc<Pod>>>;

/// Runs a pod from its binding to its deletion.
pub(crate) async fn run(context: Arc<Context>, pod: Arc<Pod>, mut updates: Updates) {
    let (stop, stopped) = watch::channel(false);
    let life = async {
        if !has_ended(&pod) {
            // On the heap: it holds every container's future.
            Box::pin(Life::new(&context, &pod, stopped).live()).await;
        }
    };
    tokio::pin!(life);
    let alive = tokio::select! {
        () = &mut life => false,
        () = deleted(&mut updates) => true,
    };
    if alive {
        stop.send_replace(true);
        life.await;
    } else {
        deleted(&mut updates).await;
    }
    let _ = std::fs::remove_dir_all(folder(&context, &pod));
    let now = updates.borrow().clone();
    if now.is_some() {
        let uid = pod.metadata.uid.clone();
        let preconditions = Some(Preconditions { uid, resource_version: None });
        let parameters = DeleteParams { preconditions, ..DeleteParams::default().grace_period(0) };
        let _ =
            pods(&context, &pod).delete(pod.metadata.name.as_deref().unwrap_or_default(), &parameters).await;
    }
}

/// Takes back what the statuses in a snapshot claim: nothing runs yet.
pub(crate) async fn disclaim_all(context: &Context) {
    let all: Api<Pod> = Api::all(context.client.clone());
    let bound = ListParams::default().fields(&format!("spec.nodeName={NAME}"));
    let bound = all.list(&bound).await.unwrap();
    join_all(bound.items.iter().filter(|pod| !has_ended(pod)).map(|pod| async {
        let spec = pod.spec.as_ref().expect("a pod has a spec");
        let init = vec![State::creating(); spec.init_containers.as_ref().map_or(0, Vec::len)];
        let containers = vec![State::creating(); spec.containers.len()];
        let host = context.network.gateway();
        let started = Timestamp::now();
        let status = Status { pod, init: &init, containers: &containers, place: None, host, started };
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let patch = Patch::Strategic(status.patch(None));
        pods(context, pod).patch_status(name, &PatchParams::default(), &patch).await.unwrap();
    }))
    .await;
}

/// Waits until the pod is to be deleted or has gone.
async fn deleted(updates: &mut Updates) {
    let gone =
        |pod: &Option<Arc<Pod>>| pod.as_ref().is_none_or(|pod| pod.metadata.deletion_timestamp.is_some());
    // The sender goes away only with the node.
    let _ = updates.wait_for(gone).await;
}

fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn pods(context: &Context, pod: &Pod) -> Api<Pod> {
    Api::namespaced(context.client.clone(), pod.metadata.namespace.as_deref().unwrap_or("default"))
}

fn folder(context: &Context, pod: &Pod) -> PathBuf {
    context.volatile.join(pod.metadata.uid.as_deref().unwrap_or_default())
}

/// A place that goes back to the network with the pod.
struct Tenancy {
    place: Arc<Place>,
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        self.place.remove();
    }
}

/// A pod while it lives.
struct Life<'a> {
    context: &'a Arc<Context>,
    pod: &'a Arc<Pod>,
    spec: &'a v1::PodSpec,
    stop: watch::Receiver<bool>,
    init: Vec<State>,
    containers: Vec<State>,
    place: Option<Arc<Place>>,
    started: Timestamp,
    reported: Option<Value>,
}

impl<'a> Life<'a> {
    fn new(context: &'a Arc<Context>, pod: &'a Arc<Pod>, stop: watch::Receiver<bool>) -> Self {
        let spec = pod.spec.as_ref().expect("a pod has a spec");
        let init = vec![State::creating(); spec.init_containers.as_ref().map_or(0, Vec::len)];
        let containers = vec![State::creating(); spec.containers.len()];
        let started = Timestamp::now();
        Self { context, pod, spec, stop, init, containers, place: None, started, reported: None }
    }

    /// Returns when all containers have ended for good.
    async fn live(mut self) {
        let namespace = self.pod.metadata.namespace.as_deref().unwrap_or("default");
        let search = format!("{namespace}.svc.cluster.local svc.cluster.local cluster.local");
        let place = Arc::new(self.context.network.add(&search).expect("root may make network namespaces"));
        let _tenancy = Tenancy { place: Arc::clone(&place) };
        self.place = Some(Arc::clone(&place));
        let volatile = folder(self.context, self.pod).join("volumes");
        let mut volumes =
            Volumes::new(Arc::clone(self.context), Arc::clone(self.pod), Arc::clone(&place), volatile);
        if !self.mount(&mut volumes).await {
            return;
        }
        let (states, mut news) = mpsc::unbounded_channel();
        let running = self.run_containers(&place, &states);
        drop(states);
        tokio::pin!(running);
        let mut changes = self.context.objects.changes();
        let follows = self.context.mode.follows_changes();
        let mut timer = tokio::time::interval(VOLUME_PERIOD);
        timer.reset();
        loop {
            tokio::select! {
                biased;
                Some((index, state)) = news.recv() => {
                    self.note(index, state);
                    while let Ok((index, state)) = news.try_recv() {
                        self.note(index, state);
                    }
                    self.report().await;
                }
                () = &mut running => break,
                // A source that went missing leaves the files as they are, as on a real node.
                _ = changes.changed(), if follows => drop(volumes.refresh().await),
                _ = timer.tick() => drop(volumes.refresh().await),
            }
        }
        while let Ok((index, state)) = news.try_recv() {
            self.note(index, state);
        }
        self.report().await;
    }

    /// Mounts the volumes as soon as their sources exist; false when the pod is to stop before.
    async fn mount(&mut self, volumes: &mut Volumes) -> bool {
        let mut attempts = 0;
        let mut stop = self.stop.clone();
        loop {
            let mut changes = self.context.objects.changes();
            let Err(message) = volumes.refresh().await else { return true };
            if attempts == 0 {
                self.report().await;
            }
            self.context.events.warn(self.pod, "FailedMount", &message).await;
            let follows = self.context.mode.follows_changes();
            tokio::select! {
                _ = changes.changed(), if follows => {}
                () = tokio::time::sleep(self.context.mode.mount_retry(attempts)) => {}
                _ = stop.wait_for(|stop| *stop) => return false,
            }
            attempts += 1;
        }
    }

    /// Init containers one after the other, then all others beside each other.
    fn run_containers(
        &self,
        place: &Arc<Place>,
        states: &mpsc::UnboundedSender<(usize, State)>,
    ) -> impl Future<Output = ()> + use<> {
        let init = self.spec.init_containers.iter().flatten().map(|spec| (spec, true));
        let main = self.spec.containers.iter().map(|spec| (spec, false));
        let all = init.chain(main).enumerate().map(|(index, (spec, init))| {
            self.container(index, spec.clone(), init, Arc::clone(place), states.clone())
        });
        let (init, main): (Vec<_>, Vec<_>) = all.partition(|container| container.init);
        async move {
            for container in init {
                if container.run().await != 0 {
                    return;
                }
            }
            join_all(main.into_iter().map(Container::run)).await;
        }
    }

    fn container(
        &self,
        index: usize,
        spec: v1::Container,
        init: bool,
        place: Arc<Place>,
        states: mpsc::UnboundedSender<(usize, State)>,
    ) -> Container {
        let folder = folder(self.context, self.pod);
        let metadata = &self.pod.metadata;
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let pod = format!("{}_{}", name(&metadata.namespace), name(&metadata.name));
        Container {
            context: Arc::clone(self.context),
            pod: Arc::clone(self.pod),
            place,
            volumes: folder.join("volumes"),
            root: folder.join("containers").join(&spec.name),
            log: self.context.logs.join("pods").join(pod).join(format!("{}.log", spec.name)),
            states,
            index,
            init,
            stop: self.stop.clone(),
            spec,
        }
    }

    fn note(&mut self, index: usize, state: State) {
        let init = self.init.len();
        if index < init {
            self.init[index] = state;
        } else {
            self.containers[index - init] = state;
        }
    }

    /// Writes the status when it differs from the last one.
    async fn report(&mut self) {
        let status = Status {
            pod: self.pod,
            init: &self.init,
            containers: &self.containers,
            place: self.place.as_deref(),
            host: self.context.network.gateway(),
            started: self.started,
        };
        let patch = status.patch(self.reported.as_ref());
        if self.reported.as_ref() == Some(&patch) {
            return;
        }
        let name = self.pod.metadata.name.as_deref().unwrap_or_default();
        let written = pods(self.context, self.pod)
            .patch_status(name, &PatchParams::default(), &Patch::Strategic(&patch))
            .await;
        match written {
            Ok(_) => self.reported = Some(patch),
            // A pod that has gone needs no status.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
            Err(error) => eprintln!("node: write the status of pod {name}: {error}"),
        }
    }
}
