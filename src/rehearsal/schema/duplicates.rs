//! Elements of sets and keyed lists that are there twice.

use serde_json::{Map, Value as Json};

use super::{
    place::Place,
    shape::{ListKind, Shape},
};
use crate::kubernetes::Cause;

/// Finds elements that a list may have only once.
pub(super) fn check_duplicates(value: &Json, place: Place<'_>, path: &str, found: &mut Vec<Cause>) {
    match (&place.node().shape, value) {
        (Shape::Map(map), Json::Object(entries)) => {
            for (key, value) in entries {
                let Some(id) = map.child(key) else { continue };
                let path = match map.fields.contains_key(&**key) {
                    true if path.is_empty() => key.clone(),
                    true => format!("{path}.{key}"),
                    false => format!("{path}[{key}]"),
                };
                check_duplicates(value, place.at(id), &path, found);
            }
        }
        (Shape::List { items, kind }, Json::Array(values)) => {
            let identities: Vec<Json> = match kind {
                ListKind::Atomic => Vec::new(),
                ListKind::Set => values.clone(),
                ListKind::Keyed(keys) => values.iter().map(|value| identity(value, keys)).collect(),
            };
            for (index, identity) in identities.iter().enumerate() {
                // A third is not told again.
                if identities[..index].iter().filter(|other| *other == identity).count() == 1 {
                    found.push(Cause {
                        reason: "FieldValueDuplicate".into(),
                        message: format!("Duplicate value: {identity}"),
                        field: format!("{path}[{index}]"),
                    });
                }
            }
            for (index, value) in values.iter().enumerate() {
                check_duplicates(value, place.at(*items), &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn identity(value: &Json, keys: &[Box<str>]) -> Json {
    let keys = keys.iter().filter_map(|key| Some((key.to_string(), value.get(&**key)?.clone())));
    Json::Object(keys.collect::<Map<_, _>>())
}
