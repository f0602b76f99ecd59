//! JSON to values and back. Numbers become float64, as every number of a chart's values is.

use crate::gotemplate::{GoString, List, Map, Value};

/// The greatest magnitude at which every whole float64 is an exact integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.as_str(), Self::from(value))).collect())
            }
        }
    }
}

impl Value {
    /// Returns the value as JSON. Whole numbers have no fraction; bytes that are not UTF-8 become U+FFFD, and
    /// `[]uint8` is base64, as in `encoding/json`. Functions, and floats that JSON cannot hold, become null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Invalid | Self::Nil | Self::Function(_) => serde_json::Value::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Int(number) => (*number).into(),
            Self::Int32(number) => (*number).into(),
            Self::Int64(number) => (*number).into(),
            Self::Uint8(number) => (*number).into(),
            Self::Uint64(number) => (*number).into(),
            Self::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => (*number as i64).into(),
            Self::Float(number) => (*number).into(),
            Self::String(text) => text.to_text().into(),
            Self::Bytes(bytes) => base64(bytes).into(),
            Self::List(list) if list.is_nil() => serde_json::Value::Null,
            Self::List(list) => list.iter().map(Self::to_json).collect(),
            Self::Map(map) if map.is_nil() => serde_json::Value::Null,
            Self::Map(map) => {
                let entries = map.entries();
                entries.iter().map(|(key, value)| (key.to_text().into_owned(), value.to_json())).collect()
            }
            Self::Object(object) => object.to_json(),
        }
    }
}

fn base64(bytes: &GoString) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl From<serde_json::Map<String, serde_json::Value>> for Map {
    fn from(entries: serde_json::Map<String, serde_json::Value>) -> Self {
        entries.iter().map(|(key, value)| (key.as_str(), Value::from(value))).collect()
    }
}

impl From<Vec<serde_json::Value>> for List {
    fn from(items: Vec<serde_json::Value>) -> Self {
        items.iter().map(Value::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gotemplate::{MAP, STRINGS};

    #[test]
    fn numbers_are_floats_and_whole_ones_come_back_whole() {
        let json = serde_json::json!({ "port": 8080, "ratio": 0.5, "big": 1e300, "list": [null, true, "x"] });
        let value = Value::from(&json);
        let port = value.as_map().unwrap().get("port").unwrap();
        assert!(matches!(port, Value::Float(8080.0)), "{port:?}");
        assert_eq!(value.to_json(), json);
    }

    #[test]
    fn what_go_marshals_otherwise_is_marshalled_so() {
        assert_eq!(Value::Bytes(GoString::from("hi")).to_json(), "aGk=");
        assert_eq!(Value::Map(Map::nil(&MAP)).to_json(), serde_json::Value::Null);
        assert_eq!(Value::List(List::nil(&STRINGS)).to_json(), serde_json::Value::Null);
        assert_eq!(Value::String(vec![b'a', 0xFF].into()).to_json(), "a\u{FFFD}");
    }
}
