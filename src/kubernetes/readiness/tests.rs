//! Tables after those of kstatus: one row a rule.

use serde_json::{Value as Json, json};

use super::*;

fn check(api_version: &str, kind: &str, rest: Json) -> Readiness {
    let mut json = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}});
    for (key, value) in rest.as_object().unwrap() {
        match (key.as_str(), value) {
            ("metadata", Json::Object(entries)) => {
                for (key, value) in entries {
                    json["metadata"][key] = value.clone();
                }
            }
            _ => json[key] = value.clone(),
        }
    }
    Manifest::new(json).unwrap().readiness("2026-01-01T00:01:00Z".parse().unwrap())
}

fn waits(readiness: &Readiness) -> &str {
    match readiness {
        Readiness::Waiting(why) => why,
        other => panic!("does not wait: {other:?}"),
    }
}

const UP: &str = r#"[{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"},{"type":"Available","status":"True"}]"#;

fn deployment(status: &Json) -> Readiness {
    let mut status = status.clone();
    if status.get("conditions").is_none() {
        status["conditions"] = serde_json::from_str(UP).unwrap();
    }
    check(
        "apps/v1",
        "Deployment",
        json!({"spec": {"replicas": 3, "progressDeadlineSeconds": 600}, "status": status}),
    )
}

#[test]
fn a_deployment_waits_for_each_of_its_counts() {
    let rows = [
        (json!({}), "0 of 3 replicas made"),
        (json!({"replicas": 3}), "0 of 3 replicas updated"),
        (json!({"replicas": 4, "updatedReplicas": 3}), "1 old replicas have to go"),
        (json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 2}), "2 of 3 replicas available"),
        (
            json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 2}),
            "2 of 3 replicas ready",
        ),
    ];
    for (status, why) in rows {
        assert_eq!(waits(&deployment(&status)), why);
    }
    let mut all = json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3});
    assert_eq!(deployment(&all), Readiness::Ready);
    all["conditions"] = json!([{"type": "Available", "status": "True"}]);
    assert_eq!(waits(&deployment(&all)), "the new ReplicaSet is not available");
    all["conditions"] =
        json!([{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]);
    assert_eq!(waits(&deployment(&all)), "the Deployment is not available");
    all["conditions"] =
        json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
    assert!(matches!(deployment(&all), Readiness::Failed(_)));
}

#[test]
fn an_old_generation_a_deletion_and_the_standard_conditions_come_first() {
    let all = json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3, "observedGeneration": 1});
    let old = check("apps/v1", "Deployment", json!({"metadata": {"generation": 2}, "status": all}));
    assert_eq!(waits(&old), "generation 2 is not yet observed, only 1");
    let gone = check("v1", "Secret", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}));
    assert_eq!(gone, Readiness::Terminating);
    let condition = |kind: &str, status: &str| {
        let conditions = json!([{"type": kind, "status": status, "reason": "R", "message": "m"}]);
        check("example.org/v1", "Egg", json!({"status": {"conditions": conditions}}))
    };
    assert_eq!(waits(&condition("Reconciling", "True")), "R: m");
    assert_eq!(condition("Stalled", "True"), Readiness::Failed("R: m".into()));
    assert_eq!(waits(&condition("Ready", "Unknown")), "R: m");
    assert_eq!(condition("Ready", "True"), Readiness::Ready);
    assert_eq!(check("example.org/v1", "Egg", json!({})), Readiness::Ready);
}

