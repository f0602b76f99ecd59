//! Fields that the schema does not know.

use std::fmt::Write;

use serde_json::Value as Json;

use super::{
    Schema,
    place::Place,
    shape::{Rest, Scalar, Shape},
};

impl Schema {
    /// Takes out the fields that the schema does not know, and returns their paths, as `spec.containers[0].imag`. Nulls
    /// that the schema of a custom resource does not allow go without a word.
    ///
    /// The server stores nothing that it does not know; a request with `fieldValidation=Strict` fails for them, one
    /// with `Warn` tells of them.
    pub(in crate::rehearsal) fn prune(&self, object: &mut Json) -> Vec<String> {
        let mut found = Vec::new();
        prune(object, self.root(), &mut String::new(), true, &mut found);
        found
    }
}

fn prune(value: &mut Json, place: Place<'_>, path: &mut String, typed: bool, found: &mut Vec<String>) {
    let length = path.len();
    let place = place.resolved();
    match (&place.node().shape, value) {
        (Shape::Map(map), Json::Object(entries)) => {
            // A whole object inside of another keeps what says what it is.
            let embedded = place.node().rules.as_ref().is_some_and(|rules| rules.embedded);
            let typed = typed || embedded || &*place.node().name == "PersistentVolumeClaim";
            entries.retain(|key, value| {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                let kept = if let Some(id) = map.child(key) {
                    prune(value, place.at(id), path, false, found);
                    // Null says nothing, unless the schema allows it.
                    let field = map.fields.get(&**key).filter(|field| field.default.is_none());
                    map.native || field.is_none() || !value.is_null() || place.at(id).is_nullable()
                } else if map.rest == Rest::Open || (typed && matches!(key.as_str(), "apiVersion" | "kind")) {
                    true
                } else {
                    found.push(path.clone());
                    false
                };
                path.truncate(length);
                kept
            });
        }
        (Shape::List { items, .. }, Json::Array(values)) => {
            for (index, value) in values.iter_mut().enumerate() {
                write!(path, "[{index}]").expect("a string takes all text");
                prune(value, place.at(*items), path, false, found);
                path.truncate(length);
            }
        }
        // A whole number is one, however it is written.
        (Shape::Scalar(Scalar::Int64), value) => {
            if let Some(number) = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0) {
                *value = Json::from(number as i64);
            }
        }
        _ => {}
    }
}
