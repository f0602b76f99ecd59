//! Go's types and kinds by name, and deep equality.

use std::borrow::Cow;

use super::equality::deep_equal;
use crate::gotemplate::{Functions, GoString, Kind, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("typeOf", |value: Value| type_of(&value).into_owned());
    functions.add("typeIs", |target: GoString, value: Value| target == *type_of(&value));
    functions.add("typeIsLike", |target: GoString, value: Value| {
        let name = type_of(&value);
        target == *name || name.strip_prefix('*').is_some_and(|pointed| target == *pointed)
    });
    functions.add("kindOf", |value: Value| kind_of(&value));
    functions.add("kindIs", |target: GoString, value: Value| target == *kind_of(&value));
    functions.add("deepEqual", |left: Value, right: Value| deep_equal(&left, &right));
}

/// Returns what `%T` prints.
pub(super) fn type_of(value: &Value) -> Cow<'_, str> {
    if value.is_nil() { Cow::Borrowed("<nil>") } else { value.type_name() }
}

/// Returns the kind of what an interface holds: "invalid" for nothing.
pub(super) fn kind_of(value: &Value) -> &'static str {
    if value.is_nil() { Kind::Invalid.name() } else { value.kind().name() }
}
