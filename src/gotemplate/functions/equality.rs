//! `reflect.DeepEqual`: the same types and the same contents all the way down.

use std::rc::Rc;

use crate::gotemplate::{List, Map, Object, Value};

/// Tells whether two values are deeply equal. Numbers of different types are not, nor is a nil list or map equal
/// to an empty one.
pub(super) fn deep_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Invalid | Value::Nil, Value::Invalid | Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Int32(left), Value::Int32(right)) => left == right,
        (Value::Int64(left), Value::Int64(right)) => left == right,
        (Value::Uint8(left), Value::Uint8(right)) => left == right,
        (Value::Uint64(left), Value::Uint64(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::String(left), Value::String(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            left == right
        }
        (Value::List(left), Value::List(right)) => equal_lists(left, right),
        (Value::Map(left), Value::Map(right)) => equal_maps(left, right),
        (Value::Object(left), Value::Object(right)) => equal_objects(left, right),
        // Functions are equal only where both are nil, which no value here is; the rest differ in type.
        _ => false,
    }
}

fn equal_lists(left: &List, right: &List) -> bool {
    left.collection_type().name == right.collection_type().name
        && left.is_nil() == right.is_nil()
        && left.len() == right.len()
        && (left.is_same(right) || left.iter().zip(right.iter()).all(|(left, right)| deep_equal(left, right)))
}

fn equal_maps(left: &Map, right: &Map) -> bool {
    if left.is_same(right) {
        return true;
    }
    let (entries, others) = (left.entries(), right.entries());
    left.collection_type().name == right.collection_type().name
        && left.is_nil() == right.is_nil()
        && entries.len() == others.len()
        && (entries.iter().zip(others.iter()))
            .all(|((key, value), (other, compared))| key == other && deep_equal(value, compared))
}

fn equal_objects(left: &Rc<dyn Object>, right: &Rc<dyn Object>) -> bool {
    if Rc::ptr_eq(left, right) {
        return true;
    }
    let equal_fields = || {
        let (fields, others) = (left.fields(), right.fields());
        fields.len() == others.len()
            && (fields.iter().zip(&others)).all(|((_, value), (_, compared))| deep_equal(value, compared))
    };
    let equal_plain = || match (left.underlying(), right.underlying()) {
        (None, None) => true,
        (Some(plain), Some(compared)) => deep_equal(&plain, &compared),
        _ => false,
    };
    left.type_name() == right.type_name() && left.text() == right.text() && equal_plain() && equal_fields()
}
