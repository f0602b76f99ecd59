//! An object as the API has it: JSON with accessors.
//!
//! Objects that may hold secrets are wiped when they go, and [`Debug`] shows no object but its name.

use std::fmt;

use serde_json::{Map, Value as Json};
use zeroize::Zeroize;

use super::KubernetesError;
use crate::resource::{GroupKind, ObjectName, Value, redacted, revealed};

/// Which object: kind and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind, whatever its version.
    pub kind: GroupKind,
    /// The name, and the namespace where it has one.
    pub name: ObjectName,
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.kind, self.name)
    }
}

/// An object. A path of it is a list of keys; list indexes are decimal.
#[derive(Clone, PartialEq)]
pub struct Manifest {
    json: Json,
    hidden: Vec<Vec<String>>,
}

impl Manifest {
    /// Takes an object as the API or a parsed document gives it.
    pub fn new(json: Json) -> Result<Self, KubernetesError> {
        let manifest = Self { json, hidden: Vec::new() };
        let reason = if !manifest.json.is_object() {
            "is no object"
        } else if manifest.kind().is_empty() {
            "has no kind"
        } else if manifest.api_version().is_empty() {
            "has no apiVersion"
        } else if manifest.name().is_empty() {
            "has no metadata.name"
        } else {
            return Ok(manifest);
        };
        Err(KubernetesError::Manifest { place: manifest.to_string(), reason: reason.into() })
    }

    /// Takes a resource's inputs; where they were secret, no display will show the value.
    pub fn from_inputs(inputs: &Value) -> Result<Self, KubernetesError> {
        let mut hidden = Vec::new();
        secret_paths(inputs, &mut Vec::new(), &mut hidden);
        let mut manifest = Self::new(revealed(inputs))?;
        manifest.hidden = hidden;
        Ok(manifest)
    }

    /// Returns the manifest of inputs whose secrets are not needed: each is `[secret]`.
    pub fn redacted(inputs: &Value) -> Result<Self, KubernetesError> {
        Self::new(redacted(inputs))
    }

    /// Returns `v1` or `apps/v1`.
    pub fn api_version(&self) -> &str {
        self.text(&["apiVersion"])
    }

    /// Returns the kind's name.
    pub fn kind(&self) -> &str {
        self.text(&["kind"])
    }

    /// Returns the API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// Returns the version without the group.
    pub fn version(&self) -> &str {
        let version = self.api_version();
        version.split_once('/').map_or(version, |(_, version)| version)
    }

    /// Returns the kind with its group.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind::new(self.group(), self.kind())
    }

    /// Returns `metadata.name`.
    pub fn name(&self) -> &str {
        self.text(&["metadata", "name"])
    }

    /// Returns `metadata.namespace`, if it has one.
    pub fn namespace(&self) -> Option<&str> {
        Some(self.text(&["metadata", "namespace"])).filter(|namespace| !namespace.is_empty())
    }

    /// Returns name and namespace.
    pub fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace().map(Into::into), name: self.name().into() }
    }

    /// Returns kind and name.
    pub fn key(&self) -> Key {
        Key { kind: self.group_kind(), name: self.object_name() }
    }

    /// Returns `metadata.uid`; empty unless the server gave the object.
    pub fn uid(&self) -> &str {
        self.text(&["metadata", "uid"])
    }

    /// Returns `metadata.resourceVersion`; empty unless the server gave the object.
    pub fn resource_version(&self) -> &str {
        self.text(&["metadata", "resourceVersion"])
    }

    /// Returns `metadata.generation`, of kinds that count theirs.
    pub fn generation(&self) -> Option<i64> {
        self.get(&["metadata", "generation"]).and_then(Json::as_i64)
    }

    /// Returns a label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.get(&["metadata", "labels", name]).and_then(Json::as_str)
    }

    /// Returns an annotation's value.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.get(&["metadata", "annotations", name]).and_then(Json::as_str)
    }

    /// Returns what is at the path of keys.
    pub fn get(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(&self.json, |json, key| json.get(key))
    }

    /// Returns the text at the path of keys; empty where none is.
    pub fn text(&self, path: &[&str]) -> &str {
        self.get(path).and_then(Json::as_str).unwrap_or_default()
    }

    /// Returns the whole object, secrets in the clear.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Sets what is at the path of keys, and makes the objects that lead there.
    pub fn set(&mut self, path: &[&str], value: impl Into<Json>) {
        let mut place = &mut self.json;
        for key in path {
            if !place.is_object() {
                *place = Json::Object(Map::new());
            }
            place = &mut place[*key];
        }
        *place = value.into();
    }

    /// Removes what is at the path of keys.
    pub fn remove(&mut self, path: &[&str]) -> Option<Json> {
        let (last, parents) = path.split_last()?;
        let parent = parents.iter().try_fold(&mut self.json, |json, key| json.get_mut(key))?;
        parent.as_object_mut()?.remove(*last)
    }

    /// Says whether the object may hold secrets: the server must not be asked for opinions on it, nor a log.
    pub fn is_sensitive(&self) -> bool {
        !self.hidden.is_empty() || (self.kind() == "Secret" && self.group().is_empty())
    }

    /// Says whether the value at this path is shown to nobody.
    pub fn is_hidden(&self, path: &[String]) -> bool {
        let first = path.first().map(String::as_str);
        let secret = self.kind() == "Secret" && self.group().is_empty();
        (secret && matches!(first, Some("data" | "stringData")))
            || self.hidden.iter().any(|hidden| path.starts_with(hidden) || hidden.starts_with(path))
    }

    /// Brings the object into the form that the API stores: nulls dropped, what the server sets left out,
    /// `stringData` as `data`, and `namespace` where the object has none of its own.
    pub fn normalise(&mut self, namespace: Option<&str>) {
        self.remove(&["status"]);
        for field in
            ["creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"]
        {
            self.remove(&["metadata", field]);
        }
        drop_nulls(&mut self.json);
        if self.kind() == "Secret" && self.group().is_empty() {
            self.encode_string_data();
        }
        match namespace {
            Some(namespace) if self.namespace().is_none() => self.set(&["metadata", "namespace"], namespace),
            _ => {}
        }
    }

    /// Server-side apply would own `stringData`'s effect in `data` but never remove a key of it again.
    fn encode_string_data(&mut self) {
        let Some(Json::Object(texts)) = self.remove(&["stringData"]) else { return };
        for (key, text) in texts {
            if let Json::String(mut text) = text {
                let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &text);
                text.zeroize();
                self.set(&["data", &key], encoded);
            }
        }
    }
}

