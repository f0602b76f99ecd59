//! What every controller works with.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Resource};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::error::Failure;
use super::flags::ControllerFlags;
use super::journal::Journal;
use super::providers::Around;
use super::resource::{Kind, Object, Place, StatusOf};
use crate::clock::Clock;

/// Who the API server sees writing.
const MANAGER: &str = "external-secrets";

/// The cluster, the providers and the flags.
#[derive(Clone)]
pub(super) struct World {
    pub(super) around: Around,
    pub(super) clock: Clock,
    pub(super) flags: ControllerFlags,
    pub(super) journal: Journal,
}

impl World {
    pub(super) fn client(&self) -> Client {
        self.around.client.clone()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the objects of a kind, of one namespace or of all that the flags allow.
    pub(super) fn objects<S: StatusOf>(&self, kind: Kind, namespace: Option<&str>) -> Api<Object<S>> {
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client(), namespace, &kind),
            None => Api::all_with(self.client(), &kind),
        }
    }

    /// Returns an object, if it is there.
    pub(super) async fn read<S: StatusOf>(
        &self,
        kind: Kind,
        place: &Place,
    ) -> Result<Option<Object<S>>, Failure> {
        Ok(self.objects(kind, place.namespace.as_deref()).get_opt(&place.name).await?)
    }

    /// Writes what changed in a status. With `version` a status that somebody else changed meanwhile is a conflict.
    pub(super) async fn write_status<S: StatusOf>(
        &self,
        kind: Kind,
        place: &Place,
        before: &S::Status,
        after: &S::Status,
        version: Option<&str>,
    ) -> Result<(), Failure>
    where
        S::Status: Serialize,
    {
        let (before, after) = (json!(before), json!(after));
        let Some(status) = difference(&before, &after) else { return Ok(()) };
        let mut patch = json!({ "status": status });
        if let Some(version) = version {
            patch["metadata"] = json!({ "resourceVersion": version });
        }
        let api = self.objects::<S>(kind, place.namespace.as_deref());
        api.patch_status(&place.name, &writing(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// Adds a finalizer or takes it away, and returns the object as it is then. An object that changed meanwhile is a
    /// conflict.
    pub(super) async fn write_finalizer<S: StatusOf>(
        &self,
        kind: Kind,
        object: &Object<S>,
        finalizer: &str,
        is_wanted: bool,
    ) -> Result<Object<S>, Failure> {
        let mut finalizers = object.metadata.finalizers.clone().unwrap_or_default();
        finalizers.retain(|found| found != finalizer);
        if is_wanted {
            finalizers.push(finalizer.to_owned());
        }
        let version = &object.metadata.resource_version;
        // An empty list would stay one.
        let finalizers = (!finalizers.is_empty()).then_some(finalizers);
        let patch = json!({ "metadata": { "finalizers": finalizers, "resourceVersion": version } });
        let api = self.objects::<S>(kind, object.metadata.namespace.as_deref());
        Ok(api.patch(object.name(), &writing(), &Patch::Merge(patch)).await?)
    }
}

/// Returns the parameters of a write.
pub(super) fn writing() -> PatchParams {
    PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() }
}

/// Returns what an event says that it is about.
pub(super) fn reference<S: StatusOf>(kind: Kind, object: &Object<S>) -> ObjectReference {
    let meta = object.meta();
    ObjectReference {
        api_version: Some(kind.api_version()),
        kind: Some(kind.name().to_owned()),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        resource_version: meta.resource_version.clone(),
        uid: meta.uid.clone(),
        field_path: None,
    }
}

/// Returns the JSON merge patch that leads from one value to another, if one is needed.
pub(super) fn difference(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let mut patch = Map::new();
    for (key, value) in new {
        let changed = match old.get(key) {
            Some(old) => difference(old, value),
            None => Some(value.clone()),
        };
        patch.extend(changed.map(|changed| (key.clone(), changed)));
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_what_changed_and_what_is_gone() {
        let before = json!({ "a": 1, "b": { "c": [1], "d": 2 }, "e": 3 });
        let after = json!({ "a": 1, "b": { "c": [1, 2], "d": 2 } });
        assert_eq!(difference(&before, &after), Some(json!({ "b": { "c": [1, 2] }, "e": null })));
        assert_eq!(difference(&before, &before), None);
    }
}
