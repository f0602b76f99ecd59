//! Definitions of custom resources: names accepted, established after a while, and taken away with their objects.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{
    chore::Chore,
    deletion::Deletion,
    kind::{Kind, Resource},
    metadata,
    server::{Server, State},
    storage::Key,
};
use crate::rehearsal::merge::{self, Operation, Writer};

/// Keeps a definition until its objects are gone.
pub(super) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

fn kind(state: &State) -> Option<Arc<Kind>> {
    state.registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions").cloned()
}

/// Moves a definition one step on; returns what comes later.
pub(super) fn tend(server: &Server, name: &str) -> Vec<Chore> {
    let now = server.now().to_string();
    let mut state = server.state();
    let Some(kind) = kind(&state) else { return Vec::new() };
    let key = Key::new("", name);
    let Some(live) = state.storage.get(&kind.resource, &key).cloned() else { return Vec::new() };
    if metadata::is_ending(&live) {
        drop(state);
        clean(server, &kind, &key, &live);
        return Vec::new();
    }
    let established = is_true(&live, "Established");
    let mut definition = Json::clone(&live);
    definition["status"]["acceptedNames"] = definition["spec"]["names"].clone();
    set_condition(&mut definition, "NamesAccepted", "True", "NoConflicts", "no conflicts found", &now);
    if !established {
        let message = "the initial names have been accepted";
        set_condition(&mut definition, "Established", "False", "Installing", message, &now);
    }
    note_writer(&live, &mut definition, &kind, server.now());
    if definition == *live {
        if established {
            state.registry.define(&live);
        }
        return Vec::new();
    }
    let kept = state.keep(&kind, definition);
    if established {
        state.registry.define(&kept);
        return Vec::new();
    }
    vec![Chore::Establish { definition: name.to_owned() }]
}

/// Serves what the definition defines.
pub(super) fn establish(server: &Server, name: &str) {
    let now = server.now().to_string();
    let mut state = server.state();
    let Some(kind) = kind(&state) else { return };
    let Some(live) = state.storage.get(&kind.resource, &Key::new("", name)).cloned() else { return };
    if metadata::is_ending(&live) || is_true(&live, "Established") {
        return;
    }
    let mut definition = Json::clone(&live);
    let message = "the initial names have been accepted";
    set_condition(&mut definition, "Established", "True", "InitialNamesAccepted", message, &now);
    note_writer(&live, &mut definition, &kind, server.now());
    let kept = state.keep(&kind, definition);
    state.registry.define(&kept);
}

/// Definitions are tended by the API server itself.
fn note_writer(live: &Json, definition: &mut Json, kind: &Kind, now: Timestamp) {
    let (manager, api_version) = ("kube-apiserver", "apiextensions.k8s.io/v1");
    let writer = Writer { manager, operation: Operation::Update, api_version, subresource: "status", now };
    merge::track(Some(live), definition, &writer, &kind.schema);
}

pub(super) fn forget(server: &Server, name: &str) {
    server.state().registry.undefine(name);
}

/// Looks again at a definition that waited for an object to be gone.
pub(super) fn tend_owner(server: &Server, resource: &Resource) {
    let name = resource.qualified();
    let waits = {
        let state = server.state();
        let found = kind(&state)
            .and_then(|kind| state.storage.get(&kind.resource, &Key::new("", name.as_str())).cloned());
        found.is_some_and(|definition| metadata::is_ending(&definition))
    };
    if waits {
        tend(server, &name);
    }
}

fn clean(server: &Server, kind: &Kind, key: &Key, definition: &Json) {
    if !metadata::finalizers(definition).any(|finalizer| finalizer == CLEANUP) {
        return;
    }
    let plural = definition["spec"]["names"]["plural"].as_str().unwrap_or_default();
    let group = definition["spec"]["group"].as_str().unwrap_or_default();
    let resource = Resource::new(group, plural);
    let found = server.state().kind_of(&resource);
    if let Some(custom) = found {
        let keys: Vec<Key> = {
            let state = server.state();
            let objects = state.storage.list(&resource, None);
            objects.filter(|(_, object)| !metadata::is_ending(object)).map(|(key, _)| key.clone()).collect()
        };
        for key in keys {
            // What somebody else deleted meanwhile is gone as well.
            let _ = server.delete_object(&custom, &key, &Deletion::default());
        }
    }
    let mut state = server.state();
    if state.storage.count(&resource) == 0 {
        state.release(kind, key, CLEANUP);
    }
}

fn is_true(definition: &Json, condition: &str) -> bool {
    let conditions = definition["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == condition && one["status"] == "True")
}

pub(super) fn set_condition(
    object: &mut Json,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: &str,
) {
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let condition = json!({"type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message});
    let Some(conditions) = object["status"]["conditions"].as_array_mut() else { return };
    match conditions.iter_mut().find(|one| one["type"] == kind) {
        Some(one) if one["status"] == status => {}
        Some(one) => *one = condition,
        None => conditions.push(condition),
    }
}
