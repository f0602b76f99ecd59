//! Sets of fields taken together and apart, as the server does when owners change.
//!
//! A set never holds an empty branch: what becomes empty is left out.

use std::fmt;

use serde_json::{Map, Value as Json};

use super::{FieldSet, Step};

impl FieldSet {
    /// Returns the set of one field, seen from itself.
    pub fn leaf() -> Self {
        Self { member: true, ..Self::default() }
    }

    /// Says whether the field that this set is seen from is in it.
    pub fn is_member(&self) -> bool {
        self.member
    }

    /// Takes the field that this set is seen from into it.
    pub fn set_member(&mut self) {
        self.member = true;
    }

    /// Adds what is owned below a step; an empty set adds nothing.
    pub fn insert(&mut self, step: Step, below: Self) {
        if !below.is_empty() {
            self.children.entry(step).or_default().merge(below);
        }
    }

    /// Says whether the field at a path is in it.
    pub fn contains(&self, path: &[Step]) -> bool {
        match path.split_first() {
            Some((step, rest)) => self.children.get(step).is_some_and(|child| child.contains(rest)),
            None => self.member,
        }
    }

    /// Adds fields of the map that this set is seen from.
    #[must_use]
    pub fn with(mut self, names: &[&str]) -> Self {
        for name in names {
            self.insert(Step::Field((*name).to_owned()), Self::leaf());
        }
        self
    }

    /// Returns the fields of one, the other or both.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        self.merge(other);
        self
    }

    /// Returns the fields of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut set = Self { member: self.member && other.member, ..Self::default() };
        for (step, child) in &self.children {
            if let Some(theirs) = other.children.get(step) {
                set.insert(step.clone(), child.intersection(theirs));
            }
        }
        set
    }

    /// Returns the fields that the other does not have. Those below a field of the other stay.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.subtract(other, false)
    }

    /// Returns the fields that neither the other has nor one above them.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.subtract(other, true)
    }

    fn subtract(&self, other: &Self, branches: bool) -> Self {
        let mut set = Self { member: self.member && !other.member, ..Self::default() };
        for (step, child) in &self.children {
            match other.children.get(step) {
                Some(theirs) if branches && theirs.member => {}
                Some(theirs) => set.insert(step.clone(), child.subtract(theirs, branches)),
                None => {
                    set.children.insert(step.clone(), child.clone());
                }
            }
        }
        set
    }

    /// Returns the path of each field: those of a level before those below them.
    pub fn paths(&self) -> Vec<Vec<Step>> {
        let (mut found, mut path) = (Vec::new(), Vec::new());
        self.collect(&mut path, &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        for (step, _) in self.children.iter().filter(|(_, child)| child.member) {
            found.push(path.iter().chain([step]).cloned().collect());
        }
        for (step, child) in &self.children {
            path.push(step.clone());
            child.collect(path, found);
            path.pop();
        }
    }

    /// Returns the set as a `fieldsV1` value.
    pub fn to_json(&self) -> Json {
        let mut entries = Map::new();
        if self.member && !self.children.is_empty() {
            entries.insert(".".into(), Json::Object(Map::new()));
        }
        for (step, child) in &self.children {
            entries.insert(step.to_string(), child.to_json());
        }
        Json::Object(entries)
    }
}

/// As `managedFields` writes it.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(formatter, "f:{name}"),
            Self::Key(fields) => write!(formatter, "k:{fields}"),
            Self::Value(value) => write!(formatter, "v:{value}"),
            Self::Index(index) => write!(formatter, "i:{index}"),
        }
    }
}

impl Step {
    /// Returns the step as the server writes it in a path: `.name`, `[name="a"]`, `[="a"]`, `[0]`.
    pub fn shown(&self) -> String {
        match self {
            Self::Field(name) => format!(".{name}"),
            Self::Key(fields) => {
                let fields: Map<String, Json> = serde_json::from_str(fields).unwrap_or_default();
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("[{}]", fields.join(","))
            }
            Self::Value(value) => format!("[={value}]"),
            Self::Index(index) => format!("[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(json: Json) -> FieldSet {
        FieldSet::parse(&json)
    }

    #[test]
    fn what_is_parsed_is_written_again() {
        let fields = json!({"f:spec": {"f:ports": {".": {}, "k:{\"port\":80}": {".": {}, "f:name": {}}, "v:\"a\"": {}, "i:0": {}}}});
        assert_eq!(set(fields.clone()).to_json(), fields);
    }

    #[test]
    fn a_difference_keeps_what_is_below_and_drops_what_becomes_empty() {
        let all = set(json!({"f:a": {".": {}, "f:b": {}}, "f:c": {"f:d": {}}}));
        let less = all.difference(&set(json!({"f:a": {}, "f:c": {"f:d": {}}})));
        assert_eq!(less.to_json(), json!({"f:a": {"f:b": {}}}));
        assert_eq!(all.without(&set(json!({"f:a": {}}))).to_json(), json!({"f:c": {"f:d": {}}}));
    }

    #[test]
    fn an_intersection_holds_only_fields_of_both() {
        let one = set(json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}));
        let other = set(json!({"f:a": {"f:b": {}, "f:x": {}}, "f:d": {}}));
        assert_eq!(one.intersection(&other).to_json(), json!({"f:a": {"f:b": {}}}));
        assert!(one.intersection(&set(json!({"f:a": {"f:x": {}}}))).is_empty());
    }

    #[test]
    fn paths_are_shown_as_the_server_does() {
        let fields =
            set(json!({"f:spec": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {"f:name": {}}, "v:\"a\"": {}}}));
        let shown: Vec<String> =
            fields.paths().iter().map(|path| path.iter().map(Step::shown).collect()).collect();
        assert_eq!(shown, [".spec[=\"a\"]", ".spec[port=80,protocol=\"TCP\"].name"]);
    }
}