fn secret_paths(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Secret(_) => found.push(path.clone()),
        Value::List(values) => {
            for (index, value) in values.iter().enumerate() {
                path.push(index.to_string());
                secret_paths(value, path, found);
                path.pop();
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries.iter() {
                path.push(key.to_string());
                secret_paths(value, path, found);
                path.pop();
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Deferred(_)
        | Value::Unknown => {}
    }
}

fn drop_nulls(json: &mut Json) {
    match json {
        Json::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(drop_nulls);
        }
        Json::Array(values) => values.iter_mut().for_each(drop_nulls),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Wipes every text of a JSON value; best effort, copies elsewhere are not ours.
pub(super) fn wipe(json: &mut Json) {
    match json {
        Json::String(text) => text.zeroize(),
        Json::Array(values) => values.iter_mut().for_each(wipe),
        Json::Object(entries) => entries.values_mut().for_each(wipe),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

impl Drop for Manifest {
    fn drop(&mut self) {
        if self.is_sensitive() {
            wipe(&mut self.json);
        }
    }
}

/// `Secret onepassword/op-credentials`.
impl fmt::Display for Manifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind(), self.object_name())
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Manifest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn normalising_drops_what_the_server_sets_and_encodes_texts() {
        let mut secret = Manifest::new(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "a", "creationTimestamp": null, "labels": null},
            "stringData": {"token": "chirp"}, "status": {},
        }))
        .unwrap();
        secret.normalise(Some("onepassword"));
        let expected = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "a", "namespace": "onepassword"}, "data": {"token": "Y2hpcnA="},
        });
        assert_eq!(secret.json(), &expected);
    }

    #[test]
    fn secret_inputs_are_hidden_wherever_they_are() {
        let inputs = Value::map([
            ("apiVersion", "v1".into()),
            ("kind", "ConfigMap".into()),
            ("metadata", Value::map([("name", "a".into())])),
            ("data", Value::map([("open", "x".into()), ("token", Value::from("chirp").secret())])),
        ]);
        let manifest = Manifest::from_inputs(&inputs).unwrap();
        assert!(manifest.is_sensitive());
        assert!(manifest.is_hidden(&["data".into(), "token".into()]));
        assert!(!manifest.is_hidden(&["data".into(), "open".into()]));
        assert!(!format!("{manifest:?}").contains("chirp"));
    }

    #[test]
    fn what_is_no_object_is_refused_by_name() {
        let error = Manifest::new(json!({"apiVersion": "v1", "kind": "Secret"})).unwrap_err();
        assert_eq!(error.to_string(), "Secret : has no metadata.name");
    }
}
