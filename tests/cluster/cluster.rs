//! A cluster for a test: control plane, node and Connect, and the tools that speak to it.

use std::ffi::OsStr;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use eggtooth::rehearsal::programs::pulumi_esc::EscEnvironments;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::ListParams;
use kube::{Api, Client};
use tokio::runtime::Runtime;

use crate::connect::{Connect, Fault, Request, Switch};
use crate::control_plane::ControlPlane;
use crate::ground::{Esc, Ground};
use crate::network::Network;
use crate::node::{Folders, Mode, Node};
use crate::process::tail;
use crate::{run_folder, tools, wait};

/// How a cluster is to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) node: Mode,
}

/// A copy of a cluster's state, for any number of clusters to start from.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    data: PathBuf,
    vaults: serde_json::Value,
}

/// A running cluster; everything of it ends with the value.
pub(crate) struct Cluster {
    // Ends first: pods are clients of the control plane.
    node: Node,
    client: Client,
    control_plane: ControlPlane,
    _network: Arc<Network>,
    connect: Connect,
    kubeconfig: PathBuf,
    folder: PathBuf,
    volatile: PathBuf,
}

/// The runtime of all clusters; use [`Cluster::block_on`].
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    })
}

impl Cluster {
    /// Starts an empty cluster with a ready node.
    pub(crate) fn start(options: &Options) -> Self {
        Self::start_with(options, None)
    }

    /// Starts a cluster from a snapshot and waits until its pods are ready again.
    pub(crate) fn start_from(snapshot: &Snapshot, options: &Options) -> Self {
        let cluster = Self::start_with(options, Some(snapshot));
        cluster.wait_until_pods_are_ready();
        cluster
    }

    fn start_with(options: &Options, snapshot: Option<&Snapshot>) -> Self {
        static NUMBER: AtomicU8 = AtomicU8::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = run_folder::current().join(format!("cluster-{number}"));
        let volatile = run_folder::memory().join(format!("cluster-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&volatile).unwrap();
        let data = volatile.join("control-plane");
        let connect = Connect::create(&volatile.join("connect"));
        if let Some(snapshot) = snapshot {
            let copied =
                Command::new("cp").args(["-r", "--sparse=always"]).args([&snapshot.data, &data]).status();
            assert!(copied.unwrap().success(), "copy the snapshot");
            connect.vaults().write(&snapshot.vaults);
        }
        let network = Arc::new(Network::create(number));
        let mut control_plane = ControlPlane::start(&folder, &data, network.gateway());
        let kubeconfig = folder.join("kubeconfig");
        std::fs::write(&kubeconfig, control_plane.kubeconfig(&control_plane.server_url())).unwrap();
        let folders = Folders { volatile: &volatile, logs: &folder, connect: connect.folder() };
        let (client, node) = runtime().block_on(async {
            let client = control_plane.client();
            control_plane.ready(&client).await;
            let certificates = &control_plane.certificates;
            let node =
                Node::start(options.node, client.clone(), Arc::clone(&network), certificates, folders).await;
            (client, node)
        });
        control_plane.start_controllers();
        runtime().block_on(wait_until_pods_can_be_made(&client, &control_plane));
        Self { node, client, control_plane, _network: network, connect, kubeconfig, folder, volatile }
    }

    /// Copies the cluster's state; the cluster goes on.
    pub(crate) fn snapshot(&self) -> Snapshot {
        static NUMBER: AtomicU8 = AtomicU8::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let data = run_folder::memory().join(format!("snapshot-{number}"));
        self.control_plane.copy_data(&data);
        Snapshot { data, vaults: self.connect.vaults().read() }
    }

    /// The administrator's kubeconfig, for processes that this one starts.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig's text for clients that reach the API server under another URL.
    pub(crate) fn kubeconfig_for(&self, server: &str) -> String {
        self.control_plane.kubeconfig(server)
    }

    pub(crate) fn server_url(&self) -> String {
        self.control_plane.server_url()
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Runs a future that uses [`Cluster::client`].
    #[expect(clippy::unused_self, reason = "the runtime is the clusters', and reads as theirs at the call")]
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        runtime().block_on(future)
    }

    pub(crate) fn connect(&self) -> &Connect {
        &self.connect
    }

    pub(crate) fn connect_faults(&self) -> Switch {
        self.connect.faults()
    }

    /// A command with the cluster's kubeconfig, the tools first in its path, and caches and configuration of its own.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.volatile.join("home");
        std::fs::create_dir_all(&home).unwrap();
        command
            .env_clear()
            .env("PATH", tools::search_path())
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", home);
        command
    }

    /// One of the built tools: `kubectl`, `helm`, `sops`, `age`, `age-keygen`.
    pub(crate) fn tool(&self, name: &str) -> Command {
        self.command(tools::path(name))
    }

    /// Runs kubectl and returns its output; fails when kubectl does.
    pub(crate) fn kubectl<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        succeed(self.tool("kubectl").args(arguments))
    }

    /// Applies a document on the server's side.
    pub(crate) fn apply(&self, document: &serde_json::Value) {
        let path = self.volatile.join("apply.json");
        std::fs::write(&path, document.to_string()).unwrap();
        self.kubectl([OsStr::new("apply"), OsStr::new("--server-side"), OsStr::new("-f"), path.as_os_str()]);
    }

