//! Whether a configuration can be taken apart for an apply.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{
    Schema,
    place::{ListPlace, Place, Structure},
};

impl Schema {
    /// Returns the first problem that keeps a configuration from being applied, as the server words it: a field that
    /// the schema does not know, an element without its key, or one that is there twice.
    pub(in crate::rehearsal) fn unfit(&self, wanted: &Json) -> Option<String> {
        let mut found = Vec::new();
        check(wanted, self.root(), &mut String::new(), true, &mut found);
        (!found.is_empty()).then(|| found.join("\n"))
    }
}

fn check(value: &Json, place: Place<'_>, path: &mut String, root: bool, found: &mut Vec<String>) {
    let length = path.len();
    match place.structure(value) {
        Structure::Leaf => {}
        Structure::Map(map) => {
            for (key, child) in value.as_object().into_iter().flatten() {
                path.push('.');
                path.push_str(key);
                if !map.refuses(key) {
                    check(child, map.child(key), path, false, found);
                } else if !(root && matches!(key.as_str(), "apiVersion" | "kind")) {
                    found.push(format!("{path}: field not declared in schema"));
                }
                path.truncate(length);
            }
        }
        Structure::List(list) => {
            let mut seen = BTreeSet::new();
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                match identity(item, list) {
                    Ok((id, shown)) => {
                        if !seen.insert(id) {
                            found.push(format!("{path}: duplicate entries for key {shown}"));
                        }
                        path.push_str(&shown);
                        check(item, list.items, path, false, found);
                        path.truncate(length);
                    }
                    Err(problem) => found.push(format!("{path}: element {index}: {problem}")),
                }
            }
        }
    }
}

/// Returns what tells an element apart, and how the server shows it.
fn identity(item: &Json, list: ListPlace<'_>) -> Result<(String, String), String> {
    if list.keys.is_empty() {
        return match item {
            Json::String(_) | Json::Number(_) | Json::Bool(_) => Ok((item.to_string(), format!("[={item}]"))),
            Json::Object(_) => Err("associative list without keys has an element that's a map type".into()),
            Json::Array(_) => Err("not supported: associative list with lists as elements".into()),
            Json::Null => Err("associative list without keys has an element that's an explicit null".into()),
        };
    }
    let fields = match item {
        Json::Object(fields) => fields,
        Json::Null => return Err("associative list with keys may not have a null element".into()),
        _ => return Err("associative list with keys may not have non-map elements".into()),
    };
    let keys: Vec<String> = sorted(list.keys)
        .into_iter()
        .filter_map(|key| {
            let value = fields.get(key).cloned().or_else(|| list.default_of(key))?;
            Some(format!("{key}={value}"))
        })
        .collect();
    if keys.is_empty() {
        let keys: Vec<String> = list.keys.iter().map(|key| format!("{key:?}")).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            keys.join(" ")
        ));
    }
    let shown = format!("[{}]", keys.join(","));
    Ok((shown.clone(), shown))
}

fn sorted(keys: &[Box<str>]) -> Vec<&str> {
    let mut keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
    keys.sort_unstable();
    keys
}
