//! What pods see of the node.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep};

use crate::rehearsal::node::{Fault, Faults, Timing};
use crate::rehearsal::programs::connect::Vaults;
use crate::rehearsal::testing::{FileServer, Nest, condition, pod};

const PODS: &str = "/api/v1/namespaces/default/pods";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const ONE: &str = "/api/v1/namespaces/default/pods/one";

fn secret(value: &str) -> Json {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "egg" }, "data": { "size": STANDARD.encode(value) } })
}

fn ready(pod: &Json) -> bool {
    condition(pod, "Ready") == "True"
}

fn waiting(pod: &Json) -> &str {
    pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].as_str().unwrap_or_default()
}

/// A pod that serves the Secret's key twice: from the volume, and from a `subPath`.
fn reader() -> Json {
    let mut reader = pod(
        "one",
        json!({ "name": "main", "image": "files:1", "volumeMounts": [
        { "name": "egg", "mountPath": "/egg" },
        { "name": "egg", "mountPath": "/fixed", "subPath": "size" },
    ] }),
    );
    reader["spec"]["volumes"] = json!([{ "name": "egg", "secret": { "secretName": "egg" } }]);
    reader
}

#[tokio::test(start_paused = true)]
async fn a_pod_waits_for_its_secret_and_says_so() {
    let nest = Nest::start(|workers| workers.program(FileServer));
    nest.create(PODS, reader()).await;
    assert_eq!(
        nest.event("FailedMount").await,
        "MountVolume.SetUp failed for volume \"egg\" : secret \"egg\" not found"
    );
    let pending = nest.get(ONE).await;
    assert_eq!((&pending["status"]["phase"], waiting(&pending)), (&json!("Pending"), "ContainerCreating"));
    nest.create(SECRETS, secret("M")).await;
    let running = nest.until(ONE, ready).await;
    let address = running["status"]["podIP"].as_str().unwrap();
    assert_eq!(nest.fetch(&format!("http://{address}:8080/egg/size")).await.unwrap(), "M");
}

#[tokio::test(start_paused = true)]
async fn a_mounted_secret_follows_within_a_minute_and_a_sub_path_never() {
    let nest = Nest::start(|workers| workers.program(FileServer));
    nest.create(SECRETS, secret("M")).await;
    nest.create(PODS, reader()).await;
    let running = nest.until(ONE, ready).await;
    let address = running["status"]["podIP"].as_str().unwrap().to_owned();
    let read = async |path: &str| nest.fetch(&format!("http://{address}:8080{path}")).await.unwrap();
    let data = json!({ "data": { "size": STANDARD.encode("XL") } });
    nest.patch(&format!("{SECRETS}/egg"), data).await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!((read("/egg/size").await, read("/fixed").await), ("M".into(), "M".into()));
    sleep(Duration::from_mins(1)).await;
    assert_eq!((read("/egg/size").await, read("/fixed").await), ("XL".into(), "M".into()));
}

