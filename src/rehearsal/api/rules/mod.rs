//! What the server knows of single kinds beyond their fields: what it completes, what it refuses, what keeps an
//! object from going away.

mod definitions;
mod namespaces;
mod secrets;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{kind::Kind, server::State};
use crate::kubernetes::Cause;

/// Completes an object before it is checked; `live` is what is there.
pub(super) fn complete(kind: &Kind, live: Option<&Json>, object: &mut Json, state: &mut State) {
    let _ = &state;
    match kind.qualified().as_str() {
        "namespaces" => namespaces::complete(live, object),
        "secrets" => secrets::complete(object),
        "customresourcedefinitions.apiextensions.k8s.io" => definitions::complete(live, object),
        _ => {}
    }
}

/// Returns what is wrong with an object beyond its fields' types.
pub(super) fn check(kind: &Kind, live: Option<&Json>, object: &Json) -> Vec<Cause> {
    match kind.qualified().as_str() {
        "secrets" => secrets::check(live, object),
        "configmaps" => secrets::check_immutable(live, object),
        "customresourcedefinitions.apiextensions.k8s.io" => definitions::check(object),
        _ => Vec::new(),
    }
}

/// Marks what else changes when an object begins to end.
pub(super) fn end(kind: &Kind, object: &mut Json, now: Timestamp) {
    match kind.qualified().as_str() {
        "namespaces" => object["status"]["phase"] = "Terminating".into(),
        "customresourcedefinitions.apiextensions.k8s.io" => definitions::end(object, now),
        _ => {}
    }
}

/// Says whether something other than finalizers keeps an object.
pub(super) fn holds(kind: &Kind, object: &Json) -> bool {
    kind.qualified() == "namespaces" && namespaces::holds(object)
}

pub(super) fn required(field: &str, message: &str) -> Cause {
    let text =
        if message.is_empty() { "Required value".to_owned() } else { format!("Required value: {message}") };
    Cause { reason: "FieldValueRequired".into(), message: text, field: field.to_owned() }
}

pub(super) fn invalid(field: &str, value: &Json, why: &str) -> Cause {
    let shown = match value {
        Json::String(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    Cause {
        reason: "FieldValueInvalid".into(),
        message: format!("Invalid value: {shown}: {why}"),
        field: field.to_owned(),
    }
}

pub(super) fn forbidden(field: &str, why: &str) -> Cause {
    Cause {
        reason: "FieldValueForbidden".into(),
        message: format!("Forbidden: {why}"),
        field: field.to_owned(),
    }
}
