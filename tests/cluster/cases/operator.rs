//! External Secrets and Connect, installed by helm, as the oracle of everything else here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::connect::{Credentials, Fault, PRODUCTION};
use crate::ground::{Ground, on_both};
use crate::node::Mode;
use crate::wait;

const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn trials() -> Vec<Trial> {
    let gives = "operator::helm_installs_a_store_that_gives_its_secrets";
    let refused = "operator::a_token_of_other_credentials_is_refused";
    let unhealthy = "operator::credentials_in_the_wrong_encoding_are_unhealthy";
    let mut trials: Vec<Trial> = [
        on_both(gives, helm_installs_a_store_that_gives_its_secrets),
        on_both(refused, a_token_of_other_credentials_is_refused),
        on_both(unhealthy, credentials_in_the_wrong_encoding_are_unhealthy),
    ]
    .into_iter()
    .flatten()
    .collect();
    trials.push(trial("operator::a_cluster_from_a_snapshot_goes_on", a_cluster_from_a_snapshot_goes_on));
    trials
}

fn helm_installs_a_store_that_gives_its_secrets(cluster: &dyn Ground) {
    let Some(charts) = charts() else { return };
    install_all(cluster, &charts);
    expect_secret(cluster, "first", "correct horse battery staple");

    cluster.inject(Fault::Unauthorized);
    let touched = json!({"metadata": {"annotations": {"touched": "true"}}});
    cluster.merge("clustersecretstores", "", "onepassword", &touched);
    wait_for_store(cluster, "InvalidProviderConfig");
    assert!(cluster.requests().into_iter().any(|request| request.status == 401));
}

/// A second cluster has its own vaults, and what it changes stays there.
fn a_cluster_from_a_snapshot_goes_on() {
    let Some(charts) = charts() else { return };
    let first = Cluster::start(&Options::default());
    install_all(&first, &charts);
    let snapshot = first.snapshot();
    let second = Cluster::start_from(&snapshot, &Options { node: Mode::Fast });
    second.connect().vaults().set_field("production", "db", "password", "changed");
    expect_secret(&second, "second", "changed");
    expect_secret(&first, "first", "correct horse battery staple");
}

/// Installs operator and Connect, and the store over them.
fn install_all(cluster: &dyn Ground, charts: &Path) {
    install_operator(cluster, charts);
    let credentials = Credentials::from_seed("operator");
    seed(cluster, &credentials.json(), &credentials.token(&[PRODUCTION]));
    install_connect(cluster, charts, true);
    apply_store(cluster);
    wait_for_store(cluster, "Valid");
}

fn a_token_of_other_credentials_is_refused(cluster: &dyn Ground) {
    let Some(charts) = charts() else { return };
    install_operator(cluster, &charts);
    let token = Credentials::from_seed("another server").token(&[PRODUCTION]);
    seed(cluster, &Credentials::from_seed("operator").json(), &token);
    install_connect(cluster, &charts, true);
    apply_store(cluster);
    wait_for_store(cluster, "InvalidProviderConfig");
    wait_for_event(cluster, "default", "status 401: Invalid token signature");
}

fn credentials_in_the_wrong_encoding_are_unhealthy(cluster: &dyn Ground) {
    let Some(charts) = charts() else { return };
    let credentials = Credentials::from_seed("operator");
    seed(cluster, &STANDARD.encode(credentials.json()), &credentials.token(&[PRODUCTION]));
    install_connect(cluster, &charts, false);
    wait::expect("the log of wrong credentials", MINUTE, || {
        let log = cluster.log("onepassword", "onepassword-connect", "connect-api");
        let told = "failed to credentialsDataFromBase64), illegal base64 data at input byte 0";
        if log.contains(told) { Ok(()) } else { Err(log) }
    });
    let failed = "Readiness probe failed: HTTP probe failed with statuscode: 500";
    wait_for_event(cluster, "onepassword", failed);
    let connect = cluster.get("deployments", "onepassword", "onepassword-connect");
    assert_eq!(connect["status"].get("availableReplicas"), None, "{connect}");
}

