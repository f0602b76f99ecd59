//! Values as text: what `%v` and Sprig's `toString` make of them.

use crate::gotemplate::format::print;
use crate::gotemplate::{GoString, Value};

/// Returns a value as `toString` does: strings and bytes as they are, everything else as `%v` prints it.
pub(super) fn text(value: &Value) -> GoString {
    match value {
        Value::String(text) | Value::Bytes(text) => text.clone(),
        other => printed(other).into(),
    }
}

/// Returns a value as `%v` prints it.
pub(super) fn printed(value: &Value) -> Vec<u8> {
    print(std::slice::from_ref(value))
}
