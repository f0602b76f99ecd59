//! The schema of a custom resource, compiled from its definition.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{
    Schema,
    rule::Rule,
    rules::{Bounds, Limit, Pattern, Rules},
    shape::{ANY, Empty, Field, Id, ListKind, MapShape, Node, Rest, Scalar, Shape},
    table::named,
};
use crate::kubernetes::Cause;

impl Schema {
    /// Compiles the `openAPIV3Schema` of a version of a definition.
    pub(in crate::rehearsal) fn of_definition(schema: &Json) -> Result<Self, Vec<Cause>> {
        let mut compiler = Compiler::new();
        let root = compiler.object(schema, true);
        compiler.finish(root)
    }

    /// Returns the schema of an object of which nothing but its metadata is known.
    pub(super) fn open() -> Self {
        let mut compiler = Compiler::new();
        let schema = serde_json::json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let root = compiler.object(&schema, true);
        Self { nodes: compiler.nodes.into(), root, status: false, native: false }
    }
}

struct Compiler {
    nodes: Vec<Node>,
    metadata: Id,
    problems: Vec<Cause>,
}

impl Compiler {
    /// Begins with the types of the server's own that each object has: its metadata.
    fn new() -> Self {
        let mut compiler = Self { nodes: vec![Node::new(Shape::Any)], metadata: ANY, problems: Vec::new() };
        let (table, metadata) = named("ObjectMeta");
        compiler.metadata = compiler.take(table, metadata, &mut BTreeMap::new());
        compiler
    }

    fn finish(self, root: Id) -> Result<Schema, Vec<Cause>> {
        if self.problems.is_empty() {
            Ok(Schema { nodes: self.nodes.into(), root, status: false, native: false })
        } else {
            Err(self.problems)
        }
    }

    fn push(&mut self, node: Node) -> Id {
        self.nodes.push(node);
        self.nodes.len() as Id - 1
    }

    /// Copies a built-in type and what it refers to.
    fn take(&mut self, table: &[Node], id: Id, taken: &mut BTreeMap<Id, Id>) -> Id {
        if id == ANY {
            return ANY;
        }
        if let Some(&id) = taken.get(&id) {
            return id;
        }
        let mut node = table[id as usize].clone();
        let own = self.push(Node::new(Shape::Any));
        taken.insert(id, own);
        match &mut node.shape {
            Shape::Any | Shape::Scalar(_) => {}
            Shape::Map(map) => {
                for field in map.fields.values_mut() {
                    field.id = self.take(table, field.id, taken);
                }
                if let Rest::Values(id) = &mut map.rest {
                    *id = self.take(table, *id, taken);
                }
                // Custom resources are not kept in Go structs, but their metadata is.
            }
            Shape::List { items: id, .. } | Shape::Atomic(id) => *id = self.take(table, *id, taken),
        }
        self.nodes[own as usize] = node;
        own
    }

    /// Compiles a whole object, be it the root or one inside of another.
    fn object(&mut self, schema: &Json, root: bool) -> Id {
        let id = self.node(schema, false);
        let metadata = self.metadata;
        if let Shape::Map(map) = &mut self.nodes[id as usize].shape
            && (root || map.fields.contains_key("metadata"))
        {
            let mut field = Field::new(metadata);
            field.empty = Empty::Written;
            map.fields.insert("metadata".into(), field);
        }
        id
    }

    /// `open` says that a schema above keeps unknown fields, which the ownership of fields below goes by.
    fn node(&mut self, schema: &Json, open: bool) -> Id {
        let Some(schema) = schema.as_object() else { return ANY };
        let is = |key: &str| schema.get(key).is_some_and(|value| value == true);
        let open = open || is("x-kubernetes-preserve-unknown-fields");
        let rules = self.rules(schema);
        let shape = match schema.get("type").and_then(Json::as_str).unwrap_or_default() {
            _ if is("x-kubernetes-int-or-string") => Shape::Scalar(Scalar::IntOrText),
            "object" => Shape::Map(self.map(schema, open)),
            "array" => self.list(schema, open),
            "string" => Shape::Scalar(Scalar::Text),
            "boolean" => Shape::Scalar(Scalar::Bool),
            "integer" => Shape::Scalar(Scalar::Int64),
            "number" => Shape::Scalar(Scalar::Number),
            _ if schema.contains_key("properties") => Shape::Map(self.map(schema, open)),
            _ => Shape::Any,
        };
        self.push(Node { shape, name: Box::default(), rules: Some(Box::new(rules)) })
    }

