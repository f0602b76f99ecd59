//! Values of the wrong type in objects of built-in kinds, which the server can't read into its Go structs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use super::{
    Schema,
    place::Place,
    shape::{Rest, Scalar, Shape},
};

impl Schema {
    /// Returns the first value that the server could not read, as it words it; custom kinds are checked by their rules.
    pub(in crate::rehearsal) fn misfit(&self, object: &Json) -> Option<String> {
        if !self.native {
            return None;
        }
        let name = &self.root().node().name;
        misfit(object, self.root(), &Field { of: name, path: String::new() })
    }
}

/// The field of a Go struct that a value goes into.
struct Field<'a> {
    /// The struct.
    of: &'a str,
    /// From the whole object.
    path: String,
}

fn misfit(value: &Json, place: Place<'_>, field: &Field<'_>) -> Option<String> {
    let place = place.resolved();
    let wrong = || {
        let (found, wanted) = (type_name(value), go_type(place));
        Some(match field.path.as_str() {
            "" => format!("json: cannot unmarshal {found} into Go value of type {wanted}"),
            path => format!(
                "json: cannot unmarshal {found} into Go struct field {}.{path} of type {wanted}",
                field.of
            ),
        })
    };
    match (&place.node().shape, value) {
        (_, Json::Null) | (Shape::Any, _) => None,
        (Shape::Map(map), Json::Object(entries)) => entries.iter().find_map(|(key, value)| {
            if let Some(known) = map.fields.get(key.as_str()) {
                let path = if field.path.is_empty() { key.clone() } else { format!("{}.{key}", field.path) };
                return misfit(value, place.at(known.id), &Field { of: &place.node().name, path });
            }
            match map.rest {
                Rest::Values(values) => {
                    misfit(value, place.at(values), &Field { of: field.of, path: field.path.clone() })
                }
                Rest::Closed | Rest::Open => None,
            }
        }),
        (Shape::List { items, .. }, Json::Array(values)) => {
            values.iter().find_map(|value| misfit(value, place.at(*items), field))
        }
        (Shape::Scalar(Scalar::Bytes), Json::String(text)) => illegal_base64(text),
        (Shape::Scalar(scalar), _) if fits(*scalar, value) => None,
        _ => wrong(),
    }
}

fn fits(scalar: Scalar, value: &Json) -> bool {
    match scalar {
        Scalar::Text | Scalar::Time | Scalar::MicroTime | Scalar::Bytes => value.is_string(),
        Scalar::Bool => value.is_boolean(),
        Scalar::Int32 | Scalar::Int64 => {
            value.is_i64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        Scalar::Number => value.is_number(),
        Scalar::Quantity | Scalar::IntOrText => value.is_number() || value.is_string(),
    }
}

fn illegal_base64(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    if STANDARD.decode(text.replace(['\n', '\r'], "")).is_ok() {
        return None;
    }
    let at = text.find(|c| !fits(c)).unwrap_or_else(|| text.len() / 4 * 4);
    Some(format!("illegal base64 data at input byte {at}"))
}

fn go_type(place: Place<'_>) -> String {
    let node = place.node();
    match &node.shape {
        Shape::Any | Shape::Atomic(_) => "interface {}".to_owned(),
        Shape::Map(map) => match map.rest {
            Rest::Values(values) => format!("map[string]{}", go_type(place.at(values).resolved())),
            Rest::Closed | Rest::Open => format!("v1.{}", node.name),
        },
        Shape::List { items, .. } => format!("[]{}", go_type(place.at(*items).resolved())),
        Shape::Scalar(scalar) => match scalar {
            Scalar::Text => "string",
            Scalar::Bytes => "[]uint8",
            Scalar::Time => "v1.Time",
            Scalar::MicroTime => "v1.MicroTime",
            Scalar::Quantity => "resource.Quantity",
            Scalar::Bool => "bool",
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::Number => "float64",
            Scalar::IntOrText => "intstr.IntOrString",
        }
        .to_owned(),
    }
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
