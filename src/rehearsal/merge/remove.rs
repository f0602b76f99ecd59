//! A value without some of its fields.

use serde_json::{Map, Value as Json};

use super::fields::step_of;
use crate::kubernetes::{FieldSet, Step};
use crate::rehearsal::schema::{Place, Structure};

/// Returns the value without the fields of the set; a map or list that loses all becomes null.
pub(super) fn remove(value: &Json, set: &FieldSet, place: Place<'_>) -> Json {
    if set.children().next().is_none() {
        return value.clone();
    }
    let kept = |step: &Step, item: &Json, below: Place<'_>| match set.child(step) {
        Some(gone) if gone.is_member() => None,
        Some(some) => Some(remove(item, some, below)),
        None => Some(item.clone()),
    };
    match place.structure(value) {
        Structure::Leaf => value.clone(),
        Structure::Map(map) => {
            let entries = value.as_object().into_iter().flatten();
            let entries: Map<String, Json> = entries
                .filter_map(|(key, item)| {
                    Some((key.clone(), kept(&Step::Field(key.clone()), item, map.child(key))?))
                })
                .collect();
            if entries.is_empty() { Json::Null } else { Json::Object(entries) }
        }
        Structure::List(list) => {
            let items = value.as_array().into_iter().flatten();
            let items: Vec<Json> = items
                .filter_map(|item| match step_of(item, list) {
                    Some(step) => kept(&step, item, list.items),
                    None => Some(item.clone()),
                })
                .collect();
            if items.is_empty() { Json::Null } else { Json::Array(items) }
        }
    }
}
