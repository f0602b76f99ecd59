//! Everything that works in a cluster beside the API server: controllers, node, and the network between pods.

use std::sync::Arc;

use tokio::task::{JoinHandle, JoinSet};

use crate::clock::Clock;

use super::Cluster;
use super::cache::{Cache, Recorder};
use super::network::{self, Listening, Network};
use super::node::{Faults, Kubelet, NAME, Timing};
use super::programs::connect::{Connect, Vaults};
use super::programs::pulumi_esc::{EscEnvironments, EscServer, HOST};
use super::programs::{Logs, Program};
use super::webhooks::WebhooksOver;
use super::workloads;

/// The running workers of a cluster; they end when this is dropped.
///
/// ```
/// # use eggtooth::rehearsal::{Cluster, Workers};
/// use k8s_openapi::api::core::v1::Pod;
/// use kube::{Api, api::PostParams, runtime::wait::{await_condition, conditions::is_pod_running}};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = Cluster::builder().build()?;
/// let _workers = Workers::of(&cluster).start();
/// let pods: Api<Pod> = Api::namespaced(cluster.client(), "default");
/// let pod = serde_json::from_value(serde_json::json!({
///     "metadata": {"name": "egg"}, "spec": {"containers": [{"name": "yolk", "image": "egg:1"}]}
/// }))?;
/// pods.create(&PostParams::default(), &pod).await?;
/// await_condition(pods, "egg", is_pod_running()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Workers {
    work: JoinHandle<()>,
    network: Network,
    logs: Logs,
    /// What is outside of the cluster.
    _outside: Vec<Listening>,
}

/// Sets workers up.
pub struct WorkersBuilder {
    cluster: Cluster,
    network: Network,
    programs: Vec<Arc<dyn Program>>,
    timing: Timing,
    faults: Faults,
    outside: Vec<Listening>,
}

impl Workers {
    /// Begins to set up the workers of a cluster.
    pub fn of(cluster: &Cluster) -> WorkersBuilder {
        WorkersBuilder {
            cluster: cluster.clone(),
            network: Network::new(cluster.clock().clone()),
            programs: Vec::new(),
            timing: Timing::default(),
            faults: Faults::default(),
            outside: Vec::new(),
        }
    }

    /// Returns the network between the pods.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Returns what the containers print.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl WorkersBuilder {
    /// Sets how long the node takes for what it does; a node as people have it without this.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Sets what goes wrong on the node; the switch stays in the caller's hand.
    #[must_use]
    pub fn faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Adds a program; the first that stands for an image is taken.
    #[must_use]
    pub fn program(mut self, program: impl Program) -> Self {
        self.programs.push(Arc::new(program));
        self
    }

    /// Lets the images of 1Password Connect show these vaults.
    #[must_use]
    pub fn vaults(self, vaults: &Vaults) -> Self {
        self.program(Connect::new(vaults.clone()))
    }

    /// Lets `api.pulumi.com` serve these environments.
    #[must_use]
    pub fn pulumi_esc(self, environments: &EscEnvironments) -> Self {
        self.pulumi_esc_at(HOST, 443, environments)
    }

    /// Lets a service of one's own, at this host and port, serve these environments.
    #[must_use]
    pub fn pulumi_esc_at(mut self, host: &str, port: u16, environments: &EscEnvironments) -> Self {
        let server = Arc::new(EscServer(environments.clone()));
        self.outside.push(self.network.listen_outside(host, port, server));
        self
    }

    /// Starts to work, in the runtime that this is called in, and gives the API server its way to webhooks.
    ///
    /// Every pod's client has the permissions of the pod's service account.
    pub fn start(self) -> Workers {
        let (network, logs) = (self.network, Logs::default());
        self.cluster.call_webhooks_by(Arc::new(WebhooksOver(network.clone())));
        let clock = self.cluster.clock().clone();
        let plant = Plant {
            cluster: self.cluster,
            network: network.clone(),
            programs: self.programs.into(),
            timing: self.timing,
            faults: self.faults,
            logs: logs.clone(),
            clock,
        };
        Workers { work: tokio::spawn(plant.work()), network, logs, _outside: self.outside }
    }
}

/// What the workers work with.
struct Plant {
    cluster: Cluster,
    network: Network,
    programs: Arc<[Arc<dyn Program>]>,
    timing: Timing,
    faults: Faults,
    logs: Logs,
    clock: Clock,
}

impl Plant {
    async fn work(self) {
        let mut tasks = JoinSet::new();
        let cache = Cache::start(self.cluster.inner_client(), &mut tasks).await;
        tasks.spawn(network::follow(cache.clone(), self.network.clone()));
        tasks.spawn(workloads::run(cache.clone(), self.clock.clone()));
        let recorder = Recorder::new(cache.clone(), self.clock.clone(), "kubelet", Some(NAME));
        let kubelet = Kubelet {
            cache,
            cluster: self.cluster,
            network: self.network,
            programs: self.programs,
            timing: self.timing,
            faults: self.faults,
            logs: self.logs,
            clock: self.clock,
            recorder,
            images: Arc::default(),
        };
        tasks.spawn(kubelet.run());
        while tasks.join_next().await.is_some() {}
    }
}
