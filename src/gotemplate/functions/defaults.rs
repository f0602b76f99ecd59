//! Choosing between values: `default`, `empty`, `coalesce`, `ternary`.

use crate::gotemplate::{Functions, Rest, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("default", |fallback: Value, given: Rest<Value>| {
        given.0.into_iter().next().filter(|value| !is_empty(value)).unwrap_or(fallback)
    });
    functions.add("empty", |value: Value| is_empty(&value));
    functions.add("coalesce", |values: Rest<Value>| {
        values.0.into_iter().find(|value| !is_empty(value)).unwrap_or(Value::Nil)
    });
    functions.add("all", |values: Rest<Value>| !values.0.iter().any(is_empty));
    functions.add("any", |values: Rest<Value>| values.0.iter().any(|value| !is_empty(value)));
    functions.add("ternary", |yes: Value, no: Value, condition: bool| if condition { yes } else { no });
}

/// Tells whether the value is the zero of its type; a struct never is.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.truth()
}
