//! The garbage collector: what an object owns goes with it, before it, or not at all.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    deletion::{Deletion, FOREGROUND, ORPHAN, Propagation},
    kind::{Kind, Resource},
    metadata,
    server::{Server, State},
    storage::Key,
};

/// Something that an object owns.
struct Dependent {
    kind: Arc<Kind>,
    key: Key,
    object: Arc<Json>,
}

/// Looks at an object that changed: does it wait for what it owns, and is its owner still there?
pub(super) fn consider(server: &Server, resource: &Resource, key: &Key) {
    let (kind, object) = {
        let state = server.state();
        let Some(object) = state.storage.get(resource, key).cloned() else { return };
        let Some(kind) = state.kind_of(resource) else { return };
        (kind, object)
    };
    let held_by = |finalizer: &str| metadata::finalizers(&object).any(|one| one == finalizer);
    if metadata::is_ending(&object) && held_by(ORPHAN) {
        orphan(server, metadata::uid(&object));
        server.state().release(&kind, key, ORPHAN);
    } else if metadata::is_ending(&object) && held_by(FOREGROUND) {
        foreground(server, &kind, key, metadata::uid(&object));
    } else if owners(&object).next().is_some() {
        without_owner(server, &kind, key, &object, Propagation::Background);
    }
}

/// Looks after what a deleted object owned, and after the owners that waited for it.
pub(super) fn collect(server: &Server, last: &Json) {
    let owned = dependents(&server.state(), metadata::uid(last));
    for dependent in owned {
        without_owner(server, &dependent.kind, &dependent.key, &dependent.object, Propagation::Background);
    }
    for owner in owners(last) {
        let waiting = {
            let state = server.state();
            state.owner(owner, last).map(|(kind, key, _)| (Arc::clone(&kind.resource), key))
        };
        if let Some((resource, key)) = waiting {
            consider(server, &resource, &key);
        }
    }
}

fn owners(object: &Json) -> impl Iterator<Item = &Json> {
    object["metadata"]["ownerReferences"].as_array().into_iter().flatten()
}

fn dependents(state: &State, uid: &str) -> Vec<Dependent> {
    let mut found = Vec::new();
    for kind in state.registry.resources() {
        for (key, object) in state.storage.list(&kind.resource, None) {
            if owners(object).any(|owner| owner["uid"] == uid) {
                let (kind, object) = (Arc::clone(kind), Arc::clone(object));
                found.push(Dependent { kind, key: key.clone(), object });
            }
        }
    }
    found
}

/// Deletes an object none of whose owners is left; else takes off it the owners that are gone.
fn without_owner(server: &Server, kind: &Kind, key: &Key, object: &Json, propagation: Propagation) {
    let (left, gone): (Vec<Json>, Vec<Json>) = {
        let state = server.state();
        owners(object)
            .cloned()
            .partition(|owner| !state.can_tell(owner) || state.owner(owner, object).is_some())
    };
    if gone.is_empty() {
        return;
    }
    let uid = Some(metadata::uid(object).to_owned());
    if left.is_empty() {
        let deletion = Deletion { propagation: Some(propagation), uid, ..Deletion::default() };
        // Gone already, or made anew by somebody: both are well.
        let _ = server.delete_object(kind, key, &deletion);
        return;
    }
    set_owners(&mut server.state(), kind, key, left);
}

fn set_owners(state: &mut State, kind: &Kind, key: &Key, owners: Vec<Json>) {
    let Some(live) = state.storage.get(&kind.resource, key) else { return };
    let mut object = Json::clone(live);
    if owners.is_empty() {
        object["metadata"].as_object_mut().map(|metadata| metadata.remove("ownerReferences"));
    } else {
        object["metadata"]["ownerReferences"] = owners.into();
    }
    state.keep(kind, object);
}

fn orphan(server: &Server, uid: &str) {
    let mut state = server.state();
    for dependent in dependents(&state, uid) {
        let left = owners(&dependent.object).filter(|owner| owner["uid"] != uid).cloned().collect();
        set_owners(&mut state, &dependent.kind, &dependent.key, left);
    }
}

/// Deletes what the object owns; lets the object go when nothing is left that blocks it.
fn foreground(server: &Server, kind: &Kind, key: &Key, uid: &str) {
    let owned = dependents(&server.state(), uid);
    for dependent in owned.iter().filter(|dependent| !metadata::is_ending(&dependent.object)) {
        let deletion = Deletion {
            propagation: Some(Propagation::Foreground),
            uid: Some(metadata::uid(&dependent.object).to_owned()),
            ..Deletion::default()
        };
        // Gone already, or made anew by somebody: both are well.
        let _ = server.delete_object(&dependent.kind, &dependent.key, &deletion);
    }
    let mut state = server.state();
    let blocked = dependents(&state, uid).iter().any(|dependent| {
        owners(&dependent.object).any(|owner| owner["uid"] == uid && owner["blockOwnerDeletion"] == true)
    });
    if !blocked {
        state.release(kind, key, FOREGROUND);
    }
}

impl State {
    pub(super) fn kind_of(&self, resource: &Resource) -> Option<Arc<Kind>> {
        self.registry.resources().find(|kind| *kind.resource == *resource).cloned()
    }

    /// Says whether an owner's kind is served: of any other nobody knows whether it is gone.
    fn can_tell(&self, owner: &Json) -> bool {
        let version = owner["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        self.registry.find_kind(group, version, owner["kind"].as_str().unwrap_or_default()).is_some()
    }

    /// Finds the object that an owner reference of `dependent` means.
    fn owner(&self, owner: &Json, dependent: &Json) -> Option<(Arc<Kind>, Key, Arc<Json>)> {
        let version = owner["apiVersion"].as_str()?;
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = self.registry.find_kind(group, version, owner["kind"].as_str()?)?;
        let namespace = if kind.namespaced { dependent["metadata"]["namespace"].as_str()? } else { "" };
        let key = Key::new(namespace, owner["name"].as_str()?);
        let object = self.storage.get(&kind.resource, &key)?;
        (owner["uid"] == metadata::uid(object)).then(|| (Arc::clone(kind), key, Arc::clone(object)))
    }
}
