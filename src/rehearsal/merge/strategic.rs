//! Strategic merge patches: merge patches that know which lists are merged, and by which key.

use serde_json::{Map, Value as Json};

use super::patch::PatchError;
use crate::rehearsal::schema::{Place, Strategy};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

/// Returns the object with the patch merged into it.
pub(super) fn merge_strategically(live: &Json, patch: &Json, root: Place<'_>) -> Result<Json, PatchError> {
    let empty = Map::new();
    let (live, patch) = (live.as_object().unwrap_or(&empty), patch.as_object().unwrap_or(&empty));
    merge_maps(live.clone(), patch, root).map(Json::Object)
}

fn merge_maps(
    mut live: Map<String, Json>,
    patch: &Map<String, Json>,
    place: Place<'_>,
) -> Result<Map<String, Json>, PatchError> {
    match patch.get(DIRECTIVE).and_then(Json::as_str) {
        Some("replace") => {
            let rest = patch.iter().filter(|(key, _)| *key != DIRECTIVE);
            return Ok(rest.map(|(key, value)| (key.clone(), value.clone())).collect());
        }
        Some("delete") => return Ok(Map::new()),
        Some("merge") | None => {}
        Some(other) => return Err(PatchError::Directive(other.to_owned())),
    }
    if let Some(kept) = patch.get(RETAIN_KEYS).and_then(Json::as_array) {
        live.retain(|key, _| kept.iter().any(|kept| kept == key));
    }
    for (key, gone) in patch {
        if let Some(key) = key.strip_prefix(DELETE)
            && let (Some(Json::Array(values)), Some(gone)) = (live.get_mut(key), gone.as_array())
        {
            values.retain(|value| !gone.contains(value));
        }
    }
    for (key, change) in patch.iter().filter(|(key, _)| !key.starts_with('$')) {
        let strategy = place.strategy(key);
        let order = patch.get(&format!("{ORDER}{key}")).and_then(Json::as_array);
        let (below, old) = (place.field(key), live.remove(key));
        let merged = match (old, change) {
            (_, Json::Null) => continue,
            (Some(Json::Object(old)), Json::Object(change)) => Json::Object(merge_maps(old, change, below)?),
            (Some(Json::Array(old)), Json::Array(change)) if strategy.merge => {
                let key = strategy.key.as_deref();
                let merged = merge_lists(&old, change, key, below)?;
                Json::Array(ordered(merged, order.unwrap_or(change), &old, key))
            }
            (None | Some(_), change) => match without_directives(change) {
                Some(value) => value,
                None => continue,
            },
        };
        live.insert(key.clone(), merged);
    }
    // What is only ordered, not changed.
    for (key, order) in patch {
        let Some(key) = key.strip_prefix(ORDER).filter(|key| !patch.contains_key(*key)) else { continue };
        if let (Some(Json::Array(values)), Some(order)) = (live.get_mut(key), order.as_array()) {
            let Strategy { key, .. } = place.strategy(key);
            let old = std::mem::take(values);
            *values = ordered(old.clone(), order, &old, key.as_deref());
        }
    }
    Ok(live)
}

fn merge_lists(
    old: &[Json],
    patch: &[Json],
    key: Option<&str>,
    place: Place<'_>,
) -> Result<Vec<Json>, PatchError> {
    let Some(key) = key else {
        let mut merged = old.to_vec();
        for value in patch {
            if !merged.contains(value) {
                merged.push(value.clone());
            }
        }
        return Ok(merged);
    };
    if patch.iter().any(|item| item[DIRECTIVE] == "replace") {
        return Ok(patch.iter().filter(|item| item.get(DIRECTIVE).is_none()).cloned().collect());
    }
    let mut merged = old.to_vec();
    for item in patch {
        let id = item
            .get(key)
            .filter(|id| !id.is_null())
            .ok_or_else(|| PatchError::NoKey { element: item.to_string(), key: key.to_owned() })?;
        if item[DIRECTIVE] == "delete" {
            merged.retain(|other| other.get(key) != Some(id));
            continue;
        }
        match (merged.iter_mut().find(|other| other.get(key) == Some(id)), item) {
            (Some(Json::Object(other)), Json::Object(item)) => {
                *other = merge_maps(std::mem::take(other), item, place.items())?;
            }
            (Some(_) | None, item) => merged.extend(without_directives(item)),
        }
    }
    Ok(merged)
}

/// Puts what the patch names into its order, and the rest where it was relative to that.
fn ordered(merged: Vec<Json>, order: &[Json], old: &[Json], key: Option<&str>) -> Vec<Json> {
    let same = |left: &Json, right: &Json| match key {
        Some(key) => left.get(key) == right.get(key),
        None => left == right,
    };
    let place = |list: &[Json], item: &Json| list.iter().position(|other| same(other, item));
    let (mut named, mut rest): (Vec<Json>, Vec<Json>) =
        merged.into_iter().partition(|item| place(order, item).is_some());
    named.sort_by_key(|item| place(order, item));
    rest.sort_by_key(|item| place(old, item));
    let mut out = Vec::with_capacity(named.len() + rest.len());
    let mut rest = rest.into_iter().peekable();
    for item in named {
        while let Some(other) = rest.next_if(|other| match (place(old, other), place(old, &item)) {
            (Some(other), Some(item)) => other < item,
            _ => false,
        }) {
            out.push(other);
        }
        out.push(item);
    }
    out.extend(rest);
    out
}

/// Returns what a patch says of a place where nothing is yet; `None` for what it would delete.
fn without_directives(value: &Json) -> Option<Json> {
    match value {
        Json::Object(entries) => {
            if entries.get(DIRECTIVE).is_some_and(|directive| directive == "delete") {
                return None;
            }
            let rest = entries.iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
            Some(Json::Object(
                rest.filter_map(|(key, value)| Some((key.clone(), without_directives(value)?))).collect(),
            ))
        }
        Json::Array(values) => Some(Json::Array(values.iter().filter_map(without_directives).collect())),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Some(value.clone()),
    }
}
