//! How a user's values and those of charts become one.
//!
//! The one that is nearer to the user wins; maps are merged key by key. When coalescing, a null of the user
//! deletes a chart's value; when merging (for what dependencies export) nulls stay.

use crate::gotemplate::{Map, Value};

const GLOBAL: &str = "global";

/// A chart in the tree of charts, as far as values are concerned.
pub trait Node {
    /// Returns its name in the parent.
    fn name(&self) -> &str;

    /// Returns a new copy of its own values.
    fn defaults(&self) -> Map;

    /// Returns its subcharts.
    fn children(&self) -> &[Self]
    where
        Self: Sized;
}

/// What becomes of nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nulls {
    /// They delete.
    Delete,
    /// They stay.
    Keep,
}

/// A value of the wrong kind where a subchart's values should be.
#[derive(Debug, thiserror::Error)]
#[error("type mismatch on {0}: the values of a subchart must be a map")]
pub struct TypeMismatch(String);

/// Returns the values of a chart and all its subcharts, with a user's laid over them; nulls delete.
pub fn coalesce(chart: &impl Node, values: &Map) -> Result<Map, TypeMismatch> {
    let values = copy_map(values);
    descend(chart, &values, Nulls::Delete)?;
    Ok(values)
}

/// Returns the values of a chart and all its subcharts; nulls stay.
pub fn merge(chart: &impl Node) -> Result<Map, TypeMismatch> {
    let values = Map::new();
    descend(chart, &values, Nulls::Keep)?;
    Ok(values)
}

/// Fills up `values` with what `below` has besides; nulls stay.
pub fn merge_tables(values: &Map, below: &Map) {
    fill(values, below, Nulls::Keep);
}

/// Fills up `values` with what `below` has besides; a null deletes what is below.
pub fn coalesce_tables(values: &Map, below: &Map) {
    fill(values, below, Nulls::Delete);
}

/// Returns a copy that shares no map with the value.
pub fn copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(copy_map(map)),
        Value::List(list) if list.iter().any(|item| matches!(item, Value::Map(_) | Value::List(_))) => {
            Value::List(list.iter().map(copy).collect())
        }
        other => other.clone(),
    }
}

fn copy_map(map: &Map) -> Map {
    let entries = map.entries();
    entries.iter().map(|(key, value)| (key.clone(), copy(value))).collect()
}

/// Writes to a map that is none of Go's nil maps, which alone refuse.
fn put(map: &Map, key: impl Into<crate::gotemplate::GoString>, value: Value) {
    let written = map.insert(key, value);
    debug_assert!(written.is_ok(), "values are no nil map");
}

fn descend<T: Node>(chart: &T, values: &Map, nulls: Nulls) -> Result<(), TypeMismatch> {
    fill_from_chart(chart, values, nulls);
    for child in chart.children() {
        let own = match values.get(child.name()) {
            None => {
                let own = Map::new();
                put(values, child.name(), Value::Map(own.clone()));
                own
            }
            Some(Value::Map(own)) => own,
            Some(_) => return Err(TypeMismatch(child.name().to_owned())),
        };
        share_globals(&own, values);
        descend(child, &own, nulls)?;
    }
    Ok(())
}

/// Hands the parent's globals down; the parent's win.
fn share_globals(own: &Map, parent: &Map) {
    let globals = |values: &Map| match values.get(GLOBAL) {
        None => Some(Map::new()),
        Some(Value::Map(globals)) => Some(globals),
        Some(_) => None,
    };
    let (Some(ours), Some(theirs)) = (globals(own), globals(parent)) else {
        tracing::warn!("skipping globals because they are not a map");
        return;
    };
    for (key, value) in theirs.to_entries() {
        match (value, ours.get(&key)) {
            (Value::Map(value), present) => {
                let value = value.shallow_copy();
                match present {
                    None => put(&ours, key, Value::Map(value)),
                    Some(Value::Map(present)) => {
                        fill(&value, &present, Nulls::Keep);
                        put(&ours, key, Value::Map(value));
                    }
                    Some(_) => tracing::warn!(%key, "cannot merge a map onto something else"),
                }
            }
            (_, Some(Value::Map(_))) => tracing::warn!(%key, "a global is a map already"),
            (value, _) => put(&ours, key, value),
        }
    }
    put(own, GLOBAL, Value::Map(ours));
}

/// Fills up `values` with the chart's own.
fn fill_from_chart<T: Node>(chart: &T, values: &Map, nulls: Nulls) {
    for (key, value) in chart.defaults().to_entries() {
        match values.get(&key) {
            Some(present) if present.is_nil() && nulls == Nulls::Delete => {
                values.remove(&key);
            }
            Some(Value::Map(present)) => {
                let Value::Map(value) = value else {
                    if !value.is_nil() {
                        tracing::warn!(chart = chart.name(), %key, "skipped a value: not a map");
                    }
                    continue;
                };
                // Nulls for a subchart are left for the subchart's own values to meet.
                let subchart = chart.children().iter().any(|child| key == child.name());
                let nulls = if subchart { Nulls::Keep } else { nulls };
                if nulls == Nulls::Delete {
                    drop_nulls(&value);
                }
                fill(&present, &value, nulls);
            }
            Some(_) => {}
            None => {
                if nulls == Nulls::Delete {
                    if value.is_nil() {
                        continue;
                    }
                    if let Value::Map(value) = &value {
                        drop_nulls(value);
                    }
                }
                put(values, key, value);
            }
        }
    }
}

fn drop_nulls(values: &Map) {
    for (key, value) in values.to_entries() {
        match value {
            Value::Map(value) => drop_nulls(&value),
            value if value.is_nil() => {
                values.remove(key);
            }
            _ => {}
        }
    }
}

/// Fills up `values` with what `below` has besides.
fn fill(values: &Map, below: &Map, nulls: Nulls) {
    for (key, value) in below.to_entries() {
        match values.get(&key) {
            None => put(values, key, value),
            // A null over nothing stays, so that templates see that the user said null.
            Some(present) if present.is_nil() => {
                if nulls == Nulls::Delete && !value.is_nil() {
                    values.remove(&key);
                }
            }
            Some(Value::Map(present)) => match value {
                Value::Map(value) => fill(&present, &value, nulls),
                value if !value.is_nil() => tracing::warn!(%key, "ignoring a value where a map is"),
                _ => {}
            },
            Some(_) => {
                if matches!(value, Value::Map(_)) {
                    tracing::warn!(%key, "cannot overwrite a map with something else");
                }
            }
        }
    }
}
