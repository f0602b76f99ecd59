//! The Node object.

use http::Request;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// The node's name.
pub(in crate::rehearsal) const NAME: &str = "rehearsal";

/// Its address.
pub(super) const ADDRESS: &str = "10.0.0.1";

const LABELS: [(&str, &str); 3] =
    [("kubernetes.io/hostname", NAME), ("kubernetes.io/os", "linux"), ("kubernetes.io/arch", "amd64")];

/// Returns whether pods of this spec may run on the node: whether it has the labels of their `nodeSelector`.
pub(in crate::rehearsal) fn fits(spec: &Json) -> bool {
    let mut wanted = spec["nodeSelector"].as_object().into_iter().flatten();
    wanted.all(|(key, value)| LABELS.iter().any(|(label, has)| label == key && value == has))
}

/// Makes the node, unless it is there.
pub(super) async fn register(client: &kube::Client, now: Timestamp) -> Result<(), kube::Error> {
    let version = client.apiserver_version().await?.git_version;
    let labels: Json = LABELS.iter().map(|(key, value)| ((*key).to_owned(), Json::from(*value))).collect();
    let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": NAME, "labels": labels }, "spec": {} });
    let made = send(client, http::Method::POST, "/api/v1/nodes", "application/json", &node).await;
    match made {
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        made => made?,
    }
    let path = format!("/api/v1/nodes/{NAME}/status");
    let status = json!({ "status": status(&version, now) });
    send(client, http::Method::PATCH, &path, "application/merge-patch+json", &status).await
}

async fn send(
    client: &kube::Client,
    method: http::Method,
    path: &str,
    content: &str,
    body: &Json,
) -> Result<(), kube::Error> {
    let path = format!("{path}?fieldManager=kubelet");
    let request = Request::builder().method(method).uri(path).header(http::header::CONTENT_TYPE, content);
    let request = request.body(body.to_string().into_bytes()).map_err(kube::Error::HttpError)?;
    client.request::<Json>(request).await.map(drop)
}

fn status(version: &str, now: Timestamp) -> Json {
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({ "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now })
    };
    let capacity = json!({ "cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "100Gi" });
    json!({
        "capacity": capacity, "allocatable": capacity,
        "addresses": [{ "type": "InternalIP", "address": ADDRESS }, { "type": "Hostname", "address": NAME }],
        "nodeInfo": {
            "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "rehearsal", "osImage": "rehearsal",
            "containerRuntimeVersion": "rehearsal://1", "kubeletVersion": version, "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": "amd64",
        },
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
    })
}
