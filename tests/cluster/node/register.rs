//! The Node object.

use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Node;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use super::{NAME, log_server};

/// Makes the node, or brings it up to date after a snapshot.
pub(crate) async fn register(client: &Client, address: Ipv4Addr) {
    let nodes: Api<Node> = Api::all(client.clone());
    let labels =
        json!({ "kubernetes.io/hostname": NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" });
    let object =
        json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": NAME, "labels": labels } });
    let parameters = PatchParams::apply("kubelet").force();
    nodes.patch(NAME, &parameters, &Patch::Apply(&object)).await.unwrap();
    // Admission taints every new node until the lifecycle controller, which is off, finds it ready.
    let untainted = Patch::Merge(json!({ "spec": { "taints": null } }));
    nodes.patch(NAME, &PatchParams::default(), &untainted).await.unwrap();
    nodes.patch_status(NAME, &PatchParams::default(), &Patch::Merge(status(address))).await.unwrap();
}

fn status(address: Ipv4Addr) -> serde_json::Value {
    let now = jiff::Timestamp::now().to_string();
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({ "type": kind, "status": status, "reason": reason, "message": "",
            "lastHeartbeatTime": now, "lastTransitionTime": now })
    };
    let capacity = json!({ "cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "100Gi" });
    json!({ "status": {
        "capacity": capacity, "allocatable": capacity,
        "addresses": [
            { "type": "InternalIP", "address": address.to_string() },
            { "type": "Hostname", "address": NAME },
        ],
        "daemonEndpoints": { "kubeletEndpoint": { "Port": log_server::PORT } },
        "nodeInfo": {
            "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "test", "osImage": "test",
            "containerRuntimeVersion": "processes://1", "kubeletVersion": "v1.35.4", "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": "amd64",
        },
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
            condition("Ready", "True", "KubeletReady"),
        ],
    }})
}
