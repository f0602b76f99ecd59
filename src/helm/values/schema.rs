//! `values.schema.json`, of a chart and of all charts in it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::gotemplate::{Map, Value};

/// Why values are refused.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// They do not fit.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Refused(String),
    /// They do not fit the one schema that was asked.
    #[error("{0}")]
    Unfit(String),
    /// A schema is no JSON.
    #[error("read `values.schema.json` of {chart}")]
    Json {
        /// Whose.
        chart: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A schema makes no sense.
    #[error("understand `values.schema.json` of {chart}")]
    Schema {
        /// Whose.
        chart: String,
        /// Why.
        #[source]
        source: Box<jsonschema::ValidationError<'static>>,
    },
}

/// A chart in the tree of charts, as far as schemas are concerned.
pub trait Node: super::Node {
    /// Returns its schema.
    fn schema(&self) -> Option<&[u8]>;
}

/// Checks the values of a chart and of all charts in it, and tells all that does not fit. Returns the addresses of the
/// documents that schemas refer to and that `elsewhere` does not hold: what they say is not checked.
///
/// Problems name paths and types, never values: a value may be secret.
pub fn validate<T: Node>(
    chart: &T,
    values: &Map,
    elsewhere: &Elsewhere,
) -> Result<BTreeSet<String>, SchemaError> {
    let mut check = Check { elsewhere, problems: String::new(), missing: BTreeSet::new() };
    check.collect(chart, values)?;
    if check.problems.is_empty() { Ok(check.missing) } else { Err(SchemaError::Refused(check.problems)) }
}

/// Checks values against one schema and tells all that does not fit.
pub fn validate_alone(schema: &[u8], values: &Map) -> Result<(), SchemaError> {
    let name = "values";
    let elsewhere = Elsewhere::default();
    let mut check = Check { elsewhere: &elsewhere, problems: String::new(), missing: BTreeSet::new() };
    check.one(name, &read(name, schema)?, &Value::Map(values.clone()).to_json())?;
    match check.problems.split_once('\n') {
        None => Ok(()),
        Some((_, problems)) => Err(SchemaError::Unfit(problems.to_owned())),
    }
}

/// Returns the addresses of the documents that a schema refers to, by way of those that `elsewhere` holds, too, and
/// that `elsewhere` does not hold.
pub fn references(name: &str, schema: &[u8], elsewhere: &Elsewhere) -> Result<BTreeSet<String>, SchemaError> {
    let mut check = Check { elsewhere, problems: String::new(), missing: BTreeSet::new() };
    match check.validator(name, &read(name, schema)?) {
        // A schema that makes no sense may do so once it is whole.
        Err(_) if !check.missing.is_empty() => Ok(check.missing),
        built => built.map(|_| check.missing),
    }
}

fn read(chart: &str, schema: &[u8]) -> Result<Json, SchemaError> {
    serde_json::from_slice(schema).map_err(|source| SchemaError::Json { chart: chart.to_owned(), source })
}

struct Check<'a> {
    elsewhere: &'a Elsewhere,
    problems: String,
    missing: BTreeSet<String>,
}

