//! Values as JSON, revealed for a sink or redacted for everybody else.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use super::{Number, Value};
use crate::secret::Secret;

/// Returns the JSON with secrets in the clear: for a request's body and other sinks only.
///
/// Bytes become base64; what is unknown becomes null.
#[expect(clippy::disallowed_methods, reason = "the caller is a sink: revealed() is its conscious choice")]
pub fn revealed(value: &Value) -> Json {
    convert(value, &|secret| revealed(secret.expose()), &Json::Null)
}

/// Returns the JSON with `"[secret]"` in place of each secret and `"[unknown]"` of what is not known.
pub fn redacted(value: &Value) -> Json {
    convert(value, &|_| Json::String("[secret]".into()), &Json::String("[unknown]".into()))
}

fn convert(value: &Value, secret: &dyn Fn(&Secret<Value>) -> Json, unknown: &Json) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => number_to_json(number),
        Value::String(text) => Json::String(text.to_string()),
        Value::Bytes(bytes) => {
            Json::String(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes))
        }
        Value::List(values) => values.iter().map(|value| convert(value, secret, unknown)).collect(),
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| (key.to_string(), convert(value, secret, unknown)))
                .collect::<JsonMap<_, _>>(),
        ),
        Value::Secret(hidden) => secret(hidden),
        Value::Deferred(_) | Value::Unknown => unknown.clone(),
    }
}

fn number_to_json(number: &Number) -> Json {
    if let Some(integer) = number.as_i64() {
        return integer.into();
    }
    if let Some(natural) = number.as_u64() {
        return natural.into();
    }
    number
        .as_f64()
        .and_then(serde_json::Number::from_f64)
        .map_or_else(|| Json::String(number.as_str().to_owned()), Json::Number)
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(Number::from_text(number.to_string())),
            Json::String(text) => Self::string(text.as_str()),
            Json::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            Json::Object(entries) => Self::Map(Arc::new(
                entries.iter().map(|(key, value)| (key.as_str().into(), Self::from(value))).collect(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_revealed_form_holds_the_secret() {
        let value = Value::map([("port", 8080.into()), ("token", Value::from("chirp").secret())]);
        assert_eq!(revealed(&value).to_string(), r#"{"port":8080,"token":"chirp"}"#);
        assert_eq!(redacted(&value).to_string(), r#"{"port":8080,"token":"[secret]"}"#);
    }

    #[test]
    fn an_unknown_part_is_marked_wherever_it_is() {
        let value = Value::map([("hosts", Value::list([Value::Unknown, "a".into()]))]);
        assert_eq!(redacted(&value).to_string(), r#"{"hosts":["[unknown]","a"]}"#);
        assert_eq!(revealed(&value).to_string(), r#"{"hosts":[null,"a"]}"#);
    }
}
