//! External Secrets and Connect, installed by the real helm, as the oracle of everything else here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::trial;
use crate::cluster::{Cluster, Options, Snapshot};
use crate::connect::{Credentials, Fault, PRODUCTION};
use crate::node::Mode;

const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "operator::helm_installs_a_store_that_gives_its_secrets",
            helm_installs_a_store_that_gives_its_secrets,
        ),
        trial("operator::a_token_of_other_credentials_is_refused", a_token_of_other_credentials_is_refused),
        trial(
            "operator::credentials_in_the_wrong_encoding_are_unhealthy",
            credentials_in_the_wrong_encoding_are_unhealthy,
        ),
    ]
}

fn helm_installs_a_store_that_gives_its_secrets() {
    let Some(charts) = charts() else { return };
    let cluster = Cluster::start(&Options::default());
    install_operator(&cluster, &charts);
    let credentials = Credentials::from_seed("operator");
    seed(&cluster, &credentials.json(), &credentials.token(&[PRODUCTION]));
    install_connect(&cluster, &charts, true);
    apply_store(&cluster);
    wait_for_store(&cluster, "Valid");
    expect_secret(&cluster, "first", "correct horse battery staple");

    let snapshot = cluster.snapshot();
    drop(cluster);
    a_cluster_from_a_snapshot_goes_on(&snapshot);
}

/// A second cluster has its own vaults, and what it changes stays there.
fn a_cluster_from_a_snapshot_goes_on(snapshot: &Snapshot) {
    let cluster = Cluster::start_from(snapshot, &Options { node: Mode::Fast });
    cluster.connect().vaults().set_field("production", "db", "password", "changed");
    expect_secret(&cluster, "second", "changed");
    cluster.connect_faults().set(Fault::Unauthorized);
    cluster.kubectl(["annotate", "clustersecretstore", "onepassword", "touched=true"]);
    wait_for_store(&cluster, "InvalidProviderConfig");
    let refused = cluster.connect().requests().into_iter().filter(|request| request.status == 401);
    assert!(refused.count() >= 1);
}

fn a_token_of_other_credentials_is_refused() {
    let Some(charts) = charts() else { return };
    let cluster = Cluster::start(&Options::default());
    install_operator(&cluster, &charts);
    let token = Credentials::from_seed("another server").token(&[PRODUCTION]);
    seed(&cluster, &Credentials::from_seed("operator").json(), &token);
    install_connect(&cluster, &charts, true);
    apply_store(&cluster);
    wait_for_store(&cluster, "InvalidProviderConfig");
    let events = ["get", "events", "--namespace=default", "--output=jsonpath={.items[*].message}"];
    cluster.wait_for("the refusal in an event", MINUTE, &events, |events| {
        events.contains("status 401: Invalid token signature")
    });
}

fn credentials_in_the_wrong_encoding_are_unhealthy() {
    let Some(charts) = charts() else { return };
    let cluster = Cluster::start(&Options::default());
    let credentials = Credentials::from_seed("operator");
    seed(&cluster, &STANDARD.encode(credentials.json()), &credentials.token(&[PRODUCTION]));
    install_connect(&cluster, &charts, false);
    let logs =
        ["logs", "--namespace=onepassword", "deployment/onepassword-connect", "--container=connect-api"];
    cluster.wait_for("the log of wrong credentials", MINUTE, &logs, |log| {
        log.contains("failed to credentialsDataFromBase64), illegal base64 data at input byte 0")
    });
    let events = ["get", "events", "--namespace=onepassword", "--output=jsonpath={.items[*].message}"];
    cluster.wait_for("the failed probe in an event", MINUTE, &events, |events| {
        events.contains("Readiness probe failed: HTTP probe failed with statuscode: 500")
    });
    let available = "--output=jsonpath={.status.availableReplicas}";
    let ready =
        cluster.kubectl(["get", "deployment", "onepassword-connect", "--namespace=onepassword", available]);
    assert_eq!(ready, "");
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
pub(crate) fn install_operator(cluster: &Cluster, charts: &Path) {
    let chart = charts.join("external-secrets-2.9.0.tgz");
    let chart = chart.to_str().expect("a path of ours");
    cluster.helm([
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
pub(crate) fn install_connect(cluster: &Cluster, charts: &Path, wait: bool) {
    let chart = charts.join("connect-2.4.1.tgz");
    let chart = chart.to_str().expect("a path of ours");
    let mut arguments = vec!["install", "connect", chart, "--namespace=onepassword", "--timeout=3m"];
    if wait {
        arguments.push("--wait");
    }
    cluster.helm(arguments);
}

/// Seeds what Connect and the store need, with credentials in the given form.
pub(crate) fn seed(cluster: &Cluster, credentials: &str, token: &str) {
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
pub(crate) fn apply_store(cluster: &Cluster) {
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

pub(crate) fn wait_for_store(cluster: &Cluster, reason: &str) {
    let path = "--output=jsonpath={.status.conditions[0].reason}";
    let arguments = ["get", "clustersecretstore", "onepassword", path];
    cluster.wait_for(&format!("the store to be {reason}"), MINUTE, &arguments, |found| found == reason);
}

/// Applies an ExternalSecret of the item `db` and expects its password in the Secret.
pub(crate) fn expect_secret(cluster: &Cluster, name: &str, password: &str) {
    let metadata = json!({ "name": name, "namespace": "default" });
    let data = json!([{ "secretKey": "password", "remoteRef": { "key": "db", "property": "password" } }]);
    cluster.apply(&json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": metadata,
        "spec": { "refreshInterval": "1h", "data": data,
            "secretStoreRef": { "kind": "ClusterSecretStore", "name": "onepassword" } },
    }));
    let path = "--output=jsonpath={.status.conditions[0].reason}";
    cluster.wait_for(
        "the ExternalSecret to be synced",
        MINUTE,
        &["get", "externalsecret", name, path],
        |reason| reason == "SecretSynced",
    );
    let secret: Value =
        serde_json::from_str(&cluster.kubectl(["get", "secret", name, "--output=json"])).unwrap();
    let found = STANDARD.decode(secret["data"]["password"].as_str().unwrap()).unwrap();
    assert_eq!(String::from_utf8(found).unwrap(), password);
}
