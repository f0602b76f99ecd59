//! The scheduler: there is one node, and a pod either fits or waits.

use std::{sync::Arc, time::Duration};

use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, Regarding, Severity, Writer, name, namespace, uid};

use super::Kubelet;
use super::register::{NAME, fits};

/// How often a bind that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Binds a pod, or says why it can't be.
pub(super) async fn schedule(node: Kubelet, pod: Arc<Json>) {
    tokio::time::sleep(node.timing.schedule).await;
    let about = Regarding { kind: Kind::Pod, object: &pod };
    if !fits(&pod["spec"]) {
        let message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
        node.recorder.tell(about, Severity::Warning, "FailedScheduling", message).await;
        let now = node.clock.now().to_string();
        let condition = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": message, "lastProbeTime": null, "lastTransitionTime": now });
        let status = json!({ "phase": "Pending", "conditions": [condition] });
        if let Err(error) = node.cache.patch_status(Kind::Pod, &pod, &status, Writer::Scheduler).await {
            tracing::debug!(%error, "say that a pod can't be scheduled");
        }
        return;
    }
    while let Err(error) = node.cache.bind(&pod, NAME).await {
        tracing::debug!(%error, "bind a pod again");
        tokio::time::sleep(PAUSE).await;
        let there = node.cache.get(Kind::Pod, namespace(&pod), name(&pod));
        if there.is_none_or(|there| uid(&there) != uid(&pod)) {
            return;
        }
    }
    let message = format!("Successfully assigned {}/{} to {NAME}", namespace(&pod), name(&pod));
    node.recorder.tell(about, Severity::Normal, "Scheduled", &message).await;
}
