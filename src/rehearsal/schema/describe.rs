//! Schemas as OpenAPI v3 describes them, for `kubectl explain`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{
    Schema,
    place::Place,
    shape::{Id, Rest, Scalar, Shape},
};

impl Schema {
    /// Returns the name of the object's own type, and every named type that it is made of.
    pub(in crate::rehearsal) fn describe(&self) -> (String, BTreeMap<String, Json>) {
        let mut types = BTreeMap::new();
        let root = self.root();
        types.insert(root.node().name.to_string(), Json::Null);
        let described = inline(root, &mut types);
        types.insert(root.node().name.to_string(), described);
        (root.node().name.to_string(), types)
    }
}

/// Returns where a named type is found.
pub(in crate::rehearsal) fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn described(place: Place<'_>, id: Id, types: &mut BTreeMap<String, Json>) -> Json {
    let place = place.at(id);
    let name = &*place.node().name;
    if name.is_empty() {
        return inline(place, types);
    }
    if !types.contains_key(name) {
        // Types may hold themselves.
        types.insert(name.to_owned(), Json::Null);
        let whole = inline(place, types);
        types.insert(name.to_owned(), whole);
    }
    json!({"allOf": [reference(name)], "default": {}})
}

fn inline(place: Place<'_>, types: &mut BTreeMap<String, Json>) -> Json {
    match &place.node().shape {
        Shape::Any => json!({}),
        Shape::Scalar(scalar) => scalar_type(*scalar),
        Shape::Atomic(id) => described(place, *id, types),
        Shape::List { items, .. } => json!({"type": "array", "items": described(place, *items, types)}),
        Shape::Map(map) => {
            let mut json = json!({"type": "object"});
            let mut properties = Map::new();
            for (name, field) in &map.fields {
                properties.insert(name.to_string(), described(place, field.id, types));
            }
            let required: Vec<&str> =
                map.fields.iter().filter(|(_, field)| field.required).map(|(name, _)| &**name).collect();
            if !properties.is_empty() {
                json["properties"] = properties.into();
            }
            if !required.is_empty() {
                json["required"] = required.into();
            }
            if let Rest::Values(id) = map.rest {
                json["additionalProperties"] = described(place, id, types);
            }
            json
        }
    }
}

fn scalar_type(scalar: Scalar) -> Json {
    match scalar {
        Scalar::Text => json!({"type": "string"}),
        Scalar::Bytes => json!({"type": "string", "format": "byte"}),
        Scalar::Time | Scalar::MicroTime => json!({"type": "string", "format": "date-time"}),
        Scalar::Quantity => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        Scalar::Bool => json!({"type": "boolean"}),
        Scalar::Int32 => json!({"type": "integer", "format": "int32"}),
        Scalar::Int64 => json!({"type": "integer", "format": "int64"}),
        Scalar::Number => json!({"type": "number"}),
        Scalar::IntOrText => {
            json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
        }
    }
}
