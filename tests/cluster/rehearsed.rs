//! A rehearsal's cluster on a port of loopback, with its controllers and its node, for programs that know nothing of us.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use eggtooth::rehearsal::node::Timing;
use eggtooth::rehearsal::programs::ExternalSecrets;
use eggtooth::rehearsal::programs::connect::{ConnectFault, Vaults};
use eggtooth::rehearsal::programs::pulumi_esc::EscEnvironments;
use eggtooth::rehearsal::{Cluster, Serving, Workers};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::cluster::{runtime, succeed};
use crate::connect::{Fault, Request};
use crate::ground::{Esc, Ground};
use crate::tools;

/// Where a Pulumi service of one's own is, as the pods see it.
const ESC: &str = "esc.example.org";

/// A rehearsal's cluster that is served until this is dropped.
pub(crate) struct Rehearsed {
    client: Client,
    workers: Workers,
    _serving: Serving,
    vaults: Vaults,
    environments: EscEnvironments,
    kubeconfig: PathBuf,
    folder: tempfile::TempDir,
}

impl Rehearsed {
    /// Serves an empty cluster. `vaults` is what Connect shows, in the form of the test suite's own server.
    pub(crate) fn start(vaults: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (vaults, environments) = (account(vaults), EscEnvironments::default());
        let (client, workers, serving) = runtime().block_on(async {
            let cluster = Cluster::builder().build().unwrap();
            let workers = Workers::of(&cluster)
                .timing(Timing::instant())
                .program(ExternalSecrets)
                .vaults(&vaults)
                .pulumi_esc_at(ESC, 80, &environments)
                .start();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let serving = cluster.serve(listener).unwrap();
            (cluster.client(), workers, serving)
        });
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, serving.kubeconfig()).unwrap();
        Self { client, workers, _serving: serving, vaults, environments, kubeconfig, folder }
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command with the cluster's kubeconfig, and caches and configuration of its own.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", tools::search_path())
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", self.folder.path());
        command
    }

    /// Runs kubectl with words that no blank is in; fails when it does.
    pub(crate) fn kubectl(&self, words: &str) -> String {
        succeed(self.command(tools::path("kubectl")).args(words.split(' ')))
    }

    /// Runs kubectl and returns what it says when it fails, as it must.
    pub(crate) fn kubectl_fails(&self, words: &str) -> String {
        let output = self.command(tools::path("kubectl")).args(words.split(' ')).output().unwrap();
        assert!(!output.status.success(), "kubectl {words} did not fail");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs helm; fails when it does.
    pub(crate) fn helm(&self, words: &str) -> String {
        succeed(self.command(tools::path("helm")).args(words.split(' ')))
    }
}

impl Ground for Rehearsed {
    fn client(&self) -> Client {
        Self::client(self)
    }

    fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    fn command(&self, program: &Path) -> Command {
        Self::command(self, program)
    }

    fn log(&self, namespace: &str, pod_prefix: &str, container: &str) -> String {
        let pods = Api::<Pod>::namespaced(Self::client(self), namespace);
        let pods = runtime().block_on(pods.list(&ListParams::default())).unwrap();
        let names = pods.items.into_iter().filter_map(|pod| pod.metadata.name);
        let names = names.filter(|name| name.starts_with(pod_prefix));
        names.filter_map(|name| self.workers.logs().read(namespace, &name, container, false)).collect()
    }

    fn set_field(&self, vault: &str, item: &str, label: &str, value: &str) {
        assert!(self.vaults.set_field(vault, item, label, value), "no field `{label}` in {vault}/{item}");
    }

    fn inject(&self, fault: Fault) {
        self.vaults.inject(match fault {
            Fault::Hang => ConnectFault::Hang,
            Fault::SlowStart(time) => ConnectFault::SlowStart(time),
            Fault::Unauthorized => ConnectFault::Unauthorized,
            Fault::ForbiddenTwice => ConnectFault::ForbiddenTwice,
            Fault::SyncTimeout => ConnectFault::SyncTimeout,
            Fault::InternalError => ConnectFault::InternalError,
            Fault::BadGateway => ConnectFault::BadGateway,
            Fault::DuplicateVaults => ConnectFault::DuplicateVaults,
        });
    }

    fn heal(&self) {
        self.vaults.heal();
    }

    fn requests(&self) -> Vec<Request> {
        let requests = self.vaults.requests().into_iter();
        let status = |status: Option<u16>| status.unwrap_or_default();
        requests
            .map(|one| Request { method: one.method, path: one.path, status: status(one.status) })
            .collect()
    }

    fn esc(&self) -> Esc {
        let url = format!("http://{ESC}/api/esc");
        Esc { environments: self.environments.clone(), url, _port: None }
    }
}

fn account(vaults: &Value) -> Vaults {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let vaults = vaults["vaults"].as_array().into_iter().flatten();
    vaults.fold(Vaults::default(), |account, vault| {
        let name = text(vault, "name");
        let account = account.vault(&name, &text(vault, "id"));
        let items = vault["items"].as_array().into_iter().flatten();
        items.fold(account, |account, item| account.item(&name, item.clone()))
    })
}
