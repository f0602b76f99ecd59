//! Definitions of custom resources: what their names must be, and what they say while they go away.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{invalid, required};
use crate::kubernetes::Cause;
use crate::rehearsal::api::{
    definition::{CLEANUP, set_condition},
    metadata,
};
use crate::rehearsal::schema::Schema;

pub(super) fn complete(live: Option<&Json>, object: &mut Json) {
    let kind = object["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
    let names = &mut object["spec"]["names"];
    if names["singular"].as_str().is_none_or(str::is_empty) {
        names["singular"] = kind.to_lowercase().into();
    }
    if names["listKind"].as_str().is_none_or(str::is_empty) {
        names["listKind"] = format!("{kind}List").into();
    }
    if object["spec"]["conversion"].is_null() {
        object["spec"]["conversion"] = json!({"strategy": "None"});
    }
    let stored =
        object["spec"]["versions"].as_array().into_iter().flatten().find(|one| one["storage"] == true);
    let stored = stored.map(|version| version["name"].clone()).unwrap_or_default();
    match live {
        None => {
            object["status"] = json!({"conditions": [], "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": [stored]});
        }
        Some(_) => {
            if let Some(versions) = object["status"]["storedVersions"].as_array_mut()
                && !versions.contains(&stored)
            {
                versions.push(stored);
            }
        }
    }
}

pub(super) fn check(object: &Json) -> Vec<Cause> {
    let spec = &object["spec"];
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (plural, group) = (text(&spec["names"]["plural"]), text(&spec["group"]));
    let mut causes = Vec::new();
    for (field, value) in [
        ("spec.group", &spec["group"]),
        ("spec.names.plural", &spec["names"]["plural"]),
        ("spec.names.kind", &spec["names"]["kind"]),
        ("spec.scope", &spec["scope"]),
    ] {
        if text(value).is_empty() {
            causes.push(required(field, ""));
        }
    }
    let wanted = format!("{plural}.{group}");
    if metadata::name(object) != wanted {
        causes.push(invalid(
            "metadata.name",
            &object["metadata"]["name"],
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let why = "must have exactly one version marked as storage version";
        causes.push(invalid("spec.versions", &spec["versions"], why));
    }
    for (index, version) in versions.iter().enumerate() {
        let schema = &version["schema"]["openAPIV3Schema"];
        let field = format!("spec.versions[{index}].schema.openAPIV3Schema");
        if schema.is_null() {
            causes.push(required(&field, "schemas are required"));
        } else if let Err(found) = Schema::of_definition(schema) {
            causes.extend(found);
        }
    }
    causes
}

pub(super) fn end(object: &mut Json, now: Timestamp) {
    let mut finalizers: Vec<String> = metadata::finalizers(object).map(str::to_owned).collect();
    if !finalizers.iter().any(|one| one == CLEANUP) {
        finalizers.push(CLEANUP.to_owned());
        metadata::set_finalizers(object, &finalizers);
    }
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    set_condition(object, "Terminating", "True", "InstanceDeletionPending", message, &now.to_string());
}
