//! The node: pods as processes in network namespaces of their own, seen by the API server as a kubelet's.

mod container;
mod downward;
mod environment;
mod event;
mod image;
mod log_server;
mod mode;
mod objects;
mod payload;
mod pod;
mod probe;
mod register;
mod state;
mod volume;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use mode::Mode;
pub(crate) use objects::Objects;

use crate::certificates::Certificates;
use crate::names;
use crate::network::Network;

/// The node's name.
pub(crate) const NAME: &str = "node";

/// What every pod needs of its node.
pub(crate) struct Context {
    pub(crate) mode: Mode,
    pub(crate) client: Client,
    pub(crate) network: Arc<Network>,
    pub(crate) objects: Objects,
    pub(crate) events: event::Recorder,
    pub(crate) probes: reqwest::Client,
    /// Volumes and kubeconfigs: in memory.
    pub(crate) volatile: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) connect: PathBuf,
    pub(crate) server: String,
    pub(crate) authority: String,
}

/// Where a node keeps its things.
pub(crate) struct Folders<'a> {
    pub(crate) volatile: &'a Path,
    pub(crate) logs: &'a Path,
    pub(crate) connect: &'a Path,
}

/// A running node; [`Node::stop`] ends its pods.
pub(crate) struct Node {
    tasks: JoinSet<()>,
}

impl Node {
    /// Registers the node and starts to run the pods that are bound to it.
    ///
    /// When this returns, no pod's status claims any more what was true only before a snapshot.
    pub(crate) async fn start(
        mode: Mode,
        client: Client,
        network: Arc<Network>,
        certificates: &Certificates,
        folders: Folders<'_>,
    ) -> Self {
        let gateway = network.gateway();
        let mut tasks = JoinSet::new();
        let objects = Objects::watch(&client, &mut tasks).await;
        register::register(&client, gateway).await;
        let context = Arc::new(Context {
            mode,
            events: event::Recorder::new(client.clone()),
            client,
            network,
            objects: objects.clone(),
            probes: probe::client(),
            volatile: folders.volatile.join("pods"),
            logs: folders.logs.to_owned(),
            connect: folders.connect.to_owned(),
            server: format!("https://{gateway}:443"),
            authority: certificates.authority.clone(),
        });
        pod::disclaim_all(&context).await;
        tasks.spawn(names::answer(Arc::clone(&context.network), objects));
        tasks.spawn(log_server::serve(gateway, certificates, context.logs.clone()));
        tasks.spawn(run_pods(context));
        Self { tasks }
    }

    /// Ends every pod's processes and namespaces.
    pub(crate) async fn stop(&mut self) {
        self.tasks.shutdown().await;
    }
}

/// Starts a task for each pod bound to the node and tells it what becomes of the pod.
async fn run_pods(context: Arc<Context>) {
    let pods: Api<Pod> = Api::all(context.client.clone());
    let config = watcher::Config::default().fields(&format!("spec.nodeName={NAME}"));
    let mut events = watcher(pods, config).boxed();
    let mut known: HashMap<String, watch::Sender<Option<Arc<Pod>>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                let uid = pod.metadata.uid.clone().unwrap_or_default();
                let pod = Arc::new(pod);
                if let Some(updates) = known.get(&uid) {
                    updates.send_replace(Some(pod));
                } else {
                    let (sender, updates) = watch::channel(Some(Arc::clone(&pod)));
                    known.insert(uid, sender);
                    tasks.spawn(pod::run(Arc::clone(&context), pod, updates));
                }
            }
            Ok(Event::Delete(pod)) => {
                if let Some(updates) = known.remove(&pod.metadata.uid.unwrap_or_default()) {
                    updates.send_replace(None);
                }
            }
            // The watcher starts again by itself.
            Ok(Event::Init | Event::InitDone) | Err(_) => {}
        }
        while tasks.try_join_next().is_some() {}
    }
}