impl Check<'_> {
    fn collect<T: Node>(&mut self, chart: &T, values: &Map) -> Result<(), SchemaError> {
        if let Some(schema) = chart.schema() {
            self.one(chart.name(), &read(chart.name(), schema)?, &Value::Map(values.clone()).to_json())?;
        }
        for child in chart.children() {
            match values.get(child.name()) {
                None => {}
                Some(Value::Map(values)) => self.collect(child, &values)?,
                Some(value) if value.is_nil() => {}
                Some(_) => {
                    let (name, problem) = (child.name(), "invalid type for values: expected object (map)");
                    let _ = writeln!(self.problems, "{name}:\n{problem}");
                }
            }
        }
        Ok(())
    }

    fn one(&mut self, name: &str, schema: &Json, instance: &Json) -> Result<(), SchemaError> {
        let validator = self.validator(name, schema)?;
        let mut first = true;
        for error in validator.iter_errors(instance) {
            if std::mem::take(&mut first) {
                let _ = writeln!(self.problems, "{name}:");
            }
            let _ = writeln!(self.problems, "- at '{}': {}", error.instance_path(), error.masked());
        }
        Ok(())
    }

    fn validator(&mut self, name: &str, schema: &Json) -> Result<jsonschema::Validator, SchemaError> {
        let own = schema.get("$id").and_then(Json::as_str).unwrap_or_default();
        let whole = self.elsewhere.without_missing(own, schema, &mut self.missing);
        let retriever = Retriever { elsewhere: self.elsewhere.clone(), missing: Arc::default() };
        let missing = Arc::clone(&retriever.missing);
        let built = jsonschema::options().with_retriever(retriever).build(&whole);
        self.missing.append(&mut missing.lock().unwrap_or_else(PoisonError::into_inner));
        built.map_err(|source| SchemaError::Schema { chart: name.to_owned(), source: Box::new(source) })
    }
}

/// Documents that schemas refer to, by their addresses; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere(Arc<BTreeMap<String, Json>>);

impl Elsewhere {
    /// Takes the documents.
    pub fn new(documents: BTreeMap<String, Json>) -> Self {
        Self(Arc::new(documents))
    }

    /// Returns the schema without its references to documents that are not here, and notes these. `own` is the
    /// schema's own address.
    fn without_missing<'a>(
        &self,
        own: &str,
        schema: &'a Json,
        missing: &mut BTreeSet<String>,
    ) -> Cow<'a, Json> {
        self.note_missing(own, schema, missing);
        // Most schemas are whole, and some are large.
        if missing.is_empty() {
            return Cow::Borrowed(schema);
        }
        Cow::Owned(self.strip(own, schema))
    }

    fn note_missing(&self, own: &str, schema: &Json, missing: &mut BTreeSet<String>) {
        match schema {
            Json::Object(fields) => {
                let reference = fields.get("$ref").and_then(Json::as_str);
                missing.extend(reference.and_then(|reference| self.is_missing(own, reference)));
                fields.values().for_each(|value| self.note_missing(own, value, missing));
            }
            Json::Array(items) => items.iter().for_each(|item| self.note_missing(own, item, missing)),
            _ => {}
        }
    }

    fn strip(&self, own: &str, schema: &Json) -> Json {
        match schema {
            Json::Object(fields) => {
                let is_missing = |key: &str, value: &Json| {
                    key == "$ref"
                        && value.as_str().is_some_and(|reference| self.is_missing(own, reference).is_some())
                };
                let kept = fields.iter().filter(|(key, value)| !is_missing(key, value));
                Json::Object(kept.map(|(key, value)| (key.clone(), self.strip(own, value))).collect())
            }
            Json::Array(items) => items.iter().map(|item| self.strip(own, item)).collect(),
            other => other.clone(),
        }
    }

    /// Returns the address of the document, if it is not here.
    fn is_missing(&self, own: &str, reference: &str) -> Option<String> {
        let address = reference.split('#').next().unwrap_or(reference);
        let remote = address.starts_with("http://") || address.starts_with("https://");
        // The drafts themselves come with the validator.
        let draft = address.split_once("://").is_some_and(|(_, rest)| rest.starts_with("json-schema.org/"));
        let here = address == own.trim_end_matches('#') || self.0.contains_key(address);
        (remote && !draft && !here).then(|| address.to_owned())
    }
}

/// Gives what is here; what is not is noted, and allows everything.
struct Retriever {
    elsewhere: Elsewhere,
    missing: Arc<Mutex<BTreeSet<String>>>,
}

impl jsonschema::Retrieve for Retriever {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let address = uri.as_str().split('#').next().unwrap_or_default();
        if let Some(document) = self.elsewhere.0.get(address) {
            return Ok(self.elsewhere.without_missing(address, document, &mut missing).into_owned());
        }
        missing.insert(address.to_owned());
        Ok(Json::Bool(true))
    }
}