#[tokio::test(start_paused = true)]
async fn a_container_that_refers_to_a_missing_key_is_not_created() {
    let nest = Nest::start(|workers| workers);
    let env = json!([{ "name": "SIZE", "valueFrom": { "secretKeyRef": { "name": "egg", "key": "size" } } }]);
    nest.create(PODS, pod("one", json!({ "name": "main", "image": "pause", "env": env }))).await;
    let stuck = nest.until(ONE, |pod| waiting(pod) == "CreateContainerConfigError").await;
    assert_eq!(
        stuck["status"]["containerStatuses"][0]["state"]["waiting"]["message"],
        "secret \"egg\" not found"
    );
    nest.create(SECRETS, secret("M")).await;
    nest.until(ONE, ready).await;
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_there_is_pulled_again_and_again() {
    let nest = Nest::start(|workers| workers);
    nest.create(PODS, pod("one", json!({ "name": "main", "image": "registry.example/no-such-image:1" })))
        .await;
    nest.until(ONE, |pod| waiting(pod) == "ImagePullBackOff").await;
    assert!(
        nest.event("Failed").await.starts_with("Failed to pull image \"registry.example/no-such-image:1\"")
    );
}

#[tokio::test(start_paused = true)]
async fn a_container_that_crashes_starts_again_after_growing_pauses() {
    let faults = Faults::default();
    faults.inject(Fault::CrashLoop { of: "files".into(), times: 3 });
    let nest = Nest::start(|workers| workers.program(FileServer).faults(&faults));
    let begun = Instant::now();
    nest.create(PODS, pod("one", json!({ "name": "main", "image": "files:1" }))).await;
    let looping = nest.until(ONE, |pod| waiting(pod) == "CrashLoopBackOff").await;
    let container = &looping["status"]["containerStatuses"][0];
    let message = container["state"]["waiting"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("back-off 10s restarting failed container=main pod=one_default("),
        "{message}"
    );
    assert_eq!(container["lastState"]["terminated"]["exitCode"], 1);
    let healed = nest.until(ONE, ready).await;
    assert_eq!(healed["status"]["containerStatuses"][0]["restartCount"], 3);
    let took = begun.elapsed().as_secs();
    assert!((30..45).contains(&took), "{took} s: pauses of 0, 10 and 20 s");
}

#[tokio::test(start_paused = true)]
async fn readiness_probes_keep_their_delay_and_faults_keep_a_pod_unready() {
    let faults = Faults::default();
    faults.inject(Fault::NeverReady { of: "files".into() });
    let nest = Nest::start(|workers| workers.program(FileServer).faults(&faults));
    let probe =
        json!({ "httpGet": { "path": "/", "port": 8080 }, "initialDelaySeconds": 15, "periodSeconds": 5 });
    nest.create(PODS, pod("one", json!({ "name": "main", "image": "files:1", "readinessProbe": probe })))
        .await;
    nest.until(ONE, |pod| pod["status"]["phase"] == "Running").await;
    let begun = Instant::now();
    assert_eq!(
        nest.event("Unhealthy").await,
        "Readiness probe failed: HTTP probe failed with statuscode: 503"
    );
    let waited = begun.elapsed().as_secs();
    assert!((14..17).contains(&waited), "{waited} s until the first probe");
    assert!(!ready(&nest.get(ONE).await));
    faults.clear();
    nest.until(ONE, ready).await;
}

#[tokio::test(start_paused = true)]
async fn a_liveness_probe_that_fails_restarts_the_container() {
    let nest = Nest::start(|workers| workers.program(FileServer));
    let probe =
        json!({ "httpGet": { "path": "/missing", "port": 8080 }, "periodSeconds": 1, "failureThreshold": 2 });
    nest.create(PODS, pod("one", json!({ "name": "main", "image": "files:1", "livenessProbe": probe })))
        .await;
    nest.until(ONE, |pod| pod["status"]["containerStatuses"][0]["restartCount"] == 1).await;
    assert_eq!(nest.event("Killing").await, "Container main failed liveness probe, will be restarted");
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_fits_nowhere_stays_pending() {
    let nest = Nest::start(|workers| workers);
    let mut lost = pod("one", json!({ "name": "main", "image": "pause" }));
    lost["spec"]["nodeSelector"] = json!({ "kubernetes.io/arch": "arm64" });
    nest.create(PODS, lost).await;
    let stuck = nest.until(ONE, |pod| condition(pod, "PodScheduled") == "False").await;
    assert_eq!(stuck["status"]["conditions"][0]["reason"], "Unschedulable");
}

#[tokio::test(start_paused = true)]
async fn init_containers_run_first_and_one_by_one() {
    let nest = Nest::start(|workers| workers);
    let mut staged = pod("one", json!({ "name": "main", "image": "pause" }));
    staged["spec"]["initContainers"] =
        json!([{ "name": "first", "image": "migrate" }, { "name": "second", "image": "migrate" }]);
    nest.create(PODS, staged).await;
    let running = nest.until(ONE, ready).await;
    let ended = |index: usize| {
        running["status"]["initContainerStatuses"][index]["state"]["terminated"]["exitCode"].clone()
    };
    assert_eq!((ended(0), ended(1)), (json!(0), json!(0)));
    assert_eq!(condition(&running, "Initialized"), "True");
}

#[tokio::test(start_paused = true)]
async fn connect_serves_its_vaults_with_the_credentials_in_its_secret() {
    let vaults = Vaults::default().login("production", "canary", &[("password", "chirp")]);
    let nest = Nest::start(|workers| workers.vaults(&vaults).timing(Timing::instant()));
    let document = json!({ "verifier": {}, "encCredentials": {}, "version": "2", "deviceUuid": "d", "uniqueKey": { "k": "k" } });
    nest.create(SECRETS, secret(&document.to_string())).await;
    let mut connect = reader();
    connect["spec"]["containers"][0]["image"] = "1password/connect-api:1.8.2".into();
    connect["spec"]["containers"][0]["env"] = json!([{ "name": "OP_SESSION", "value": "/fixed" }]);
    connect["spec"]["containers"][0]["readinessProbe"] =
        json!({ "httpGet": { "path": "/health", "port": 8080 } });
    nest.create(PODS, connect).await;
    let running = nest.until(ONE, ready).await;
    let address = running["status"]["podIP"].as_str().unwrap();
    let refused = nest.fetch(&format!("http://{address}:8080/v1/vaults")).await.unwrap();
    assert_eq!(refused, r#"{"message":"Invalid token signature","status":401}"#);
    assert_eq!(vaults.requests()[0].status, Some(401));
    nest.delete(ONE).await;
    nest.until(ONE, Json::is_null).await;
    let gone = nest.fetch(&format!("http://{address}:8080/heartbeat")).await.unwrap_err();
    assert!(gone.to_string().ends_with("no route to host"), "{gone}");
}
