//! An applied configuration laid over the live object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::fields::{elements, entries};
use crate::kubernetes::Step;
use crate::rehearsal::schema::{ListPlace, Place, Structure};

/// Returns the live value with what is wanted laid over it.
pub(super) fn combine(live: &Json, wanted: &Json, place: Place<'_>) -> Json {
    both(Some(live), Some(wanted), place).unwrap_or_else(|| Json::Object(Map::new()))
}

fn both(live: Option<&Json>, wanted: Option<&Json>, place: Place<'_>) -> Option<Json> {
    let (Some(live), Some(wanted)) = (live, wanted) else { return wanted.or(live).cloned() };
    match (place.structure(live), place.structure(wanted)) {
        (_, Structure::Leaf) | (Structure::Leaf, _) => Some(wanted.clone()),
        (Structure::Map(_), Structure::Map(_)) if is_empty(live) && is_empty(wanted) => Some(wanted.clone()),
        (Structure::List(_), Structure::List(_)) if is_empty(live) && is_empty(wanted) => {
            Some(wanted.clone())
        }
        (Structure::Map(map), _) => {
            let before = live.as_object();
            let mut out = Map::new();
            for (key, value) in entries(wanted) {
                let old = before.and_then(|live| live.get(key));
                if let Some(value) = both(old, Some(value), map.child(key)) {
                    out.insert(key.clone(), value);
                }
            }
            for (key, value) in entries(live) {
                if wanted.get(key).is_none() {
                    out.insert(key.clone(), value.clone());
                }
            }
            (!out.is_empty()).then_some(Json::Object(out))
        }
        (Structure::List(list), _) => {
            let out = both_lists(live, wanted, list);
            (!out.is_empty()).then_some(Json::Array(out))
        }
    }
}

/// Merges two lists: elements of both in the order of the wanted one, and those of the live one alone keep their
/// place before the element that they preceded.
fn both_lists(live: &Json, wanted: &Json, list: ListPlace<'_>) -> Vec<Json> {
    let (live, wanted) = (elements(live, list), elements(wanted, list));
    let of_wanted: BTreeSet<&Step> = wanted.iter().map(|(step, _)| step).collect();
    let mut of_live: BTreeMap<&Step, Option<&Json>> = BTreeMap::new();
    for (step, item) in &live {
        // What is there twice is not merged, but replaced.
        of_live.entry(step).and_modify(|item| *item = None).or_insert(Some(item));
    }
    let mut shared = wanted.iter().map(|(step, _)| step).filter(|step| of_live.contains_key(step));
    let mut next_shared = shared.next();
    let mut merged: BTreeSet<&Step> = BTreeSet::new();
    let mut out = Vec::with_capacity(live.len().max(wanted.len()));
    let (mut left, mut right) = (0, 0);
    while left < live.len() || right < wanted.len() {
        if let (Some((ours, _)), Some((theirs, _))) = (live.get(left), wanted.get(right))
            && ours != theirs
            && of_wanted.contains(ours)
            && next_shared.is_some_and(|next| next != ours)
        {
            left += 1;
            continue;
        }
        if let Some((ours, item)) = live.get(left)
            && wanted.get(right).is_none_or(|(theirs, _)| theirs != ours)
        {
            if !of_wanted.contains(ours) {
                out.push((*item).clone());
                left += 1;
                continue;
            }
            if merged.contains(ours) {
                left += 1;
            }
        }
        if let Some((theirs, item)) = wanted.get(right) {
            if live.get(left).is_some_and(|(ours, _)| ours == theirs) {
                left += 1;
            }
            merged.insert(theirs);
            let old = of_live.get(theirs).copied().flatten();
            out.extend(both(old, Some(item), list.items));
            right += 1;
            if next_shared == Some(theirs) {
                next_shared = shared.next();
            }
        }
    }
    out
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Object(entries) => entries.is_empty(),
        Json::Array(values) => values.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}
