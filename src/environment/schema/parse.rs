//! Schemas as they are written.

use std::{collections::BTreeMap, sync::Arc};

use super::{Form, Rules, Schema};
use crate::esc::quote;
use crate::resource::{Map, Number, Value};

/// Why a schema can't be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SchemaError {
    /// A schema is an object or a boolean.
    #[error("a schema must be an object or a boolean")]
    Shape,
    /// A count is not a natural number.
    #[error("strconv.ParseUint: parsing {}: invalid syntax", quote(.0))]
    Count(String),
    /// A pattern is no regular expression.
    #[error("error parsing regexp: {0}")]
    Pattern(#[source] regex::Error),
    /// A reference leads elsewhere than into the schema's own definitions.
    #[error("only fragment references of the form #/$defs/ref are supported")]
    Reference,
    /// A reference leads nowhere.
    #[error("unknown subschema {0}")]
    Unknown(String),
}

impl Schema {
    /// Reads a schema; what environments do not check is ignored.
    pub fn parse(value: &Value) -> Result<Self, SchemaError> {
        let mut schema = read(value)?;
        if let Value::Map(entries) = value
            && let Some(Value::Map(definitions)) = entries.get("$defs")
        {
            let definitions: BTreeMap<Arc<str>, Schema> = definitions
                .iter()
                .map(|(name, value)| Ok((Arc::clone(name), read(value)?)))
                .collect::<Result<_, SchemaError>>()?;
            schema.definitions = Arc::new(definitions);
        }
        schema.check_references(&schema.definitions)?;
        for definition in schema.definitions.values() {
            definition.check_references(&schema.definitions)?;
        }
        Ok(schema)
    }

    fn check_references(&self, definitions: &BTreeMap<Arc<str>, Schema>) -> Result<(), SchemaError> {
        let Some(rules) = self.as_rules() else { return Ok(()) };
        if let Some(name) = &rules.reference
            && !definitions.contains_key(name)
        {
            return Err(SchemaError::Unknown(format!("#/$defs/{name}")));
        }
        let below = rules.any_of.iter().chain(&rules.one_of).chain(&rules.prefix_items).chain(&rules.items);
        let below = below.chain(&rules.additional).chain(rules.properties.values());
        below.into_iter().try_for_each(|schema| schema.check_references(definitions))
    }
}

fn read(value: &Value) -> Result<Schema, SchemaError> {
    match value {
        Value::Bool(true) => Ok(Schema::always()),
        Value::Bool(false) => Ok(Schema::never()),
        Value::Map(entries) => {
            Ok(Schema { form: Form::Rules(Arc::new(rules(entries)?)), definitions: Arc::default() })
        }
        _ => Err(SchemaError::Shape),
    }
}

fn rules(entries: &Map) -> Result<Rules, SchemaError> {
    let one = |key: &str| entries.get(key).map(read).transpose();
    let many = |key: &str| list(entries, key).iter().map(read).collect::<Result<Vec<_>, _>>();
    let count = |key: &str| number(entries, key).map(|number| natural(&number)).transpose();
    let reference = match text(entries, "$ref") {
        Some(reference) => Some(definition(&reference)?),
        None => None,
    };
    let pattern = text(entries, "pattern").filter(|pattern| !pattern.is_empty());
    let properties = match entries.get("properties") {
        Some(Value::Map(properties)) => properties
            .iter()
            .map(|(key, value)| Ok((Arc::clone(key), read(value)?)))
            .collect::<Result<_, SchemaError>>()?,
        _ => BTreeMap::new(),
    };
    let dependent_required = match entries.get("dependentRequired") {
        Some(Value::Map(properties)) => {
            properties.iter().map(|(key, names)| (Arc::clone(key), texts(names))).collect()
        }
        _ => BTreeMap::new(),
    };
    Ok(Rules {
        reference,
        any_of: many("anyOf")?,
        one_of: many("oneOf")?,
        kind: text(entries, "type").filter(|kind| !kind.is_empty()),
        constant: entries.get("const").filter(|constant| **constant != Value::Null).cloned(),
        enumeration: list(entries, "enum").to_vec(),
        multiple_of: number(entries, "multipleOf"),
        minimum: number(entries, "minimum"),
        exclusive_minimum: number(entries, "exclusiveMinimum"),
        maximum: number(entries, "maximum"),
        exclusive_maximum: number(entries, "exclusiveMaximum"),
        min_length: count("minLength")?,
        max_length: count("maxLength")?,
        pattern: pattern
            .map(|pattern| regex::bytes::Regex::new(&pattern))
            .transpose()
            .map_err(SchemaError::Pattern)?,
        prefix_items: many("prefixItems")?,
        items: one("items")?,
        min_items: count("minItems")?,
        max_items: count("maxItems")?,
        properties,
        additional: one("additionalProperties")?,
        min_properties: count("minProperties")?,
        max_properties: count("maxProperties")?,
        required: entries.get("required").map(texts).unwrap_or_default(),
        dependent_required,
        rotate_only: entries.get("rotateOnly").map(texts).unwrap_or_default(),
    })
}

fn definition(reference: &str) -> Result<Arc<str>, SchemaError> {
    let name = reference.strip_prefix("#/$defs/").filter(|name| !name.contains('/'));
    let name = name.ok_or(SchemaError::Reference)?;
    let name =
        percent_encoding::percent_decode_str(name).decode_utf8().map_err(|_| SchemaError::Reference)?;
    Ok(Arc::from(name))
}

fn natural(number: &Number) -> Result<u64, SchemaError> {
    let text = number.as_str();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    number.as_u64().filter(|_| digits).ok_or_else(|| SchemaError::Count(text.to_owned()))
}

fn list<'a>(entries: &'a Map, key: &str) -> &'a [Value] {
    match entries.get(key) {
        Some(Value::List(values)) => values,
        _ => &[],
    }
}

fn text(entries: &Map, key: &str) -> Option<Arc<str>> {
    match entries.get(key) {
        Some(Value::String(text)) => Some(Arc::clone(text)),
        _ => None,
    }
}

fn number(entries: &Map, key: &str) -> Option<Number> {
    match entries.get(key) {
        Some(Value::Number(number)) => Some(number.clone()),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<Arc<str>> {
    let Value::List(values) = value else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::String(text) => Some(Arc::clone(text)),
        _ => None,
    };
    values.iter().filter_map(text).collect()
}
