//! The fields of an object that a manager owns, as `metadata.managedFields` (version 1 of its form) tells.

mod algebra;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::Manifest;

/// One step of a path into an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of a map (`f:`).
    Field(String),
    /// The element of a list whose fields are these (`k:`); JSON of an object.
    Key(String),
    /// The element of a list that is this value (`v:`); JSON.
    Value(String),
    /// The element of a list at this place (`i:`).
    Index(usize),
}

impl Step {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Self::Field(rest.to_owned())),
            // Parsed and written again, so that the order of keys does not matter.
            "k" => Some(Self::Key(
                serde_json::from_str::<Map<String, Json>>(rest).ok().map(Json::Object)?.to_string(),
            )),
            "v" => Some(Self::Value(serde_json::from_str::<Json>(rest).ok()?.to_string())),
            "i" => rest.parse().ok().map(Self::Index),
            _ => None,
        }
    }
}

/// A set of fields, as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    member: bool,
    children: BTreeMap<Step, FieldSet>,
}

/// Through which path a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// By server-side apply.
    Apply,
    /// By create, update or patch.
    Update,
}

impl FieldSet {
    /// Reads a `fieldsV1` value; what it does not understand is left out.
    pub fn parse(fields: &Json) -> Self {
        let mut set = Self::default();
        let Some(entries) = fields.as_object() else { return set };
        for (key, below) in entries {
            if key == "." {
                set.member = true;
            } else if let Some(step) = Step::parse(key) {
                let mut child = Self::parse(below);
                child.member |= child.children.is_empty();
                set.children.insert(step, child);
            }
        }
        set
    }

    /// Returns the fields of an object that a manager owns, but for those of subresources.
    pub fn owned_by(object: &Manifest, manager: &str, written: Written) -> Self {
        let entries = object.get(&["metadata", "managedFields"]).and_then(Json::as_array);
        let operation = match written {
            Written::Apply => "Apply",
            Written::Update => "Update",
        };
        let mut owned = Self::default();
        for entry in entries.into_iter().flatten() {
            let subresource = entry["subresource"].as_str().unwrap_or_default();
            if entry["manager"] == manager && entry["operation"] == operation && subresource.is_empty() {
                owned.merge(Self::parse(&entry["fieldsV1"]));
            }
        }
        owned
    }

    fn merge(&mut self, other: Self) {
        self.member |= other.member;
        for (step, child) in other.children {
            self.children.entry(step).or_default().merge(child);
        }
    }

    /// Says whether no field is in it.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Returns what is owned below a step.
    pub fn child(&self, step: &Step) -> Option<&Self> {
        self.children.get(step)
    }

    /// Returns what is owned below a map's key.
    pub fn field(&self, name: &str) -> Option<&Self> {
        self.children.get(&Step::Field(name.to_owned()))
    }

    /// Returns the steps that lead on, with what is owned below each.
    pub fn children(&self) -> impl Iterator<Item = (&Step, &Self)> {
        self.children.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_managers_own_entries_of_that_operation_count() {
        let object = Manifest::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "managedFields": [
                {"manager": "eggtooth", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}},
                {"manager": "eggtooth", "operation": "Update", "fieldsV1": {"f:data": {"f:b": {}}}},
                {"manager": "eggtooth", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:data": {"f:c": {}}}},
                {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:data": {"f:d": {}}}},
            ]},
        }))
        .unwrap();
        let owned = FieldSet::owned_by(&object, "eggtooth", Written::Apply);
        let names: Vec<&Step> = owned.field("data").unwrap().children().map(|(step, _)| step).collect();
        assert_eq!(names, [&Step::Field("a".into())]);
        assert!(FieldSet::owned_by(&object, "helm", Written::Apply).is_empty());
    }

    #[test]
    fn list_elements_are_known_by_keys_values_and_places() {
        let set = FieldSet::parse(&json!({"f:ports": {
            "k:{\"protocol\":\"TCP\",\"containerPort\":80}": {".": {}, "f:name": {}},
            "v:\"finalizer\"": {}, "i:3": {}, "x:unknown": {},
        }}));
        let ports = set.field("ports").unwrap();
        let key = ports.child(&Step::Key(r#"{"containerPort":80,"protocol":"TCP"}"#.into())).unwrap();
        assert!(key.member && key.field("name").unwrap().member);
        assert!(ports.child(&Step::Value("\"finalizer\"".into())).unwrap().member);
        assert!(ports.child(&Step::Index(3)).is_some());
        assert_eq!(ports.children().count(), 3);
    }
}
