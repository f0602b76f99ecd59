//! What kubectl applied before it let the server do it, as an annotation tells.

use serde_json::Value as Json;

use super::{compare::Comparison, fields::fields_of};
use crate::kubernetes::FieldSet;
use crate::rehearsal::schema::Schema;

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns the fields that kubectl applied and that nobody changed since.
pub(super) fn owned(live: &Json, schema: &Schema) -> Option<FieldSet> {
    let text = live["metadata"]["annotations"][ANNOTATION].as_str().filter(|text| !text.is_empty())?;
    let applied: Json = serde_json::from_str(text).ok()?;
    if applied["apiVersion"] != live["apiVersion"] {
        return None;
    }
    let changed = Comparison::of(&applied, live, schema.root());
    let fields = fields_of(&applied, schema.root());
    Some(fields.difference(&changed.written()).difference(&changed.removed))
}

/// Writes what was applied now into the annotation, where there is one.
pub(super) fn renew(object: &mut Json, wanted: &Json) {
    let Some(annotations) = object["metadata"].get_mut("annotations").and_then(Json::as_object_mut) else {
        return;
    };
    if let Some(text) = annotations.get_mut(ANNOTATION).filter(|text| *text != "") {
        let mut wanted = wanted.clone();
        if let Some(annotations) = wanted["metadata"].get_mut("annotations").and_then(Json::as_object_mut) {
            annotations.remove(ANNOTATION);
        }
        *text = format!("{wanted}\n").into();
    }
}
