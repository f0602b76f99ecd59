//! Namespaces: a label with their name, and a finalizer for their content.

use serde_json::{Value as Json, json};

pub(super) fn default(object: &mut Json) {
    let name = object["metadata"]["name"].clone();
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = json!({});
    }
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
}

pub(super) fn complete(live: Option<&Json>, object: &mut Json) {
    match live {
        None => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
        }
        // Only `finalize` changes them, and it brings them along.
        Some(live) if object["spec"].get("finalizers").is_none() => object["spec"] = live["spec"].clone(),
        Some(_) => {}
    }
}

pub(super) fn holds(object: &Json) -> bool {
    object["spec"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty())
}
