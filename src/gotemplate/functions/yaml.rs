//! YAML as Helm's `toYaml` and `fromYaml` have it: through JSON and go-yaml v2; the pretty one through v3.

use super::json_encoder::{EncodeError, check};
use crate::gotemplate::{FunctionError, Functions, GoString, List, Map, Value};
use crate::yaml::{Flavour, Layout, emit_json, read_json};

pub(super) fn add(functions: &mut Functions) {
    functions.add("toYaml", |value: Value| to_yaml(&value).unwrap_or_default());
    functions.add("mustToYaml", |value: Value| {
        to_yaml(&value).map_err(|error| FunctionError::from_cause(error).within("error marshaling into JSON"))
    });
    functions.add("toYamlPretty", |value: Value| {
        let text = check(&value).map(|()| emit_json(&with_floats(&value), Layout::GoYamlV3 { indent: 2 }));
        text.map(without_last_break).unwrap_or_default()
    });
    // A text that cannot be read becomes a value that says why.
    functions.add("fromYaml", |text: GoString| {
        map(&text).unwrap_or_else(|error| Map::from_iter([("Error", error)]))
    });
    functions.add("fromYamlArray", |text: GoString| {
        list(&text).unwrap_or_else(|error| List::new(vec![Value::from(error)]))
    });
}

fn to_yaml(value: &Value) -> Result<String, EncodeError> {
    check(value)?;
    Ok(without_last_break(emit_json(&value.to_json(), Layout::GoYamlV2)))
}

fn without_last_break(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}

/// Returns the value as JSON whose floats stay floats: v3 writes them without a way through JSON, `1e+06`.
fn with_floats(value: &Value) -> serde_json::Value {
    match value {
        Value::Float(number) => (*number).into(),
        Value::Bytes(bytes) => bytes.iter().copied().collect(),
        Value::List(list) => list.iter().map(with_floats).collect(),
        Value::Map(map) => {
            let entries = map.entries();
            entries.iter().map(|(key, value)| (key.to_string(), with_floats(value))).collect()
        }
        other => other.to_json(),
    }
}

fn map(text: &GoString) -> Result<Map, String> {
    match read(text)? {
        serde_json::Value::Null => Ok(Map::new()),
        serde_json::Value::Object(entries) => Ok(entries.into()),
        other => Err(mismatch(&other, "map[string]interface {}")),
    }
}

fn list(text: &GoString) -> Result<List, String> {
    match read(text)? {
        serde_json::Value::Null => Ok(List::new(Vec::new())),
        serde_json::Value::Array(items) => Ok(items.into()),
        other => Err(mismatch(&other, "[]interface {}")),
    }
}

fn read(text: &GoString) -> Result<serde_json::Value, String> {
    let text = text.as_text().ok_or("error converting YAML to JSON: yaml: invalid leading UTF-8 octet")?;
    read_json(text, Flavour::GoYamlV2).map_err(|error| format!("error converting YAML to JSON: {error}"))
}

fn mismatch(found: &serde_json::Value, wanted: &str) -> String {
    let kind = match found {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}"
    )
}
