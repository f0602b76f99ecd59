//! A rehearsal's cluster on a port of loopback, with its controllers and its node, for programs that know nothing of us.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use eggtooth::rehearsal::node::Timing;
use eggtooth::rehearsal::programs::ExternalSecrets;
use eggtooth::rehearsal::programs::connect::Vaults;
use eggtooth::rehearsal::{Cluster, Serving, Workers};
use kube::Client;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::cluster::{runtime, succeed};
use crate::tools;

/// A rehearsal's cluster that is served until this is dropped.
pub(crate) struct Rehearsed {
    cluster: Cluster,
    _workers: Workers,
    _serving: Serving,
    folder: tempfile::TempDir,
}

impl Rehearsed {
    /// Serves an empty cluster. `vaults` is what Connect shows, in the form of the test suite's own server.
    pub(crate) fn start(vaults: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cluster, workers, serving) = runtime().block_on(async {
            let cluster = Cluster::builder().build().unwrap();
            let workers = Workers::of(&cluster)
                .timing(Timing::instant())
                .program(ExternalSecrets)
                .vaults(&account(vaults))
                .start();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let serving = cluster.serve(listener).unwrap();
            (cluster, workers, serving)
        });
        std::fs::write(folder.path().join("kubeconfig"), serving.kubeconfig()).unwrap();
        Self { cluster, _workers: workers, _serving: serving, folder }
    }

    pub(crate) fn client(&self) -> Client {
        runtime().block_on(async { self.cluster.client() })
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
            .env("KUBECONFIG", self.path("kubeconfig"))
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
