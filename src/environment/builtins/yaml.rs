//! Writing YAML as go-yaml v3 does.

use ::base64::{Engine, engine::general_purpose::STANDARD};

use crate::resource::Value;
use crate::yaml::{Emitter, Flavour, Layout, natural_order};

/// Writes a value; numbers become quoted strings, as their type is one to Pulumi's evaluator.
///
/// Secrets must be revealed before.
pub(super) fn write(value: &Value) -> String {
    let mut emitter = Emitter::new(Layout::GoYamlV3 { indent: 4 });
    emit(&mut emitter, value);
    emitter.finish()
}

fn emit(emitter: &mut Emitter, value: &Value) {
    match value {
        Value::Null => emitter.plain("null"),
        Value::Bool(value) => emitter.plain(if *value { "true" } else { "false" }),
        Value::Number(number) => emitter.string(number.as_str()),
        Value::String(text) => emitter.string(text),
        Value::Bytes(bytes) => emitter.tagged("!!binary", &STANDARD.encode(bytes)),
        Value::List(values) => {
            emitter.begin_sequence();
            values.iter().for_each(|value| emit(emitter, value));
            emitter.end();
        }
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            natural_order(&mut entries, |(key, _)| key, Flavour::GoYamlV3);
            emitter.begin_mapping();
            for (key, value) in entries {
                emitter.string(key);
                emit(emitter, value);
            }
            emitter.end();
        }
        Value::Secret(_) => emitter.string("[secret]"),
        Value::Deferred(_) | Value::Unknown => emitter.string("[unknown]"),
    }
}
