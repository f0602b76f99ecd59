//! TOML: `toToml` and `fromToml`, as BurntSushi/toml 1.6 writes and reads it.

mod decoder;
mod encoder;

use encoder::EncodeError;

use crate::gotemplate::{FunctionError, Functions, GoString, Map, Value};

pub(super) fn add(functions: &mut Functions) {
    // The text of the error takes the place of the document, but for the panic over nil.
    functions.add("toToml", |value: Value| match encoder::encode(&value) {
        Err(error @ EncodeError::Nil) => Err(FunctionError::from_cause(error)),
        Err(error) => Ok(error.to_string()),
        Ok(text) => Ok(text),
    });
    functions.add("mustToToml", |value: Value| encoder::encode(&value).map_err(FunctionError::from_cause));
    functions.add("fromToml", |text: GoString| {
        decoder::decode(&text).unwrap_or_else(|error| Map::from_iter([("Error", error.to_string())]))
    });
}
