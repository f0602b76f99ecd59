//! The operator of the rehearsal, installed from the real chart, held to the contract.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

use std::path::PathBuf;
use std::time::Duration;

use eggtooth::helm::{Template, template};
use eggtooth::rehearsal::node::Timing;
use eggtooth::rehearsal::programs::ExternalSecrets;
use eggtooth::rehearsal::{Cluster, Workers};
use eggtooth::yaml::{Flavour, read_json_stream};
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::contract::{Case, run_all};

const NAMESPACE: &str = "external-secrets";

#[tokio::test(start_paused = true)]
async fn the_rehearsed_operator_keeps_the_contract() {
    let Some(chart) = chart() else { return };
    let (cluster, _workers) = install(&chart).await;
    let cases = Case::all();
    let count = cases.len();
    let failures = run_all(&cluster.client(), cases).await;
    assert!(failures.is_empty(), "{} of {count} cases failed:\n{}", failures.len(), failures.join("\n"));
}

/// The folder of real charts is not part of the repository.
fn chart() -> Option<PathBuf> {
    let shared =
        std::env::var_os("EGGTOOTH_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let chart = shared.join("charts/external-secrets-2.9.0.tgz");
    if chart.is_file() {
        return Some(chart);
    }
    eprintln!("SKIPPED: there is no {}", chart.display());
    None
}

/// Installs the chart and waits until the webhook serves.
async fn install(chart: &std::path::Path) -> (Cluster, Workers) {
    let cluster = Cluster::builder().build().unwrap();
    let workers = Workers::of(&cluster).timing(Timing::instant()).program(ExternalSecrets).start();
    let client = cluster.client();
    apply(&client, &json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }))
        .await;
    for document in rendered(chart).iter().filter(|document| document["kind"].is_string()) {
        apply(&client, document).await;
    }
    wait_for_webhook(&client).await;
    (cluster, workers)
}

fn rendered(chart: &std::path::Path) -> Vec<Value> {
    let options = Template {
        name: "external-secrets".to_owned(),
        chart: chart.to_owned(),
        namespace: NAMESPACE.to_owned(),
        ..Template::default()
    };
    read_json_stream(&template(&options).unwrap(), Flavour::GoYamlV2).unwrap()
}

async fn apply(client: &Client, document: &Value) {
    let api_version = document["apiVersion"].as_str().unwrap();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = GroupVersionKind::gvk(group, version, document["kind"].as_str().unwrap());
    let resource = ApiResource::from_gvk(&kind);
    let api: Api<DynamicObject> = match document["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    let name = document["metadata"]["name"].as_str().unwrap();
    api.patch(name, &PatchParams::apply("helm"), &Patch::Apply(document)).await.unwrap();
}

/// Tries an object that the webhook refuses until it does.
async fn wait_for_webhook(client: &Client) {
    let object = json!({ "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": { "name": "probe", "namespace": NAMESPACE }, "spec": {} });
    let resource =
        ApiResource::from_gvk(&GroupVersionKind::gvk("external-secrets.io", "v1", "ExternalSecret"));
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), NAMESPACE, &resource);
    let parameters = PatchParams::apply("test").dry_run();
    let mut said = String::new();
    for _ in 0..60 {
        let refused = api.patch("probe", &parameters, &Patch::Apply(&object)).await.unwrap_err();
        said = refused.to_string();
        if said.contains("denied the request") {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("the webhook does not serve: {said}");
}
