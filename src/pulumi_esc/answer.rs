//! Values as the API gives them: each part with its marks and its trace.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number as JsonNumber;

use crate::resource::{Map, Number, Value};

/// `{"value": …, "secret": true, "trace": …}`; what is inside of `value` has this form again.
#[derive(Deserialize)]
pub(super) struct Marked {
    #[serde(default)]
    value: Content,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    unknown: bool,
}

/// A value whose parts are [`Marked`].
struct Content(Value);

impl Default for Content {
    fn default() -> Self {
        Self(Value::Null)
    }
}

/// A whole environment; properties that are missing mean that there are none.
#[derive(Deserialize)]
pub(super) struct Environment {
    #[serde(default)]
    properties: Option<std::collections::BTreeMap<String, Marked>>,
}

impl Environment {
    pub(super) fn into_value(self) -> Value {
        let properties = self.properties.unwrap_or_default();
        Value::map(properties.into_iter().map(|(key, marked)| (key, marked.into_value())))
    }
}

impl Marked {
    fn into_value(self) -> Value {
        let value = if self.unknown { Value::Unknown } else { self.value.0 };
        if self.secret { value.secret() } else { value }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts).map(Self)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let text = JsonNumber::from_f64(value).map_or_else(|| value.to_string(), |number| number.to_string());
        Ok(Value::Number(Number::from_text(text)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(marked) = items.next_element::<Marked>()? {
            values.push(marked.into_value());
        }
        Ok(Value::list(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((key, marked)) = entries.next_entry::<String, Marked>()? {
            values.insert(key.into(), marked.into_value());
        }
        Ok(Value::Map(values.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_are_kept_at_every_level_and_traces_are_not() {
        let environment: Environment = serde_json::from_value(json!({ "exprs": {}, "properties": {
            "app": { "value": { "password": { "value": "chirp", "secret": true, "trace": {} } }, "trace": {} },
            "list": { "value": [{ "value": 1 }, { "value": 2.5 }, { "value": null }] },
            "later": { "unknown": true, "trace": {} },
        } }))
        .unwrap();
        let shown = format!("{:?}", environment.into_value());
        assert_eq!(shown, r#"{"app": {"password": [secret]}, "later": [unknown], "list": [1, 2.5, null]}"#);
    }
}