    fn map(&mut self, schema: &Map<String, Json>, open: bool) -> MapShape {
        let mut fields = BTreeMap::new();
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let embedded = property["x-kubernetes-embedded-resource"] == true;
            let id = if embedded { self.object(property, true) } else { self.node(property, open) };
            let mut field = Field::new(id);
            field.default = property.get("default").cloned();
            fields.insert(name.as_str().into(), field);
        }
        let keeps = schema.get("x-kubernetes-preserve-unknown-fields").is_some_and(|keeps| keeps == true);
        let rest = match schema.get("additionalProperties") {
            Some(values @ Json::Object(_)) => Rest::Values(self.node(values, open)),
            Some(Json::Bool(true)) => Rest::Open,
            _ if keeps => Rest::Open,
            _ => Rest::Closed,
        };
        let atomic = schema.get("x-kubernetes-map-type").is_some_and(|kind| kind == "atomic");
        MapShape { fields, rest, atomic, native: false }
    }

    fn list(&mut self, schema: &Map<String, Json>, open: bool) -> Shape {
        let items = schema.get("items").map_or(ANY, |items| self.node(items, open));
        let kind = match schema.get("x-kubernetes-list-type").and_then(Json::as_str) {
            Some("set") => ListKind::Set,
            Some("map") => {
                let keys = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array);
                ListKind::Keyed(keys.into_iter().flatten().filter_map(Json::as_str).map(Into::into).collect())
            }
            _ => ListKind::Atomic,
        };
        Shape::List { items, kind }
    }

    fn rules(&mut self, schema: &Map<String, Json>) -> Rules {
        let is = |key: &str| schema.get(key).is_some_and(|value| value == true);
        let count = |key: &str| schema.get(key).and_then(Json::as_u64);
        let text = |key: &str| schema.get(key).and_then(Json::as_str).unwrap_or_default();
        let limit = |key: &str, exclusive: &str| {
            let value = schema.get(key).and_then(Json::as_f64)?;
            Some(Limit { value, exclusive: is(exclusive) })
        };
        Rules {
            kind: match text("type") {
                _ if is("x-kubernetes-int-or-string") => "integer,string",
                "object" => "object",
                "array" => "array",
                "string" => "string",
                "boolean" => "boolean",
                "integer" => "integer",
                "number" => "number",
                _ => "",
            },
            format: text("format").into(),
            nullable: is("nullable"),
            embedded: is("x-kubernetes-embedded-resource"),
            allowed: schema.get("enum").and_then(Json::as_array).map(|allowed| allowed.as_slice().into()),
            pattern: schema.get("pattern").and_then(Json::as_str).map(Pattern::new),
            minimum: limit("minimum", "exclusiveMinimum"),
            maximum: limit("maximum", "exclusiveMaximum"),
            multiple_of: schema.get("multipleOf").and_then(Json::as_f64),
            length: Bounds { least: count("minLength"), most: count("maxLength") },
            items: Bounds { least: count("minItems"), most: count("maxItems") },
            properties: Bounds { least: count("minProperties"), most: count("maxProperties") },
            unique: is("uniqueItems"),
            required: {
                let names = schema.get("required").and_then(Json::as_array);
                names.into_iter().flatten().filter_map(Json::as_str).map(Into::into).collect()
            },
            all_of: self.parts(schema, "allOf"),
            any_of: self.parts(schema, "anyOf"),
            one_of: self.parts(schema, "oneOf"),
            not: schema.get("not").map(|not| self.node(not, false)),
            written: Rule::read(schema),
        }
    }

    fn parts(&mut self, schema: &Map<String, Json>, key: &str) -> Box<[Id]> {
        let parts = schema.get(key).and_then(Json::as_array);
        parts.into_iter().flatten().map(|part| self.node(part, false)).collect()
    }
}