    /// Asks kubectl until `condition` holds for its output; fails after `limit` with the last output.
    pub(crate) fn wait_for(
        &self,
        what: &str,
        limit: Duration,
        arguments: &[&str],
        condition: impl Fn(&str) -> bool,
    ) {
        let held = wait::until(what, limit, || {
            let Output { stdout, stderr, .. } = self.tool("kubectl").args(arguments).output().unwrap();
            let output = String::from_utf8_lossy(&stdout).into_owned();
            if condition(&output) { Ok(()) } else { Err(output + &String::from_utf8_lossy(&stderr)) }
        });
        if let Err(reason) = held {
            panic!("{reason}");
        }
    }

    /// The tail of every log: control plane and containers.
    pub(crate) fn log_tails(&self) -> String {
        let containers = walk(&self.folder.join("pods"));
        containers.iter().map(|log| tail(log, 15)).collect::<String>() + &self.control_plane.log_tails()
    }

    /// A container's log: what `kubectl logs` reads.
    pub(crate) fn log(&self, namespace: &str, pod_prefix: &str, container: &str) -> String {
        let wanted = format!("{namespace}_{pod_prefix}");
        let logs = walk(&self.folder.join("pods")).into_iter().filter(|log| {
            log.file_name().is_some_and(|name| name == format!("{container}.log").as_str())
                && log
                    .parent()
                    .and_then(Path::file_name)
                    .is_some_and(|pod| pod.to_string_lossy().starts_with(&wanted))
        });
        logs.map(|log| std::fs::read_to_string(log).unwrap_or_default()).collect()
    }

    /// Waits until each pod that has not ended says that it is ready, and Services lead to nothing else.
    pub(crate) fn wait_until_pods_are_ready(&self) {
        let ready = wait::until_async("all pods to be ready", Duration::from_secs(90), || self.check_pods());
        if let Err(reason) = runtime().block_on(ready) {
            panic!("{reason}\n{}", self.log_tails());
        }
    }
}

impl Ground for Cluster {
    fn client(&self) -> Client {
        Self::client(self)
    }

    fn kubeconfig(&self) -> &Path {
        Self::kubeconfig(self)
    }

    fn command(&self, program: &Path) -> Command {
        Self::command(self, program)
    }

    fn log(&self, namespace: &str, pod_prefix: &str, container: &str) -> String {
        Self::log(self, namespace, pod_prefix, container)
    }

    fn set_field(&self, vault: &str, item: &str, label: &str, value: &str) {
        self.connect.vaults().set_field(vault, item, label, value);
    }

    fn inject(&self, fault: Fault) {
        self.connect_faults().set(fault);
    }

    fn heal(&self) {
        self.connect_faults().clear();
    }

    fn requests(&self) -> Vec<Request> {
        self.connect.requests()
    }

    /// On the API server's address, which pods reach.
    fn esc(&self) -> Esc {
        let server: http::Uri = self.server_url().parse().unwrap();
        let host = server.host().unwrap().to_owned();
        let environments = EscEnvironments::default();
        let port = runtime().block_on(async {
            let listener = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
            environments.serve(listener).unwrap()
        });
        Esc { environments, url: format!("http://{}/api/esc", port.address()), _port: Some(port) }
    }
}

impl Cluster {
    async fn check_pods(&self) -> Result<(), String> {
        let list = ListParams::default();
        let pods = Api::<Pod>::all(self.client()).list(&list).await.map_err(|error| error.to_string())?.items;
        if let Some(pod) = pods.iter().find(|pod| !is_ready_or_ended(pod)) {
            return Err(format!("{} is not", pod.metadata.name.as_deref().unwrap_or_default()));
        }
        let slices =
            Api::<EndpointSlice>::all(self.client()).list(&list).await.map_err(|error| error.to_string())?;
        let addresses: Vec<_> =
            pods.iter().filter_map(|pod| pod.status.as_ref()?.pod_ip.as_deref()).collect();
        for endpoint in slices.items.iter().flat_map(|slice| &slice.endpoints) {
            let ready = endpoint.conditions.as_ref().is_some_and(|conditions| conditions.ready == Some(true));
            if !ready || !endpoint.addresses.iter().all(|address| addresses.contains(&address.as_str())) {
                return Err(format!("an endpoint is not up to date: {:?}", endpoint.addresses));
            }
        }
        Ok(())
    }
}

/// The first thing that fails on a cluster whose controllers have just started is a pod without its service account.
async fn wait_until_pods_can_be_made(client: &Client, control_plane: &ControlPlane) {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    let made =
        wait::until_async("the default service account", Duration::from_mins(1), || accounts.get("default"));
    if let Err(reason) = made.await {
        panic!("{reason}\n{}", control_plane.log_tails());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log_tails());
        }
        runtime().block_on(self.node.stop());
        let _ = std::fs::remove_dir_all(self.volatile.join("pods"));
    }
}

fn is_ready_or_ended(pod: &Pod) -> bool {
    let Some(status) = &pod.status else { return false };
    let ended = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let mut conditions = status.conditions.iter().flatten();
    ended || conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Runs a command and returns its standard output; fails with both outputs when it fails.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed: {}\n{stdout}{stderr}", output.status);
    stdout.into_owned()
}

/// All files below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { vec![entry.path()] })
        .collect()
}
