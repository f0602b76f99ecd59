//! What the server knows of single kinds beyond their fields: what it completes, what it refuses, what keeps an
//! object from going away.

mod definitions;
mod metadata;
mod names;
mod namespaces;
mod pods;
mod secrets;
mod services;
mod workloads;

use jiff::Timestamp;
use serde_json::Value as Json;

pub(super) use metadata::check_update;

use super::{kind::Kind, server::State};
use crate::kubernetes::Cause;

/// Adds what the sender would own if it had said it.
pub(super) fn default(kind: &Kind, object: &mut Json) {
    match kind.qualified().as_str() {
        "namespaces" => namespaces::default(object),
        "secrets" => secrets::default(object),
        "services" => services::default(object),
        _ => {}
    }
}

/// Adds what nobody owns, because the server thought of it; `live` is what is there.
pub(super) fn complete(kind: &Kind, live: Option<&Json>, object: &mut Json, state: &State) {
    match kind.qualified().as_str() {
        "namespaces" => namespaces::complete(live, object),
        "pods" => pods::complete(live, object),
        "daemonsets.apps" => pods::complete_daemon_set(live, object),
        "services" => services::complete(kind, live, object, state),
        "jobs.batch" => pods::complete_job(live, object),
        // An empty list is kept as none.
        "roles.rbac.authorization.k8s.io" | "clusterroles.rbac.authorization.k8s.io"
            if object["rules"].as_array().is_some_and(Vec::is_empty) =>
        {
            object["rules"] = Json::Null;
        }
        "customresourcedefinitions.apiextensions.k8s.io" => definitions::complete(live, object),
        _ => {}
    }
}

/// Returns what is wrong with an object beyond its fields' types.
pub(super) fn check(kind: &Kind, live: Option<&Json>, object: &Json) -> Vec<Cause> {
    let mut causes: Vec<Cause> = names::check(kind, object).into_iter().collect();
    causes.extend(metadata::check(object));
    causes.extend(match kind.qualified().as_str() {
        "secrets" => secrets::check(live, object),
        "configmaps" => secrets::check_config_map(live, object),
        "services" => workloads::check_service(object),
        "events" => workloads::check_event(object).into_iter().collect(),
        "jobs.batch" => workloads::check_job(live, object),
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" => {
            workloads::check(live, object)
        }
        "customresourcedefinitions.apiextensions.k8s.io" => definitions::check(object),
        _ => Vec::new(),
    });
    causes
}

/// Returns what the server warns of when an object is written.
pub(super) fn warnings(kind: &Kind, object: &Json) -> Vec<String> {
    match kind.qualified().as_str() {
        "secrets" => secrets::warnings(object),
        other => workloads::warnings(other, object),
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

/// Says whether a deletion is answered with the object as it was last.
pub(super) fn shows_deleted(kind: &Kind) -> bool {
    let kinds =
        ["persistentvolumeclaims", "persistentvolumes", "podtemplates", "resourcequotas", "serviceaccounts"];
    kinds.contains(&kind.qualified().as_str())
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

pub(super) fn unsupported(field: &str, value: &Json, supported: &[&str]) -> Cause {
    let message = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
    Cause { reason: "FieldValueNotSupported".into(), message, field: field.to_owned() }
}

pub(super) fn forbidden(field: &str, why: &str) -> Cause {
    Cause {
        reason: "FieldValueForbidden".into(),
        message: format!("Forbidden: {why}"),
        field: field.to_owned(),
    }
}
