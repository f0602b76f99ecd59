//! Objects as rows of a table, as `kubectl get` asks for them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{kind::Kind, metadata, shape};

/// Returns the objects as a table.
pub(super) fn of(kind: &Kind, objects: &[Arc<Json>], list: Json, headed: bool, now: Timestamp) -> Json {
    let _ = kind;
    let columns = json!([
        {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
        {"name": "Age", "type": "string", "format": "", "description": "", "priority": 0},
    ]);
    let rows: Vec<Json> = objects
        .iter()
        .map(|object| {
            json!({"cells": [metadata::name(object), age(&object["metadata"]["creationTimestamp"], now)],
                "object": shape::metadata(object)})
        })
        .collect();
    let columns = if headed { columns } else { json!([]) };
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list, "columnDefinitions": columns, "rows": rows})
}

fn age(created: &Json, now: Timestamp) -> String {
    let created: Option<Timestamp> = created.as_str().and_then(|text| text.parse().ok());
    created
        .map_or_else(|| "<unknown>".into(), |created| format!("{}s", now.duration_since(created).as_secs()))
}
