//! The fields that a value has, as a manager owns them.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::kubernetes::{FieldSet, Step};
use crate::rehearsal::schema::{ListPlace, Place, Structure};

/// Returns the fields of a value: its leaves, the keys of its maps, the elements of its lists.
pub(super) fn fields_of(value: &Json, place: Place<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    match place.structure(value) {
        Structure::Leaf => set.set_member(),
        Structure::Map(map) => {
            for (key, child) in entries(value) {
                let mut below = fields_of(child, map.child(key));
                // A field that the schema names is owned through what is in it, unless there is nothing.
                if is_empty_map(child) || !map.names(key) {
                    below.set_member();
                }
                set.insert(Step::Field(key.clone()), below);
            }
        }
        Structure::List(list) => {
            let steps: Vec<(Step, &Json)> = elements(value, list);
            let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
            for (step, _) in &steps {
                if !seen.insert(step) {
                    twice.insert(step.clone());
                }
            }
            for (step, item) in steps {
                let mut below = FieldSet::default();
                if !twice.contains(&step) {
                    below = fields_of(item, list.items);
                }
                below.set_member();
                set.insert(step, below);
            }
        }
    }
    set
}

/// Adds the fields that the schema names on the way to what is in the set.
pub(super) fn with_named_fields(set: &FieldSet, place: Place<'_>) -> FieldSet {
    let mut all = FieldSet::default();
    if set.is_member() {
        all.set_member();
    }
    for (step, child) in set.children() {
        let (below, named) = place.below(step);
        let mut child = with_named_fields(child, below);
        if named {
            child.set_member();
        }
        all.insert(step.clone(), child);
    }
    all
}

/// Returns the keys of a map; nothing else has any.
pub(super) fn entries(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

/// Returns the elements of a list with what tells each apart; those that nothing tells apart are left out.
pub(super) fn elements<'a>(value: &'a Json, list: ListPlace<'_>) -> Vec<(Step, &'a Json)> {
    let values = value.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(|item| Some((step_of(item, list)?, item))).collect()
}

/// Returns what tells an element of a list apart.
pub(super) fn step_of(item: &Json, list: ListPlace<'_>) -> Option<Step> {
    if list.keys.is_empty() {
        let scalar = matches!(item, Json::String(_) | Json::Number(_) | Json::Bool(_));
        return scalar.then(|| Step::Value(item.to_string()));
    }
    let item = item.as_object()?;
    let mut keys = Map::new();
    for key in list.keys {
        if let Some(value) = item.get(&**key).cloned().or_else(|| list.default_of(key)) {
            keys.insert(key.to_string(), value);
        }
    }
    (!keys.is_empty()).then(|| Step::Key(Json::Object(keys).to_string()))
}

pub(super) fn is_empty_map(value: &Json) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}
