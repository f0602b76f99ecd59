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
            object["status"] = json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": [stored]});
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
            causes.push(required(&field, ""));
        } else if let Err(found) = Schema::of_definition(schema) {
            causes.extend(found);
        } else {
            // The one schema that there is counts as that of the whole definition.
            let field = match versions {
                [_] => "spec.validation.openAPIV3Schema".to_owned(),
                _ => field,
            };
            untyped(schema, &field, "must not be empty at the root", &mut causes);
        }
    }
    causes
}

/// Collects the places of a schema that have no type, though they need one.
fn untyped(schema: &Json, path: &str, why: &str, found: &mut Vec<Cause>) {
    let any = ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"];
    if schema["type"].as_str().is_none_or(str::is_empty) && !any.iter().any(|word| schema[word] == true) {
        found.push(required(&format!("{path}.type"), why));
    }
    const FIELD: &str = "must not be empty for specified object fields";
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        untyped(below, &format!("{path}.properties[{name}]"), FIELD, found);
    }
    if schema["additionalProperties"].is_object() {
        untyped(&schema["additionalProperties"], &format!("{path}.additionalProperties"), FIELD, found);
    }
    if schema["items"].is_object() {
        let why = "must not be empty for specified array items";
        untyped(&schema["items"], &format!("{path}.items"), why, found);
    }
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
