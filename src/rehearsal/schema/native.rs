//! Objects of built-in kinds as the server writes them.
//!
//! The server reads each into a Go struct and writes it again: empty fields go, others are always there, and numbers
//! and texts that a field leaves out become what the struct holds then.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{
    place::Place,
    shape::{Empty, Field, Rest, Scalar, Shape},
};
use crate::kubernetes::canonical_quantity;

impl Place<'_> {
    /// Writes a value as the server would. Unknown fields stay: see [`Schema::prune`](super::Schema::prune).
    pub(super) fn settle(self, value: &mut Json) {
        let place = self.resolved();
        match &place.node().shape {
            Shape::Map(map) => {
                let Some(entries) = value.as_object_mut() else { return };
                for (name, field) in map.fields.iter().filter(|_| map.native) {
                    place.at(field.id).settle_field(entries, name, field);
                }
                if let Rest::Values(values) = map.rest {
                    let values = place.at(values);
                    for value in entries.values_mut() {
                        if value.is_null() {
                            *value = values.zero();
                        }
                        values.settle(value);
                    }
                }
            }
            Shape::List { items, .. } => {
                for value in value.as_array_mut().into_iter().flatten() {
                    place.at(*items).settle(value);
                }
            }
            Shape::Scalar(scalar) => settle_scalar(*scalar, value),
            Shape::Any | Shape::Atomic(_) => {}
        }
    }

    fn settle_field(self, entries: &mut Map<String, Json>, name: &str, field: &Field) {
        let Some(value) = entries.get_mut(name).filter(|value| !value.is_null()) else {
            match field.empty {
                Empty::Written => entries.insert(name.to_owned(), self.zero()),
                Empty::Null => entries.insert(name.to_owned(), Json::Null),
                Empty::Omitted | Empty::Kept => entries.remove(name),
            };
            return;
        };
        self.settle(value);
        if field.empty == Empty::Omitted && is_zero(value) {
            entries.remove(name);
        }
    }

    /// Returns what a Go field of this type holds when nothing is said, as the server writes it.
    pub(super) fn zero(self) -> Json {
        match &self.resolved().node().shape {
            Shape::Any | Shape::List { .. } => Json::Null,
            Shape::Map(map) if map.native => {
                let mut value = json!({});
                self.settle(&mut value);
                value
            }
            Shape::Map(_) | Shape::Atomic(_) => Json::Null,
            Shape::Scalar(scalar) => match scalar {
                Scalar::Text => json!(""),
                Scalar::Bytes | Scalar::Time | Scalar::MicroTime => Json::Null,
                Scalar::Quantity => json!("0"),
                Scalar::Bool => json!(false),
                Scalar::Int32 | Scalar::Int64 | Scalar::Number | Scalar::IntOrText => json!(0),
            },
        }
    }
}

/// Writes a value in the one form that the server keeps.
fn settle_scalar(scalar: Scalar, value: &mut Json) {
    let kept = match (scalar, &*value) {
        (Scalar::Quantity, Json::String(text)) => canonical_quantity(text),
        (Scalar::Quantity, Json::Number(number)) => canonical_quantity(&number.to_string()),
        (Scalar::Time, Json::String(text)) => {
            text.parse::<Timestamp>().ok().map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        }
        (Scalar::MicroTime, Json::String(text)) => {
            text.parse::<Timestamp>().ok().map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
        }
        _ => None,
    };
    if let Some(kept) = kept {
        *value = kept.into();
    }
}

/// Says whether a value is what a Go field holds when nothing is said.
pub(super) fn is_zero(value: &Json) -> bool {
    match value {
        Json::Array(values) => values.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::String(text) => text.is_empty(),
        Json::Bool(set) => !set,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::Null => true,
    }
}
