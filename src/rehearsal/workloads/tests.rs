//! Workloads on a cluster in memory.

use http::Method;
use serde_json::{Value as Json, json};

use crate::kubernetes::{Manifest, Readiness};
use crate::rehearsal::testing::{FileServer, Nest, condition, deployment, service};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";
const SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";
const SERVICES: &str = "/api/v1/namespaces/default/services";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

fn is_ready(object: &Json) -> bool {
    let manifest = Manifest::new(object.clone());
    manifest.is_ok_and(|manifest| manifest.readiness(jiff::Timestamp::now()) == Readiness::Ready)
}

fn web(image: &str) -> Json {
    let probe = json!({ "httpGet": { "path": "/", "port": 8080 } });
    deployment("web", json!({ "name": "main", "image": image, "readinessProbe": probe }))
}

#[tokio::test(start_paused = true)]
async fn a_deployment_becomes_ready_and_its_service_leads_to_its_pod() {
    let nest = Nest::start(|workers| workers.program(FileServer));
    nest.create(SERVICES, service("web")).await;
    nest.create(DEPLOYMENTS, web("files:1")).await;
    let web = format!("{DEPLOYMENTS}/web");
    let ready = nest.until(&web, is_ready).await;
    assert_eq!(condition(&ready, "Available"), "True");
    assert_eq!(ready["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
    assert_eq!(ready["status"]["observedGeneration"], ready["metadata"]["generation"]);
    let slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=web";
    nest.until(slices, |list| list["items"][0]["endpoints"][0]["conditions"]["ready"] == true).await;
    assert_eq!(nest.fetch("http://web.default.svc.cluster.local/").await.unwrap(), "here");
    let endpoints = nest.get("/api/v1/namespaces/default/endpoints/web").await;
    assert_eq!(endpoints["subsets"][0]["addresses"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_new_image_rolls_out_without_a_moment_that_nobody_serves() {
    let nest = Nest::start(|workers| workers.program(FileServer));
    nest.create(SERVICES, service("web")).await;
    nest.create(DEPLOYMENTS, web("files:1")).await;
    let web = format!("{DEPLOYMENTS}/web");
    nest.until(&web, is_ready).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let image = json!([{ "name": "main", "image": "files:2",
        "readinessProbe": { "httpGet": { "path": "/", "port": 8080 } } }]);
    nest.patch(&web, json!({ "spec": { "template": { "spec": { "containers": image } } } })).await;
    for _ in 0..200 {
        assert_eq!(nest.fetch("http://web.default/").await.unwrap(), "here");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let done = nest.until(&web, is_ready).await;
    assert_eq!(done["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    let replicas: Vec<_> =
        nest.items(SETS).await.iter().map(|set| set["spec"]["replicas"].as_i64().unwrap()).collect();
    assert_eq!(
        {
            let mut replicas = replicas;
            replicas.sort_unstable();
            replicas
        },
        [0, 1]
    );
    let pods = nest.items(PODS).await;
    assert_eq!(pods.len(), 1);
    assert_eq!(pods[0]["spec"]["containers"][0]["image"], "files:2");
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_deleted_comes_again_and_one_of_a_deleted_deployment_does_not() {
    let nest = Nest::start(|workers| workers);
    nest.create(DEPLOYMENTS, web("pause")).await;
    let web = format!("{DEPLOYMENTS}/web");
    nest.until(&web, is_ready).await;
    let first = nest.items(PODS).await[0]["metadata"]["name"].as_str().unwrap().to_owned();
    nest.delete(&format!("{PODS}/{first}")).await;
    nest.until(PODS, |list| {
        let names: Vec<_> =
            list["items"].as_array().into_iter().flatten().map(|pod| &pod["metadata"]["name"]).collect();
        names.len() == 1 && *names[0] != *first
    })
    .await;
    nest.until(&web, is_ready).await;
    nest.delete(&web).await;
    nest.until(PODS, |list| list["items"] == json!([])).await;
    assert_eq!(nest.items(SETS).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn pods_of_a_missing_service_account_are_not_made_until_it_is_there() {
    let nest = Nest::start(|workers| workers);
    let mut object = web("pause");
    object["spec"]["template"]["spec"]["serviceAccountName"] = "keeper".into();
    nest.create(DEPLOYMENTS, object).await;
    let message = nest.event("FailedCreate").await;
    assert!(
        message.ends_with(
            "error looking up service account default/keeper: serviceaccount \"keeper\" not found"
        ),
        "{message}"
    );
    let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "keeper" } });
    nest.create("/api/v1/namespaces/default/serviceaccounts", account).await;
    let ready = nest.until(&format!("{DEPLOYMENTS}/web"), is_ready).await;
    assert_eq!(condition(&ready, "ReplicaFailure"), "");
}

fn job(name: &str, code: &str) -> Json {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name },
        "spec": { "backoffLimit": 1, "completions": 1, "parallelism": 1, "template": {
            "metadata": { "annotations": { "test.eggtooth.dev/exit-code": code, "test.eggtooth.dev/log": "no such table" } },
            "spec": { "restartPolicy": "Never", "containers": [{ "name": "main", "image": "migrate" }] },
        } },
    })
}

#[tokio::test(start_paused = true)]
async fn jobs_complete_or_fail_as_their_pods_do() {
    let nest = Nest::start(|workers| workers);
    nest.create(JOBS, job("good", "0")).await;
    nest.create(JOBS, job("bad", "3")).await;
    let good = nest.until(&format!("{JOBS}/good"), |job| condition(job, "Complete") == "True").await;
    assert_eq!(good["status"]["succeeded"], 1);
    let bad = nest.until(&format!("{JOBS}/bad"), |job| condition(job, "Failed") == "True").await;
    assert_eq!(bad["status"]["failed"], 2);
    let failed = nest.items(&format!("{PODS}?labelSelector=job-name=bad")).await;
    assert_eq!(failed[0]["status"]["phase"], "Failed");
    assert_eq!(failed[0]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
    let pod = failed[0]["metadata"]["name"].as_str().unwrap();
    assert_eq!(nest.workers.logs().read("default", pod, "main", false).unwrap(), "no such table\n");
}

#[tokio::test(start_paused = true)]
async fn stateful_and_daemon_sets_get_their_pods() {
    let nest = Nest::start(|workers| workers);
    let mut set = deployment("db", json!({ "name": "main", "image": "pause" }));
    set["kind"] = "StatefulSet".into();
    set["spec"]["replicas"] = 2.into();
    set["spec"]["serviceName"] = "db".into();
    let sets = "/apis/apps/v1/namespaces/default/statefulsets";
    nest.create(sets, set.clone()).await;
    nest.until(&format!("{sets}/db"), |set| is_ready(set) && set["status"]["readyReplicas"] == 2).await;
    set["kind"] = "DaemonSet".into();
    let daemons = "/apis/apps/v1/namespaces/default/daemonsets";
    set["spec"].as_object_mut().unwrap().retain(|key, _| key != "replicas" && key != "serviceName");
    nest.create(daemons, set).await;
    nest.until(&format!("{daemons}/db"), |set| set["status"]["numberAvailable"] == 1 && is_ready(set)).await;
    let names: Vec<_> = nest
        .items(PODS)
        .await
        .iter()
        .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (names.len(), names.iter().filter(|name| ["db-0", "db-1"].contains(&name.as_str())).count()),
        (3, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_cluster_at_rest_writes_nothing() {
    let nest = Nest::start(|workers| workers.program(FileServer));
    nest.create(SERVICES, service("web")).await;
    nest.create(DEPLOYMENTS, web("files:1")).await;
    nest.create(JOBS, job("good", "0")).await;
    nest.until(&format!("{DEPLOYMENTS}/web"), is_ready).await;
    nest.until(&format!("{JOBS}/good"), |job| condition(job, "Complete") == "True").await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let version = async || nest.get(PODS).await["metadata"]["resourceVersion"].clone();
    let before = version().await;
    tokio::time::sleep(std::time::Duration::from_mins(20)).await;
    assert_eq!(version().await, before);
}

#[tokio::test(start_paused = true)]
async fn the_controllers_go_on_after_the_server_has_forgotten_the_past() {
    let nest = Nest::start(|workers| workers);
    nest.create(DEPLOYMENTS, web("pause")).await;
    nest.until(&format!("{DEPLOYMENTS}/web"), is_ready).await;
    nest.cluster.compact();
    tokio::time::sleep(std::time::Duration::from_mins(20)).await;
    nest.patch(&format!("{DEPLOYMENTS}/web"), json!({ "spec": { "replicas": 2 } })).await;
    nest.until(&format!("{DEPLOYMENTS}/web"), |web| is_ready(web) && web["status"]["readyReplicas"] == 2)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_nobody_serves_is_told_as_the_api_server_tells_it() {
    let nest = Nest::start(|workers| workers);
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "guard" },
        "webhooks": [{
            "name": "guard.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
            "timeoutSeconds": 5,
            "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"] }],
            "clientConfig": { "service": { "namespace": "default", "name": "web", "path": "/check", "port": 80 } },
        }],
    });
    nest.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", configuration).await;
    let try_it = async || {
        let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "generateName": "a-" } });
        nest.send(Method::POST, "/api/v1/namespaces/default/configmaps", &map).await.unwrap_err()
    };
    let missing = try_it().await;
    let url = "failed calling webhook \"guard.example.com\": failed to call webhook: Post \"https://web.default.svc:80/check?timeout=5s\": ";
    assert!(missing.ends_with(&format!("{url}service \"web\" not found")), "{missing}");
    nest.create(SERVICES, service("web")).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let empty = try_it().await;
    assert!(empty.ends_with(&format!("{url}no endpoints available for service \"web\"")), "{empty}");
}
