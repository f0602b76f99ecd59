//! JSON as Go's `encoding/json` writes and reads it.

use super::json_decoder::{decode, decode_list, decode_map};
use super::json_encoder::{Encoder, encode};
use crate::gotemplate::{FunctionError, Functions, GoString, List, Map, Value};

pub(super) fn add(functions: &mut Functions) {
    // Helm's and Sprig's plain ones swallow errors, and there is nothing then.
    functions.add("toJson", |value: Value| encode(&value, Encoder::COMPACT).unwrap_or_default());
    functions.add("toPrettyJson", |value: Value| encode(&value, Encoder::PRETTY).unwrap_or_default());
    for (name, encoder) in [
        ("mustToJson", Encoder::COMPACT),
        ("mustToPrettyJson", Encoder::PRETTY),
        ("toRawJson", Encoder::RAW),
        ("mustToRawJson", Encoder::RAW),
    ] {
        functions.add(name, move |value: Value| encode(&value, encoder).map_err(FunctionError::from_cause));
    }
    // A text that cannot be read becomes a value that says why.
    functions.add("fromJson", |text: GoString| {
        decode_map(&text).unwrap_or_else(|error| Map::from_iter([("Error", error.to_string())]))
    });
    functions.add("fromJsonArray", |text: GoString| {
        decode_list(&text).unwrap_or_else(|error| List::new(vec![Value::from(error.to_string())]))
    });
    functions.add("mustFromJson", |text: GoString| decode(&text).map_err(FunctionError::from_cause));
}
