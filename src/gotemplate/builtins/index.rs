//! `index`, `slice` and `len`.

use crate::gotemplate::{FunctionError, List, Value};

/// Returns `item[i][j]…`.
pub(super) fn index(item: &Value, indexes: &[Value]) -> Result<Value, FunctionError> {
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    let mut item = item.clone();
    for key in indexes {
        item = match &item {
            Value::Invalid | Value::Nil => return Err("index of nil pointer".into()),
            Value::List(list) => at(list.len(), key, |place| list[place].clone())?,
            Value::Bytes(bytes) | Value::String(bytes) => {
                at(bytes.len(), key, |place| Value::Uint8(bytes[place]))?
            }
            Value::Map(map) => match key {
                Value::String(key) => map.get_or_zero(key),
                Value::Invalid | Value::Nil => return Err("value is nil; should be of type string".into()),
                _ => return Err(format!("value has type {}; should be string", key.type_name()).into()),
            },
            _ => return Err(format!("can't index item of type {}", pointed_type(&item)).into()),
        };
    }
    Ok(item)
}

fn at(length: usize, key: &Value, element: impl FnOnce(usize) -> Value) -> Result<Value, FunctionError> {
    let place = place(key, length)?;
    if place == length {
        // Go's check lets the length itself through; the access then panics.
        return Err(FunctionError::new(format!("reflect: {} index out of range", "slice")));
    }
    Ok(element(place))
}

/// Returns an index that is at most `limit`.
fn place(key: &Value, limit: usize) -> Result<usize, FunctionError> {
    let number = match key {
        Value::Invalid | Value::Nil => return Err("cannot index slice/array with nil".into()),
        _ => key.as_signed().or_else(|| key.as_unsigned().map(|number| number as i64)),
    };
    let Some(number) = number else {
        return Err(format!("cannot index slice/array with type {}", key.type_name()).into());
    };
    match usize::try_from(number) {
        Ok(place) if place <= limit => Ok(place),
        _ => Err(format!("index out of range: {number}").into()),
    }
}

/// Returns `item[i:j]` or `item[i:j:k]`. Our slices have no capacity beyond their length.
pub(super) fn slice(item: &Value, indexes: &[Value]) -> Result<Value, FunctionError> {
    if item.is_nil() {
        return Err("slice of untyped nil".into());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()).into());
    }
    let length = match item {
        Value::String(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".into()),
        Value::String(bytes) | Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        _ => return Err(format!("can't slice item of type {}", pointed_type(item)).into()),
    };
    let mut bounds = [0, length, length];
    for (bound, key) in bounds.iter_mut().zip(indexes) {
        *bound = place(key, length)?;
    }
    for pair in bounds.windows(2).take(indexes.len().max(2) - 1) {
        if pair[0] > pair[1] {
            return Err(format!("invalid slice index: {} > {}", pair[0], pair[1]).into());
        }
    }
    let range = bounds[0]..bounds[1];
    Ok(match item {
        Value::String(text) => Value::String(text[range].into()),
        Value::Bytes(bytes) => Value::Bytes(bytes[range].into()),
        Value::List(list) => Value::List(List::typed(list.collection_type(), list[range].to_vec())),
        _ => Value::Invalid,
    })
}

/// Returns the type's name behind a pointer, which these functions follow.
fn pointed_type(item: &Value) -> String {
    item.type_name().trim_start_matches('*').to_owned()
}

/// Returns how many elements or bytes the item has.
pub(super) fn length(item: &Value) -> Result<isize, FunctionError> {
    let length = match item {
        // Of no value Go asks the type, and panics.
        Value::Invalid => {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        Value::Nil => return Err("len of nil pointer".into()),
        Value::String(bytes) | Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(format!("len of type {}", pointed_type(item)).into()),
    };
    Ok(length as isize)
}
