//! Values by their dotted paths.

use crate::gotemplate::{Map, Value};

/// Returns the map at `path`.
pub fn table(values: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(values.clone(), |values, key| match values.get(key) {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    })
}

/// Returns what is at `path`, where it is something else than a map.
pub fn value_at(values: &Map, path: &str) -> Option<Value> {
    let value = match path.rsplit_once('.') {
        None => values.get(path),
        Some((tables, key)) => table(values, tables)?.get(key),
    };
    value.filter(|value| !matches!(value, Value::Map(_)))
}
