//! Objects for the controllers' tests.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::name;

use super::decision::{Decision, Write};

pub(super) fn now() -> Timestamp {
    "2026-01-01T00:10:00Z".parse().unwrap()
}

pub(super) fn template(app: &str) -> Json {
    json!({ "metadata": { "labels": { "app": app } }, "spec": { "containers": [{ "name": "main", "image": "pause" }] } })
}

pub(super) fn replica_set(name: &str, replicas: i64) -> Arc<Json> {
    Arc::new(json!({
        "metadata": { "name": name, "namespace": "ns", "uid": format!("uid-{name}"), "generation": 1 },
        "spec": { "replicas": replicas, "template": template(name) }, "status": {},
    }))
}

pub(super) fn pod(name: &str, ready: bool) -> Arc<Json> {
    let status = if ready { "True" } else { "False" };
    let since = "2026-01-01T00:00:00Z";
    Arc::new(json!({
        "metadata": { "name": name, "namespace": "ns", "uid": format!("uid-{name}"), "creationTimestamp": since },
        "spec": { "nodeName": "node" },
        "status": {
            "phase": "Running", "podIP": "10.244.0.1",
            "conditions": [{ "type": "Ready", "status": status, "lastTransitionTime": since }],
        },
    }))
}

/// The names of what a decision deletes.
pub(super) fn deleted(decision: &Decision) -> Vec<&str> {
    let deletes = decision.writes.iter().filter_map(|write| match write {
        Write::Delete { object, .. } => Some(name(object)),
        _ => None,
    });
    deletes.collect()
}

/// The status that a decision writes.
pub(super) fn status(decision: &Decision) -> &Json {
    let status = decision.writes.iter().find_map(|write| match write {
        Write::Status { status, .. } => Some(status),
        _ => None,
    });
    status.unwrap()
}
