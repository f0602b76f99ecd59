//! The downward API: a pod's own fields as text.

use std::net::Ipv4Addr;

use serde_json::Value as Json;

use crate::rehearsal::cache::{name, namespace, uid};

use super::register::{ADDRESS, NAME};

/// Returns the value of a `fieldRef` path; nothing when there is no such field.
pub(super) fn field(pod: &Json, path: &str, address: Ipv4Addr) -> Option<String> {
    let metadata = &pod["metadata"];
    if let Some((map, key)) = path.strip_suffix("']").and_then(|path| path.split_once("['")) {
        let map = map.strip_prefix("metadata.").filter(|map| ["labels", "annotations"].contains(map))?;
        return Some(metadata[map][key].as_str().unwrap_or_default().to_owned());
    }
    Some(match path {
        "metadata.name" => name(pod).to_owned(),
        "metadata.namespace" => namespace(pod).to_owned(),
        "metadata.uid" => uid(pod).to_owned(),
        "metadata.labels" => lines(&metadata["labels"]),
        "metadata.annotations" => lines(&metadata["annotations"]),
        "spec.nodeName" => NAME.to_owned(),
        "spec.serviceAccountName" => account(pod).to_owned(),
        "status.podIP" | "status.podIPs" => address.to_string(),
        "status.hostIP" | "status.hostIPs" => ADDRESS.to_owned(),
        _ => return None,
    })
}

/// Returns the value of a `resourceFieldRef` with the divisor 1; without a limit it is the node's.
pub(super) fn resource(container: &Json, resource: &str) -> Option<String> {
    let (kind, name) = resource.split_once('.')?;
    let amount = container["resources"][kind][name].as_str();
    let node = if name.ends_with("cpu") { "16" } else { "68719476736" };
    Some(amount.unwrap_or(node).to_owned())
}

/// Returns the pod's service account.
pub(super) fn account(pod: &Json) -> &str {
    pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty()).unwrap_or("default")
}

fn lines(map: &Json) -> String {
    let lines = map.as_object().into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
    lines.collect::<Vec<_>>().join("\n")
}
