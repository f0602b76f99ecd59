//! Pods as their controllers see and make them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating, name, namespace, number, uid};

use super::conditions::{find, holds, time};

pub(super) fn phase(pod: &Json) -> &str {
    pod["status"]["phase"].as_str().unwrap_or("Pending")
}

/// Returns whether the pod counts for its controller: it has neither ended nor is it to end.
pub(super) fn is_active(pod: &Json) -> bool {
    !is_terminating(pod) && !matches!(phase(pod), "Succeeded" | "Failed")
}

pub(super) fn is_ready(pod: &Json) -> bool {
    holds(&pod["status"], "Ready")
}

/// Returns when the pod has been ready for as long as `minReadySeconds` asks; nothing while it is not ready.
pub(super) fn available_at(pod: &Json, min_ready_seconds: i64) -> Option<Timestamp> {
    let ready = find(&pod["status"], "Ready").filter(|ready| ready["status"] == "True")?;
    let since = time(&ready["lastTransitionTime"])?;
    Some(since + SignedDuration::from_secs(min_ready_seconds))
}

/// How many of a workload's pods are there, ready, and ready for long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) all: i64,
    pub(super) ready: i64,
    pub(super) available: i64,
    /// When the next one becomes available.
    pub(super) next: Option<Timestamp>,
}

pub(super) fn count<'a>(
    pods: impl IntoIterator<Item = &'a Arc<Json>>,
    min_ready_seconds: i64,
    now: Timestamp,
) -> Count {
    let mut count = Count::default();
    for pod in pods {
        count.all += 1;
        if let Some(at) = available_at(pod, min_ready_seconds) {
            count.ready += 1;
            if at <= now {
                count.available += 1;
            } else {
                count.next = Some(count.next.map_or(at, |next| next.min(at)));
            }
        }
    }
    count
}

/// Returns a pod of a template, controlled by `owner`; its name is still to be given.
pub(super) fn from_template(kind: Kind, owner: &Json, template: &Json) -> Json {
    let mut metadata = json!({
        "namespace": namespace(owner),
        "ownerReferences": [owner_reference(kind, owner)],
    });
    for key in ["labels", "annotations", "finalizers"] {
        if !template["metadata"][key].is_null() {
            metadata[key] = template["metadata"][key].clone();
        }
    }
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] })
}

pub(super) fn owner_reference(kind: Kind, owner: &Json) -> Json {
    json!({
        "apiVersion": kind.api_version(), "kind": kind.name(), "name": name(owner), "uid": uid(owner),
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// The order in which surplus pods go: those that do least first, of equals the youngest.
pub(super) fn sort_for_removal(pods: &mut [Arc<Json>]) {
    pods.sort_by_cached_key(|pod| {
        let bound = pod["spec"]["nodeName"].is_string();
        let running = phase(pod) == "Running";
        let created = time(&pod["metadata"]["creationTimestamp"]).unwrap_or(Timestamp::UNIX_EPOCH);
        (bound, running, is_ready(pod), std::cmp::Reverse(created), name(pod).to_owned())
    });
}

/// The sum of the restarts of a pod's containers.
pub(super) fn restarts(pod: &Json) -> i64 {
    let statuses = ["initContainerStatuses", "containerStatuses"].map(|key| pod["status"][key].as_array());
    statuses.into_iter().flatten().flatten().map(|status| number(&status["restartCount"], 0)).sum()
}
