//! JSON values as YAML.

use serde_json::{Number, Value};

use crate::yaml::number::{format_float, format_json_float};
use crate::yaml::resolve::resolve_plain;
use crate::yaml::{Flavour, Resolved};

use super::{Emitter, Layout, natural_order};

/// Writes a JSON value as YAML; keys are in Go's natural order.
///
/// With [`Layout::GoYamlV2`] the text is that of Helm's `toYaml`, which goes through JSON: `1e6` becomes `1000000`.
/// ```
/// use eggtooth_syntax::yaml::{Layout, emit_json};
///
/// let value = serde_json::json!({ "a10": ["yes", 1.5], "a2": {} });
/// assert_eq!(emit_json(&value, Layout::GoYamlV2), "a2: {}\na10:\n- \"yes\"\n- 1.5\n");
/// ```
pub fn emit_json(value: &Value, layout: Layout) -> String {
    let mut emitter = Emitter::new(layout);
    emit(&mut emitter, value, layout);
    emitter.finish()
}

fn emit(emitter: &mut Emitter, value: &Value, layout: Layout) {
    match value {
        Value::Null => emitter.plain("null"),
        Value::Bool(value) => emitter.plain(if *value { "true" } else { "false" }),
        Value::Number(number) => emitter.plain(&number_text(number, layout)),
        Value::String(text) => emitter.string(text),
        Value::Array(values) => {
            emitter.begin_sequence();
            for value in values {
                emit(emitter, value, layout);
            }
            emitter.end();
        }
        Value::Object(object) => {
            emitter.begin_mapping();
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            natural_order(&mut entries, |(key, _)| key, layout.flavour());
            for (key, value) in entries {
                emitter.string(key);
                emit(emitter, value, layout);
            }
            emitter.end();
        }
    }
}

/// Returns a number as Go writes it; on the way through JSON, v2 makes integers of floats that have no fraction.
fn number_text(number: &Number, layout: Layout) -> String {
    if !number.is_f64() {
        return number.to_string();
    }
    let value = number.as_f64().unwrap_or_default();
    match layout {
        Layout::GoYamlV2 => match resolve_plain(&format_json_float(value), Flavour::GoYamlV2) {
            Resolved::Int(value) => value.to_string(),
            Resolved::Uint(value) => value.to_string(),
            _ => format_float(value),
        },
        Layout::GoYamlV3 { .. } => format_float(value),
    }
}
