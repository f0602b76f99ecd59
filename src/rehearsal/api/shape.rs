//! The shapes in which one stored object is shown: in the version that was asked for, in a list, as metadata.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Value as Json, json};

use super::kind::Kind;

/// Returns the object in the kind's version.
pub(super) fn versioned<'a>(kind: &Kind, object: &'a Arc<Json>) -> Cow<'a, Json> {
    let version = kind.api_version();
    if object["apiVersion"] == version.as_str() {
        return Cow::Borrowed(object);
    }
    let mut shown = Json::clone(object);
    if kind.kind == "Event" {
        rename_event(&mut shown, true);
    }
    shown["apiVersion"] = version.into();
    Cow::Owned(shown)
}

/// Turns what a client sent into the version that is kept.
pub(super) fn stored(kind: &Kind, object: &mut Json) {
    if kind.kind == "Event" && kind.group != kind.resource.group {
        rename_event(object, false);
        object["apiVersion"] = "v1".into();
    }
}

/// The names of an event's fields in the core group and in its own.
const EVENT: [(&str, &str); 6] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];
const REPORTER: [(&str, &str); 2] =
    [("reportingComponent", "reportingController"), ("reportingInstance", "reportingInstance")];

fn rename_event(event: &mut Json, to_new: bool) {
    let Some(fields) = event.as_object_mut() else { return };
    for (old, new) in EVENT.into_iter().chain(REPORTER) {
        let (from, to) = if to_new { (old, new) } else { (new, old) };
        // The one always writes who reports, the other only when it is known.
        if let Some(value) = fields.remove(from).filter(|value| !to_new || *value != "") {
            fields.insert(to.to_owned(), value);
        }
    }
}

/// Returns the object as lists have it. Items of builtin kinds do not say what they are.
pub(super) fn list_item(kind: &Kind, object: &Arc<Json>) -> Json {
    let mut item = versioned(kind, object).into_owned();
    if kind.custom.is_none()
        && let Some(fields) = item.as_object_mut()
    {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    item
}

/// Returns a `PartialObjectMetadata`.
pub(super) fn metadata(object: &Json) -> Json {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}