fn wait_for_event(cluster: &dyn Ground, namespace: &str, text: &str) {
    wait::expect(&format!("the event `{text}`"), MINUTE, || {
        let events = cluster.list("events", namespace, "");
        let told = |event: &Value| event["message"].as_str().is_some_and(|told| told.contains(text));
        if events.iter().any(told) { Ok(()) } else { Err(format!("{} others", events.len())) }
    });
}

/// The folder of real charts, which is not part of the repository.
pub(crate) fn charts() -> Option<PathBuf> {
    let shared =
        std::env::var_os("EGGTOOTH_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let charts = shared.join("charts");
    if charts.is_dir() {
        return Some(charts);
    }
    eprintln!("SKIPPED: no charts in {}", charts.display());
    None
}

/// Installs External Secrets 2.9.0 and waits as `helm --wait` does.
pub(crate) fn install_operator(cluster: &dyn Ground, charts: &Path) {
    let chart = charts.join("external-secrets-2.9.0.tgz");
    let chart = chart.to_str().expect("a path of ours");
    cluster.helm(&[
        "install",
        "external-secrets",
        chart,
        "--namespace=external-secrets",
        "--create-namespace",
        "--wait",
        "--timeout=3m",
        "--set=concurrent=4",
    ]);
}

/// Installs Connect 2.4.1; without `wait` helm returns when the objects exist.
fn install_connect(cluster: &dyn Ground, charts: &Path, wait: bool) {
    let chart = charts.join("connect-2.4.1.tgz");
    let chart = chart.to_str().expect("a path of ours");
    let mut arguments = vec!["install", "connect", chart, "--namespace=onepassword", "--timeout=3m"];
    if wait {
        arguments.push("--wait");
    }
    cluster.helm(&arguments);
}

/// Seeds what Connect and the store need, with credentials in the given form.
fn seed(cluster: &dyn Ground, credentials: &str, token: &str) {
    let name = "onepassword";
    cluster.apply(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }));
    let secret = |secret: &str, key: &str, value: &str| {
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": secret, "namespace": name },
            "stringData": { key: value } })
    };
    cluster.apply(&secret("op-credentials", "1password-credentials.json", credentials));
    cluster.apply(&secret("onepassword-token", "token", token));
}

/// The store `onepassword` over the vault `production`.
fn apply_store(cluster: &dyn Ground) {
    let token = json!({ "name": "onepassword-token", "key": "token", "namespace": "onepassword" });
    cluster.apply(&json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore", "metadata": { "name": "onepassword" },
        "spec": { "provider": { "onepassword": {
            "connectHost": "http://onepassword-connect.onepassword.svc.cluster.local:8080",
            "vaults": { "production": 1 },
            "auth": { "secretRef": { "connectTokenSecretRef": token } },
        }}},
    }));
}

fn wait_for_store(cluster: &dyn Ground, reason: &str) {
    wait_for_reason(cluster, "clustersecretstores", "", "onepassword", reason);
}

/// Applies an ExternalSecret of the item `db` and expects its password in the Secret.
pub(crate) fn expect_secret(cluster: &dyn Ground, name: &str, password: &str) {
    let metadata = json!({ "name": name, "namespace": "default" });
    let data = json!([{ "secretKey": "password", "remoteRef": { "key": "db", "property": "password" } }]);
    cluster.apply(&json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": metadata,
        "spec": { "refreshInterval": "1h", "data": data,
            "secretStoreRef": { "kind": "ClusterSecretStore", "name": "onepassword" } },
    }));
    wait_for_reason(cluster, "externalsecrets", "default", name, "SecretSynced");
    assert_eq!(cluster.secret("default", name, "password").as_deref(), Some(password));
}

fn wait_for_reason(cluster: &dyn Ground, kind: &str, namespace: &str, name: &str, reason: &str) {
    wait::expect(&format!("{kind} {name} to be {reason}"), MINUTE, || {
        let found = cluster.text(kind, namespace, name, "/status/conditions/0/reason");
        if found == reason { Ok(()) } else { Err(found) }
    });
}