#[test]
fn a_stateful_set_honours_partition_and_strategy() {
    let set =
        |spec: Json, status: Json| check("apps/v1", "StatefulSet", json!({"spec": spec, "status": status}));
    assert_eq!(set(json!({"updateStrategy": {"type": "OnDelete"}}), json!({})), Readiness::Ready);
    let partition = json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}});
    let status = |updated: i64| json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": updated});
    assert_eq!(waits(&set(partition.clone(), status(1))), "1 of 2 replicas updated");
    assert_eq!(set(partition, status(2)), Readiness::Ready);
    let revision = json!({"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "b"});
    assert_eq!(waits(&set(json!({}), revision)), "the updated revision is not the current one");
}

#[test]
fn a_daemon_set_must_have_been_seen() {
    let set = |status: Json| {
        check("apps/v1", "DaemonSet", json!({"metadata": {"generation": 1}, "status": status}))
    };
    assert_eq!(waits(&set(json!({}))), "its controller has not seen it");
    assert_eq!(waits(&set(json!({"observedGeneration": 1}))), "the number of nodes is not known");
    let mut status = json!({"observedGeneration": 1, "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1});
    assert_eq!(waits(&set(status.clone())), "1 of 2 replicas available");
    status["numberAvailable"] = json!(2);
    status["numberReady"] = json!(2);
    assert_eq!(set(status), Readiness::Ready);
}

#[test]
fn a_pod_fails_when_it_crashes_again_and_again_or_finds_no_node() {
    let pod = |status: Json| {
        check(
            "v1",
            "Pod",
            json!({"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}, "status": status}),
        )
    };
    assert_eq!(pod(json!({"phase": "Succeeded"})), Readiness::Ready);
    let ready = json!([{"type": "Ready", "status": "True"}]);
    assert_eq!(pod(json!({"phase": "Running", "conditions": ready})), Readiness::Ready);
    let crash = json!([{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]);
    assert_eq!(
        pod(json!({"phase": "Running", "containerStatuses": crash})),
        Readiness::Failed("containers crash again and again: c".into())
    );
    let nowhere = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]);
    assert_eq!(
        pod(json!({"phase": "Pending", "conditions": nowhere})),
        Readiness::Failed("Unschedulable: 0/1 nodes".into())
    );
    assert_eq!(waits(&pod(json!({}))), "no node has seen the pod");
}

#[test]
fn a_job_that_started_is_ready_but_not_complete() {
    let job = |status: Json| {
        let json =
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "status": status});
        let manifest = Manifest::new(json).unwrap();
        (manifest.readiness(jiff::Timestamp::UNIX_EPOCH), manifest.completion())
    };
    assert_eq!(waits(&job(json!({})).0), "the Job has not started");
    let (ready, complete) = job(json!({"startTime": "2026-01-01T00:00:00Z", "active": 1}));
    assert_eq!((ready, waits(&complete)), (Readiness::Ready, "0 of 1 completions"));
    let done = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    assert_eq!(job(done), (Readiness::Ready, Readiness::Ready));
    let failed =
        json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]});
    assert_eq!(job(failed).0, Readiness::Failed("BackoffLimitExceeded".into()));
}

#[test]
fn a_definition_is_established_or_its_names_are_taken() {
    let definition = |conditions: Json| {
        check(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            json!({"status": {"conditions": conditions}}),
        )
    };
    assert_eq!(waits(&definition(json!([]))), "the definition is being installed");
    let installing = json!([{"type": "Established", "status": "False", "reason": "Installing"}]);
    assert_eq!(waits(&definition(installing)), "the definition is being installed");
    let taken = json!([{"type": "NamesAccepted", "status": "False", "reason": "ListKindConflict"}]);
    assert_eq!(definition(taken), Readiness::Failed("ListKindConflict".into()));
    let established =
        json!([{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": "True"}]);
    assert_eq!(definition(established), Readiness::Ready);
}

#[test]
fn claims_services_and_replica_sets() {
    assert_eq!(
        waits(&check("v1", "PersistentVolumeClaim", json!({"status": {"phase": "Pending"}}))),
        "the claim is not bound but Pending"
    );
    assert_eq!(check("v1", "PersistentVolumeClaim", json!({"status": {"phase": "Bound"}})), Readiness::Ready);
    assert!(matches!(
        check("v1", "Service", json!({"spec": {"type": "LoadBalancer"}})),
        Readiness::Waiting(_)
    ));
    assert_eq!(check("v1", "Service", json!({"spec": {}})), Readiness::Ready);
    let set = json!({"spec": {"replicas": 1}, "status": {"replicas": 1, "fullyLabeledReplicas": 1, "availableReplicas": 0}});
    assert_eq!(waits(&check("apps/v1", "ReplicaSet", set)), "0 of 1 replicas available");
}
