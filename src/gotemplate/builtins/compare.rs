//! `eq ne lt le gt ge`: only values of one kind compare; integers compare whatever their sign.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::gotemplate::format::{print, printf};
use crate::gotemplate::{FunctionError, GoString, Value};

/// A value of a kind that has an order or at least equality.
enum Basic {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    String(GoString),
}

fn basic(value: &Value) -> Option<Basic> {
    match value {
        Value::Bool(truth) => Some(Basic::Bool(*truth)),
        Value::Int(_) | Value::Int32(_) | Value::Int64(_) => value.as_signed().map(Basic::Signed),
        Value::Uint8(_) | Value::Uint64(_) => value.as_unsigned().map(Basic::Unsigned),
        Value::Float(number) => Some(Basic::Float(*number)),
        Value::String(text) => Some(Basic::String(text.clone())),
        Value::Object(object) => basic(&object.underlying()?),
        Value::Invalid
        | Value::Nil
        | Value::Bytes(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Function(_) => None,
    }
}

fn compare_integers(signed: i64, unsigned: u64) -> Ordering {
    u64::try_from(signed).map_or(Ordering::Less, |signed| signed.cmp(&unsigned))
}

fn incompatible(left: &Value, right: &Value) -> FunctionError {
    FunctionError::new(format!(
        "incompatible types for comparison: {} and {}",
        left.type_name(),
        right.type_name()
    ))
}

/// Tells whether the first value equals any of the others.
pub(super) fn equal(first: &Value, others: &[Value]) -> Result<bool, FunctionError> {
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        if equal_pair(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal_pair(left: &Value, right: &Value) -> Result<bool, FunctionError> {
    match (basic(left), basic(right)) {
        (Some(Basic::Bool(left)), Some(Basic::Bool(right))) => Ok(left == right),
        (Some(Basic::Signed(left)), Some(Basic::Signed(right))) => Ok(left == right),
        (Some(Basic::Unsigned(left)), Some(Basic::Unsigned(right))) => Ok(left == right),
        (Some(Basic::Signed(signed)), Some(Basic::Unsigned(unsigned)))
        | (Some(Basic::Unsigned(unsigned)), Some(Basic::Signed(signed))) => {
            Ok(compare_integers(signed, unsigned).is_eq())
        }
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => Ok(left == right),
        (Some(Basic::String(left)), Some(Basic::String(right))) => Ok(left == right),
        (None, None) => equal_composites(left, right),
        _ if left.is_nil() || right.is_nil() => Ok(false),
        _ => Err(incompatible(left, right)),
    }
}

/// Compares what has no basic kind: such values are equal to themselves or cannot be compared.
fn equal_composites(left: &Value, right: &Value) -> Result<bool, FunctionError> {
    if !left.is_nil() && !right.is_nil() && left.kind() != right.kind() {
        return Err(FunctionError::new(format!(
            "non-comparable types {}: {}, {}: {}",
            as_string(left),
            left.type_name(),
            right.type_name(),
            String::from_utf8_lossy(&print(std::slice::from_ref(right)))
        )));
    }
    if is_typed_nil(left) || is_typed_nil(right) {
        return Ok(is_typed_nil(left) == is_typed_nil(right));
    }
    if let (Value::Object(left), Value::Object(right)) = (left, right) {
        return Ok(Rc::ptr_eq(left, right)
            || (!left.type_name().starts_with('*')
                && left.type_name() == right.type_name()
                && equal_fields(&left.fields(), &right.fields())));
    }
    let message = format!("non-comparable type {}: {}", as_string(right), right.type_name());
    Err(FunctionError::new(message))
}

/// Prints under `%s`, as Go's message does, whatever the value is.
fn as_string(value: &Value) -> String {
    String::from_utf8_lossy(&printf(b"%s", std::slice::from_ref(value))).into_owned()
}

fn equal_fields(left: &[(&str, Value)], right: &[(&str, Value)]) -> bool {
    left.iter().zip(right).all(|((_, left), (_, right))| equal_pair(left, right).unwrap_or(false))
}

fn is_typed_nil(value: &Value) -> bool {
    match value {
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => value.is_nil(),
    }
}

/// Tells whether `left < right`.
pub(super) fn less(left: &Value, right: &Value) -> Result<bool, FunctionError> {
    let bad = || FunctionError::new("invalid type for comparison");
    let (left_basic, right_basic) = (basic(left).ok_or_else(bad)?, basic(right).ok_or_else(bad)?);
    match (left_basic, right_basic) {
        (Basic::Bool(_), Basic::Bool(_)) => Err(bad()),
        (Basic::Signed(left), Basic::Signed(right)) => Ok(left < right),
        (Basic::Unsigned(left), Basic::Unsigned(right)) => Ok(left < right),
        (Basic::Signed(left), Basic::Unsigned(right)) => Ok(compare_integers(left, right).is_lt()),
        (Basic::Unsigned(left), Basic::Signed(right)) => Ok(compare_integers(right, left).is_gt()),
        (Basic::Float(left), Basic::Float(right)) => Ok(left < right),
        (Basic::String(left), Basic::String(right)) => Ok(left < right),
        _ => Err(incompatible(left, right)),
    }
}

/// Tells whether `left <= right`.
pub(super) fn less_or_equal(left: &Value, right: &Value) -> Result<bool, FunctionError> {
    Ok(less(left, right)? || equal_pair(left, right)?)
}
