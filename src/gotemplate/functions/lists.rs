//! Lists. None of these functions changes its argument; each takes every slice type and answers with
//! `[]interface {}`, unless said otherwise.

use super::casting::integer;
use super::defaults::is_empty;
use super::equality::deep_equal;
use super::reflection::kind_of;
use crate::gotemplate::{CollectionType, Element, FunctionError, Functions, LIST, List, Rest, Value};

/// What a nil interface does to a function that asks it for its type.
const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

static CHUNKS: CollectionType = CollectionType::plain("[][]interface {}", Element::Any);

pub(super) fn add(functions: &mut Functions) {
    for name in ["list", "tuple"] {
        functions.add(name, |items: Rest<Value>| items.0);
    }
    functions.add("concat", |lists: Rest<Value>| concat(&lists.0));
    // Every function has a `must` twin that returns the error which the other one panics with.
    for name in ["append", "push", "mustAppend", "mustPush"] {
        functions.add(name, |list: Value, item: Value| {
            let mut items = items(&list, "push on")?;
            items.push(item);
            Ok::<_, FunctionError>(items)
        });
    }
    for name in ["prepend", "mustPrepend"] {
        functions.add(name, |list: Value, item: Value| {
            let mut items = items(&list, "prepend on")?;
            items.insert(0, item);
            Ok::<_, FunctionError>(items)
        });
    }
    for name in ["chunk", "mustChunk"] {
        functions.add(name, |size: isize, list: Value| chunks(&items(&list, "chunk")?, size));
    }
    for name in ["slice", "mustSlice"] {
        functions.add(name, |list: Value, bounds: Rest<Value>| slice(&list, &bounds.0));
    }
    add_ends(functions);
    add_filters(functions);
}

fn add_ends(functions: &mut Functions) {
    for name in ["first", "mustFirst"] {
        functions.add(name, |list: Value| {
            items(&list, "find first on").map(|items| items.first().cloned().unwrap_or(Value::Nil))
        });
    }
    for name in ["last", "mustLast"] {
        functions.add(name, |list: Value| {
            items(&list, "find last on").map(|items| items.last().cloned().unwrap_or(Value::Nil))
        });
    }
    for name in ["rest", "mustRest"] {
        functions.add(name, |list: Value| {
            items(&list, "find rest on").map(|items| part_or_nil(items.split_first().map(|(_, rest)| rest)))
        });
    }
    for name in ["initial", "mustInitial"] {
        functions.add(name, |list: Value| {
            items(&list, "find initial on").map(|items| part_or_nil(items.split_last().map(|(_, rest)| rest)))
        });
    }
    for name in ["reverse", "mustReverse"] {
        functions.add(name, |list: Value| {
            items(&list, "find reverse on").map(|items| items.into_iter().rev().collect::<Vec<_>>())
        });
    }
}

fn add_filters(functions: &mut Functions) {
    for name in ["compact", "mustCompact"] {
        functions.add(name, |list: Value| filtered(&list, "compact on", |item| !is_empty(item)));
    }
    for name in ["uniq", "mustUniq"] {
        functions.add(name, |list: Value| {
            let mut unique: Vec<Value> = Vec::new();
            for item in items(&list, "find uniq on")? {
                if !unique.iter().any(|seen| deep_equal(&item, seen)) {
                    unique.push(item);
                }
            }
            Ok::<_, FunctionError>(unique)
        });
    }
    for name in ["without", "mustWithout"] {
        functions.add(name, |list: Value, unwanted: Rest<Value>| {
            filtered(&list, "find without on", |item| !unwanted.0.iter().any(|other| deep_equal(item, other)))
        });
    }
    for name in ["has", "mustHas"] {
        functions.add(name, |needle: Value, list: Value| match list {
            Value::Nil => Ok(false),
            list => {
                items(&list, "find has on").map(|items| items.iter().any(|item| deep_equal(&needle, item)))
            }
        });
    }
}

/// Returns the items of a list of any type; `act` is what the error says cannot be done.
fn items(list: &Value, act: &str) -> Result<Vec<Value>, FunctionError> {
    slice_items(list)?.ok_or_else(|| FunctionError::new(format!("Cannot {act} type {}", kind_of(list))))
}

fn slice_items(list: &Value) -> Result<Option<Vec<Value>>, FunctionError> {
    match list {
        Value::List(list) => Ok(Some(list.to_vec())),
        Value::Bytes(bytes) => Ok(Some(bytes.iter().map(|byte| Value::Uint8(*byte)).collect())),
        Value::Invalid | Value::Nil => Err(NIL_POINTER.into()),
        _ => Ok(None),
    }
}

fn filtered(list: &Value, act: &str, keep: impl Fn(&Value) -> bool) -> Result<Vec<Value>, FunctionError> {
    Ok(items(list, act)?.into_iter().filter(keep).collect())
}

fn part_or_nil(part: Option<&[Value]>) -> List {
    part.map_or_else(|| List::nil(&LIST), |items| List::new(items.to_vec()))
}

fn concat(lists: &[Value]) -> Result<List, FunctionError> {
    let mut joined = Vec::new();
    for list in lists {
        let items = slice_items(list)?;
        joined
            .extend(items.ok_or_else(|| {
                FunctionError::new(format!("Cannot concat type {} as list", kind_of(list)))
            })?);
    }
    Ok(if joined.is_empty() { List::nil(&LIST) } else { List::new(joined) })
}

/// Cuts into lists of `size` items, the last one with what is left. Sizes below one fail as Go's arithmetic
/// makes them fail.
fn chunks(items: &[Value], size: isize) -> Result<List, FunctionError> {
    let chunks = match usize::try_from(size) {
        Ok(0) if items.is_empty() => Vec::new(),
        Ok(0) | Err(_) => return Err("runtime error: makeslice: len out of range".into()),
        Ok(size) => items.chunks(size).map(|chunk| Value::from(chunk.to_vec())).collect(),
    };
    Ok(List::typed(&CHUNKS, chunks))
}

/// Returns the items from one index until before another, as a list of the same type.
fn slice(list: &Value, bounds: &[Value]) -> Result<Value, FunctionError> {
    let length = match list {
        Value::List(list) => list.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Invalid | Value::Nil => return Err(NIL_POINTER.into()),
        other => {
            let kind = kind_of(other);
            return Err(FunctionError::new(format!("list should be type of slice or array but {kind}")));
        }
    };
    if length == 0 {
        return Ok(Value::Nil);
    }
    let start = bounds.first().map_or(0, integer);
    let end = bounds.get(1).map_or(length as i64, integer);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let range = range.filter(|(start, end)| start <= end && *end <= length).map(|(start, end)| start..end);
    let range = range.ok_or("reflect.Value.Slice: slice index out of bounds")?;
    Ok(match list {
        Value::List(list) => Value::List(List::typed(list.collection_type(), list[range].to_vec())),
        Value::Bytes(bytes) => Value::Bytes(bytes[range].into()),
        other => other.clone(),
    })
}
