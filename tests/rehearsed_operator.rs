//! The operator of the rehearsal, installed from the real chart, held to the contract.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use eggtooth::clock::Clock;
use eggtooth::helm::{Template, template};
use eggtooth::rehearsal::network::{Backend, Network, Service, Trust};
use eggtooth::rehearsal::programs::{
    ExternalSecrets, Log, Mounts, PodReference, Process, Program, Termination,
};
use eggtooth::rehearsal::{Cluster, ServiceReference, WebhookCaller};
use eggtooth::yaml::{Flavour, read_json_stream};
use futures::future::BoxFuture;
use http::Request;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::contract::{Case, run_all};

const NAMESPACE: &str = "external-secrets";
const CERTIFICATES: &str = "/tmp/certs";

#[tokio::test(start_paused = true)]
async fn the_rehearsed_operator_keeps_the_contract() {
    let Some(chart) = chart() else { return };
    let (cluster, _running) = install(&chart).await;
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

/// Applies what matters of the chart and starts the three programs, without a node; waits until the webhook serves.
async fn install(chart: &std::path::Path) -> (Cluster, JoinSet<()>) {
    let cluster = Cluster::builder().build().unwrap();
    let client = cluster.client();
    apply(&client, &json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }))
        .await;
    let wanted = ["CustomResourceDefinition", "ValidatingWebhookConfiguration", "Secret"];
    for document in rendered(chart) {
        if wanted.contains(&document["kind"].as_str().unwrap_or_default()) {
            apply(&client, &document).await;
        }
    }
    let clock = Clock::of_runtime();
    let network = Network::new(clock.clone());
    cluster.call_webhooks_by(Arc::new(Caller(network.clone())));
    // The programs find their kinds served.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut running = JoinSet::new();
    let mounts = Mounts::default();
    for arguments in [
        vec![
            "certcontroller",
            "--service-name=external-secrets-webhook",
            "--service-namespace=external-secrets",
            "--secret-name=external-secrets-webhook",
            "--secret-namespace=external-secrets",
            "--enable-partial-cache=true",
        ],
        vec![
            "webhook",
            "--port=10250",
            "--dns-name=external-secrets-webhook.external-secrets.svc",
            "--cert-dir=/tmp/certs",
        ],
        vec!["--concurrent=4"],
    ] {
        let process = process(&client, &network, &clock, &mounts, &arguments);
        if arguments[0] == "webhook" {
            network.set_services(service(process.pod.address));
        }
        running.spawn(async move {
            let pod = process.pod.name.clone();
            let log = process.log.clone();
            let exit = ExternalSecrets.run(process).await;
            panic!("{pod} ended with {exit:?}:\n{}", log.text());
        });
    }
    running.spawn(project(client.clone(), mounts));
    wait_for_webhook(&client).await;
    (cluster, running)
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

fn process(
    client: &Client,
    network: &Network,
    clock: &Clock,
    mounts: &Mounts,
    arguments: &[&str],
) -> Process {
    let name = format!("pod-{}", arguments[0].trim_start_matches('-').split('=').next().unwrap());
    let (signal, receiver) = watch::channel(false);
    // Nobody ends these processes.
    std::mem::forget(signal);
    Process {
        client: client.clone(),
        network: network.within(NAMESPACE),
        pod: PodReference {
            namespace: NAMESPACE.to_owned(),
            uid: name.clone(),
            address: network.attach(NAMESPACE, &name),
            name,
            labels: BTreeMap::new(),
            service_account: "external-secrets".to_owned(),
        },
        container: "main".to_owned(),
        image: "ghcr.io/external-secrets/external-secrets:v2.9.0".to_owned(),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        environment: BTreeMap::new(),
        mounts: mounts.clone(),
        clock: clock.clone(),
        log: Log::default(),
        termination: Termination::new(receiver),
    }
}

fn service(address: Ipv4Addr) -> BTreeMap<(String, String), Service> {
    let service = Service {
        address: Some(Ipv4Addr::new(10, 96, 0, 7)),
        ports: vec![(443, "webhook".to_owned())],
        backends: vec![Backend { ports: [("webhook".to_owned(), 10250)].into(), ready: vec![address] }],
    };
    [((NAMESPACE.to_owned(), "external-secrets-webhook".to_owned()), service)].into()
}

/// Brings the certificate into the webhook's folder, as a kubelet does.
async fn project(client: Client, mounts: Mounts) {
    let secrets: Api<Secret> = Api::namespaced(client, NAMESPACE);
    loop {
        let secret = secrets.get("external-secrets-webhook").await.unwrap();
        let files = secret.data.unwrap_or_default();
        let files = files.into_iter().map(|(key, value)| (format!("{CERTIFICATES}/{key}"), value.0));
        mounts.replace(CERTIFICATES, files.collect());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
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

/// The way from the API server to the webhook's Service.
struct Caller(Network);

impl WebhookCaller for Caller {
    fn call<'a>(
        &'a self,
        service: &'a ServiceReference,
        path: &'a str,
        ca_bundle: &'a [u8],
        review: Value,
    ) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(async move {
            let url = format!("https://{}.{}.svc:{}{path}", service.name, service.namespace, service.port);
            let request = Request::post(url).body(Bytes::from(review.to_string())).unwrap();
            let trust = Trust::Bundle(ca_bundle.to_vec());
            let (namespace, name) = (&service.namespace, &service.name);
            let answer = self.0.call_service(namespace, name, request, &trust).await;
            let answer = answer.map_err(|error| error.to_string())?;
            serde_json::from_slice(answer.body()).map_err(|error| error.to_string())
        })
    }
}
