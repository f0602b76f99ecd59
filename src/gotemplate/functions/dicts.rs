//! Maps: made, read, changed in place, cut down, copied, dug into.

use std::collections::BTreeMap;

use super::merge::{Merge, merge};
use super::printing::text;
use super::reflection::type_of;
use crate::gotemplate::{FunctionError, Functions, GoString, List, Map, Rest, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("dict", |items: Rest<Value>| dict(&items.0));
    functions.add("get", |map: Map, key: GoString| map.get(key).unwrap_or_else(|| Value::from("")));
    functions.add("set", |map: Map, key: GoString, value: Value| map.insert(key, value).map(|()| map));
    functions.add("unset", |map: Map, key: GoString| {
        map.remove(key);
        map
    });
    functions.add("hasKey", |map: Map, key: GoString| map.contains(key));
    functions.add("pluck", |key: GoString, maps: Rest<Map>| {
        maps.0.iter().filter_map(|map| map.get(&*key)).collect::<Vec<Value>>()
    });
    functions.add("keys", |maps: Rest<Map>| List::strings(maps.0.iter().flat_map(Map::keys)));
    functions.add("values", |map: Map| map.entries().values().cloned().collect::<Vec<Value>>());
    functions.add("pick", |map: Map, keys: Rest<GoString>| {
        keys.0.into_iter().filter_map(|key| map.get(&*key).map(|value| (key, value))).collect::<Map>()
    });
    functions.add("omit", |map: Map, keys: Rest<GoString>| {
        map.to_entries().into_iter().filter(|(key, _)| !keys.0.contains(key)).collect::<Map>()
    });
    for name in ["deepCopy", "mustDeepCopy"] {
        functions.add(name, |value: Value| match value {
            Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value"),
            value => Ok(deep_copy(&value)),
        });
    }
    functions.add("dig", |path: Rest<Value>| dig(&path.0));
    add_merging(functions);
}

fn add_merging(functions: &mut Functions) {
    for (name, how) in [("merge", Merge::Fill), ("mergeOverwrite", Merge::Overwrite)] {
        // Sprig swallows the error here, and returns the empty string.
        functions.add(name, move |target: Map, sources: Rest<Map>| {
            merge(target, &sources.0, how).map_or_else(|_| Value::from(""), Value::Map)
        });
    }
    for (name, how) in [("mustMerge", Merge::Fill), ("mustMergeOverwrite", Merge::Overwrite)] {
        functions.add(name, move |target: Map, sources: Rest<Map>| merge(target, &sources.0, how));
    }
}

/// Pairs keys with values; a last key without one gets the empty string.
fn dict(items: &[Value]) -> Map {
    let pair = |pair: &[Value]| (text(&pair[0]), pair.get(1).cloned().unwrap_or_else(|| Value::from("")));
    items.chunks(2).map(pair).collect()
}

/// Copies maps and lists all the way down; everything else cannot change.
pub(super) fn deep_copy(value: &Value) -> Value {
    match value {
        Value::Map(map) if !map.is_nil() => {
            let entries = map.entries();
            let copies: BTreeMap<_, _> =
                entries.iter().map(|(key, value)| (key.clone(), deep_copy(value))).collect();
            Value::Map(Map::typed(map.collection_type(), copies))
        }
        Value::List(list) if !list.is_nil() => {
            Value::List(List::typed(list.collection_type(), list.iter().map(deep_copy).collect()))
        }
        other => other.clone(),
    }
}

/// Follows the keys down the last argument, a map; the one before it is the answer where a key is missing.
fn dig(arguments: &[Value]) -> Result<Value, FunctionError> {
    let [keys @ .., fallback, map] = arguments else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    plain_map(map)?;
    let keys = keys.iter().map(|key| match key {
        Value::String(key) => Ok(key.clone()),
        other => Err(conversion(other, "string")),
    });
    let keys: Vec<GoString> = keys.collect::<Result<_, _>>()?;
    let mut found = map.clone();
    for key in keys {
        match plain_map(&found)?.get(key) {
            Some(value) => found = value,
            None => return Ok(fallback.clone()),
        }
    }
    Ok(found)
}

/// Returns the map where its type is the unnamed one: a type assertion does not see through `common.Values`.
fn plain_map(value: &Value) -> Result<&Map, FunctionError> {
    const PLAIN: &str = "map[string]interface {}";
    match value {
        Value::Map(map) if map.collection_type().name == PLAIN => Ok(map),
        other => Err(conversion(other, PLAIN)),
    }
}

fn conversion(value: &Value, wanted: &str) -> FunctionError {
    let found = if value.is_nil() { "nil".into() } else { type_of(value) };
    FunctionError::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
