//! What the server adds to an object by itself.

use serde_json::Value as Json;

use super::{
    Schema,
    derived::derive,
    native::is_zero,
    place::Place,
    shape::{Empty, Rest, Shape},
};

impl Schema {
    /// Adds what the server adds: the defaults of the schema, and for built-in kinds what their Go structs write.
    ///
    /// A default is added where its parent is there, and in place of a null that the schema does not allow.
    pub(in crate::rehearsal) fn default(&self, object: &mut Json) {
        if self.native {
            self.root().settle(object);
        }
        default(object, self.root());
    }
}

fn default(value: &mut Json, place: Place<'_>) {
    let place = place.resolved();
    match (&place.node().shape, value) {
        (Shape::Map(map), Json::Object(entries)) => {
            for (name, field) in &map.fields {
                let Some(default) = &field.default else { continue };
                let missing = match entries.get(&**name) {
                    None => true,
                    Some(Json::Null) => map.native || !place.at(field.id).is_nullable(),
                    Some(value) => map.native && field.empty != Empty::Kept && is_zero(value),
                };
                if missing {
                    entries.insert(name.to_string(), default.clone());
                }
            }
            if map.native {
                derive(&place.node().name, entries);
            }
            for (name, field) in &map.fields {
                if let Some(value) = entries.get_mut(&**name) {
                    self::default(value, place.at(field.id));
                }
            }
            if let Rest::Values(values) = map.rest {
                let values = place.at(values);
                for (name, value) in entries.iter_mut() {
                    if !map.fields.contains_key(&**name) {
                        default(value, values);
                    }
                }
            }
        }
        (Shape::List { items, .. }, Json::Array(values)) => {
            for value in values {
                default(value, place.at(*items));
            }
        }
        _ => {}
    }
}

impl Place<'_> {
    pub(super) fn is_nullable(self) -> bool {
        self.node().rules.as_ref().is_some_and(|rules| rules.nullable)
    }
}
