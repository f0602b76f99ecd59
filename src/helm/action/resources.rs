//! The objects of a release that are there, with the pods that their selectors find, for `status`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::ActionError;
use crate::helm::record::Record;
use crate::helm::release::objects_of;
use crate::kubernetes::{ApiResource, Client, Manifest, Selection, Table};
use crate::resource::{GroupKind, ObjectName};

/// Returns the objects by version and kind, as helm has them: `v1/ConfigMap`, `v1/Pod(related)`.
pub async fn objects(client: &Client, record: &Record) -> Result<Map<String, Json>, ActionError> {
    let mut found: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    let manifests = objects_of(client, record).await?;
    for manifest in &manifests {
        let resource = client.resource_of(manifest).await?;
        let Some(live) = client.get(&resource, &manifest.object_name()).await? else { continue };
        found.entry(word(manifest)).or_default().push(live.json().clone());
    }
    let pods = client.resource(&GroupKind::new("", "Pod"), Some("v1")).await?;
    for (namespace, labels) in selectors(&manifests) {
        let selection =
            Selection { namespace: Some(&namespace), labels: Some(&labels), ..Selection::default() };
        let list = client.list(&pods, selection).await?;
        let items: Vec<Json> = list.iter().map(|pod| pod.json().clone()).collect();
        let list = serde_json::json!({"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": items});
        found.entry("v1/Pod(related)".into()).or_default().push(list);
    }
    Ok(found.into_iter().map(|(kind, objects)| (kind, Json::Array(objects))).collect())
}

/// Returns the objects by version and kind, as the server tabulates them.
pub async fn tables(client: &Client, record: &Record) -> Result<BTreeMap<String, Table>, ActionError> {
    let mut found: BTreeMap<String, Table> = BTreeMap::new();
    let manifests = objects_of(client, record).await?;
    for manifest in &manifests {
        let resource = client.resource_of(manifest).await?;
        if let Some(table) = client.table(&resource, &manifest.object_name()).await? {
            found.entry(word(manifest)).or_default().extend(table);
        }
    }
    let pods: ApiResource = client.resource(&GroupKind::new("", "Pod"), Some("v1")).await?;
    for (namespace, labels) in selectors(&manifests) {
        let table = client.table_of(&pods, &namespace, &labels).await?;
        if !table.is_empty() {
            found.entry("v1/Pod(related)".into()).or_default().extend(table);
        }
    }
    Ok(found)
}

fn word(manifest: &Manifest) -> String {
    format!("{}/{}", manifest.version(), manifest.kind())
}

/// Returns the namespaces and label selectors of what makes or finds pods.
fn selectors(manifests: &[Manifest]) -> BTreeSet<(String, String)> {
    let selector = |manifest: &Manifest| {
        let ObjectName { namespace, .. } = manifest.object_name();
        let path: &[&str] = match manifest.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => &["spec", "selector", "matchLabels"],
            "ReplicationController" | "Service" => &["spec", "selector"],
            _ => return None,
        };
        let labels = manifest.get(path)?.as_object()?;
        let labels: Vec<String> =
            labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
        (!labels.is_empty()).then(|| Some((namespace?, labels.join(","))))?
    };
    manifests.iter().filter_map(selector).collect()
}
