//! What a Deployment does with its ReplicaSets.

use super::*;
use crate::rehearsal::workloads::decision::Write;
use crate::rehearsal::workloads::testing::{now, status, template};

fn deployment(app: &str, status: Json) -> Arc<Json> {
    Arc::new(json!({
        "metadata": { "name": "web", "namespace": "ns", "uid": "uid-web", "generation": 2,
            "annotations": { REVISION: "1", "note": "kept" } },
        "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "web" } }, "template": template(app) },
        "status": status,
    }))
}

fn set(app: &str, revision: &str, replicas: i64, available: i64) -> Arc<Json> {
    let mut template = template(app);
    template["metadata"]["labels"][HASH] = format!("hash{app}").into();
    Arc::new(json!({
        "metadata": { "name": format!("web-{app}"), "namespace": "ns", "annotations": { REVISION: revision } },
        "spec": { "replicas": replicas, "template": template },
        "status": { "replicas": replicas, "readyReplicas": available, "availableReplicas": available },
    }))
}

fn created(decision: &Decision) -> Option<&Json> {
    decision.writes.iter().find_map(|write| match write {
        Write::Create { object, .. } => Some(object),
        _ => None,
    })
}

fn scaled(decision: &Decision) -> Vec<(&str, i64)> {
    let patches = decision.writes.iter().filter_map(|write| match write {
        Write::Patch { kind: Kind::ReplicaSet, object, patch } => {
            Some((name(object), patch["spec"]["replicas"].as_i64()?))
        }
        _ => None,
    });
    patches.collect()
}

fn condition<'a>(decision: &'a Decision, kind: &str) -> (&'a str, &'a str) {
    let condition = find(status(decision), kind).unwrap();
    (condition["status"].as_str().unwrap(), condition["reason"].as_str().unwrap())
}

#[test]
fn a_new_template_gets_a_replica_set_with_its_hash() {
    let deployment = deployment("web", json!({}));
    let decision = decide(&deployment, &[], |_| false, now());
    let made = created(&decision).unwrap();
    let hash = made["metadata"]["labels"][HASH].as_str().unwrap();
    assert_eq!(made["metadata"]["name"], format!("web-{hash}"));
    assert_eq!(made["spec"]["selector"]["matchLabels"][HASH], hash);
    assert_eq!(made["spec"]["template"]["metadata"]["labels"][HASH], hash);
    assert_eq!(made["metadata"]["annotations"][REVISION], "1");
    assert_eq!(made["metadata"]["annotations"]["note"], "kept");
    assert_eq!(condition(&decision, "Progressing"), ("True", "NewReplicaSetCreated"));
    assert_eq!(condition(&decision, "Available"), ("False", "MinimumReplicasUnavailable"));
    assert_eq!(status(&decision)["observedGeneration"], 2);
}

#[test]
fn the_old_replica_set_keeps_its_pods_until_the_new_one_serves() {
    let deployment = deployment("b", json!({}));
    let old = set("a", "1", 1, 1);
    let waiting = decide(&deployment, &[old.clone(), set("b", "2", 1, 0)], |_| true, now());
    assert_eq!(scaled(&waiting), []);
    let serving = decide(&deployment, &[old, set("b", "2", 1, 1)], |_| true, now());
    assert_eq!(scaled(&serving), [("web-a", 0)]);
}

#[test]
fn a_finished_rollout_is_available_and_says_so() {
    let decision = decide(&deployment("a", json!({})), &[set("a", "1", 1, 1)], |_| true, now());
    assert_eq!(condition(&decision, "Progressing"), ("True", "NewReplicaSetAvailable"));
    assert_eq!(condition(&decision, "Available"), ("True", "MinimumReplicasAvailable"));
    assert_eq!(status(&decision)["unavailableReplicas"], Json::Null);
    assert_eq!(status(&decision)["availableReplicas"], 1);
}

#[test]
fn a_template_that_comes_back_is_a_new_revision() {
    let sets = [set("a", "1", 0, 0), set("b", "2", 1, 1)];
    let decision = decide(&deployment("a", json!({})), &sets, |_| true, now());
    let patched = decision.writes.iter().any(|write| {
        matches!(write, Write::Patch { kind: Kind::ReplicaSet, patch, .. }
        if patch["metadata"]["annotations"][REVISION] == "3")
    });
    assert!(patched, "{decision:?}");
}

#[test]
fn a_rollout_without_progress_fails_after_its_deadline() {
    let progressing = |since: &str| {
        json!({ "replicas": 1, "updatedReplicas": 1, "conditions": [{ "type": "Progressing", "status": "True",
            "reason": "ReplicaSetUpdated", "message": "", "lastUpdateTime": since, "lastTransitionTime": since }] })
    };
    let sets = [set("a", "1", 1, 0)];
    let early = decide(&deployment("a", progressing("2026-01-01T00:05:00Z")), &sets, |_| true, now());
    assert_eq!(condition(&early, "Progressing"), ("True", "ReplicaSetUpdated"));
    assert_eq!(early.again.unwrap().to_string(), "2026-01-01T00:15:01Z");
    let late = decide(&deployment("a", progressing("2025-12-31T23:59:59Z")), &sets, |_| true, now());
    assert_eq!(condition(&late, "Progressing"), ("False", "ProgressDeadlineExceeded"));
}

#[test]
fn recreating_waits_until_the_last_old_pod_is_gone() {
    let mut recreate = Json::clone(&deployment("b", json!({})));
    recreate["spec"]["strategy"] = json!({ "type": "Recreate" });
    let recreate = Arc::new(recreate);
    let stopping = decide(&recreate, &[set("a", "1", 1, 1)], |_| true, now());
    assert_eq!((scaled(&stopping), created(&stopping)), (vec![("web-a", 0)], None));
    let ending = decide(&recreate, &[set("a", "1", 0, 0)], |_| true, now());
    assert_eq!((scaled(&ending), created(&ending)), (vec![], None));
    let gone = decide(&recreate, &[set("a", "1", 0, 0)], |_| false, now());
    assert!(created(&gone).is_some());
}
