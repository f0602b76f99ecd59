//! Merging maps in place, as mergo 1.0 does, with its gaps.
//!
//! What is copied is the entry, not the map in it: afterwards source and target may share nested maps, and
//! charts depend on that as much as they suffer from it.

use crate::gotemplate::{FunctionError, Map, Value};

/// How deep maps may nest. A map that holds itself would nest forever; Go's stack overflows there.
const DEEPEST: usize = 1000;

/// What happens to entries that both have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merge {
    /// The target's entry stays, unless it is empty.
    Fill,
    /// The source's entry wins, also where it is empty.
    Overwrite,
}

/// Merges the sources, first to last, into `target`, and returns it.
pub(super) fn merge(target: Map, sources: &[Map], how: Merge) -> Result<Map, FunctionError> {
    let mut target = target;
    for source in sources {
        if target.is_nil() && !source.is_nil() {
            target = Map::new();
        }
        merge_into(&target, source, how, 0)?;
    }
    Ok(target)
}

fn merge_into(target: &Map, source: &Map, how: Merge, depth: usize) -> Result<(), FunctionError> {
    if depth > DEEPEST {
        return Err("maps are nested too deeply to merge".into());
    }
    for (key, value) in source.to_entries() {
        let present = target.get(&key);
        match (&present, &value) {
            (_, Value::Nil | Value::Invalid) => {
                if how == Merge::Overwrite {
                    target.insert(key, value)?;
                }
                continue;
            }
            // A nil map cannot be filled through the interface that holds it: mergo leaves it to the rule below.
            (Some(Value::Map(inner)), Value::Map(from)) if !inner.is_nil() => {
                merge_into(inner, from, how, depth + 1)?;
                if !inner.is_empty() {
                    continue;
                }
            }
            _ => {}
        }
        if how == Merge::Overwrite || present.is_none_or(|present| is_empty(&present)) {
            target.insert(key, value)?;
        }
    }
    Ok(())
}

/// Mergo's emptiness; a struct is never empty.
fn is_empty(value: &Value) -> bool {
    !value.truth()
}
