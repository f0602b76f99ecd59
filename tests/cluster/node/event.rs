//! Events as a kubelet writes them: the same event again only counts.

use std::collections::HashMap;
use std::sync::Mutex;

use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

use super::NAME;

/// Writes events about pods.
pub(crate) struct Recorder {
    client: Client,
    written: Mutex<HashMap<String, (String, u32)>>,
}

impl Recorder {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, written: Mutex::new(HashMap::new()) }
    }

    /// Tells of a trouble with a pod; that it cannot be told must not trouble the pod.
    pub(crate) async fn warn(&self, pod: &Pod, reason: &str, message: &str) {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let now = jiff::Timestamp::now();
        let pod_name = pod.metadata.name.clone().unwrap_or_default();
        let (name, count) = {
            let mut written = self.written.lock().unwrap();
            let fresh = || (format!("{pod_name}.{:x}", now.as_nanosecond()), 0);
            let entry = written.entry(format!("{uid}/{reason}/{message}")).or_insert_with(fresh);
            entry.1 += 1;
            entry.clone()
        };
        if count > 1 {
            let again = Patch::Merge(json!({ "count": count, "lastTimestamp": now.to_string() }));
            let _ = events.patch(&name, &PatchParams::default(), &again).await;
            return;
        }
        let event = json!({
            "metadata": { "name": name, "namespace": namespace },
            "involvedObject": { "apiVersion": "v1", "kind": "Pod", "name": pod_name, "namespace": namespace, "uid": uid },
            "type": "Warning", "reason": reason, "message": message, "count": 1,
            "firstTimestamp": now.to_string(), "lastTimestamp": now.to_string(),
            "source": { "component": "kubelet", "host": NAME },
        });
        let event = serde_json::from_value(event).expect("the shape of an event");
        let _ = events.create(&PostParams::default(), &event).await;
    }
}
