//! `values.schema.json`, of a chart and of all charts in it.

use std::fmt::Write;

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

/// Checks the values of a chart and of all charts in it, and tells all that does not fit.
///
/// Problems name paths and types, never values: a value may be secret.
pub fn validate<T: Node>(chart: &T, values: &Map) -> Result<(), SchemaError> {
    let mut problems = String::new();
    collect(chart, values, &mut problems)?;
    if problems.is_empty() { Ok(()) } else { Err(SchemaError::Refused(problems)) }
}

/// Checks values against one schema and tells all that does not fit.
pub fn validate_alone(schema: &[u8], values: &Map) -> Result<(), SchemaError> {
    let name = "values";
    let schema = serde_json::from_slice(schema)
        .map_err(|source| SchemaError::Json { chart: name.to_owned(), source })?;
    let mut problems = String::new();
    check(name, &schema, &Value::Map(values.clone()).to_json(), &mut problems)?;
    match problems.split_once('\n') {
        None => Ok(()),
        Some((_, problems)) => Err(SchemaError::Unfit(problems.to_owned())),
    }
}

fn collect<T: Node>(chart: &T, values: &Map, problems: &mut String) -> Result<(), SchemaError> {
    if let Some(schema) = chart.schema() {
        let schema = serde_json::from_slice(schema)
            .map_err(|source| SchemaError::Json { chart: chart.name().to_owned(), source })?;
        let instance = Value::Map(values.clone()).to_json();
        check(chart.name(), &schema, &instance, problems)?;
    }
    for child in chart.children() {
        match values.get(child.name()) {
            None => {}
            Some(Value::Map(values)) => collect(child, &values, problems)?,
            Some(value) if value.is_nil() => {}
            Some(_) => {
                let _ =
                    writeln!(problems, "{}:\ninvalid type for values: expected object (map)", child.name());
            }
        }
    }
    Ok(())
}

fn check(name: &str, schema: &Json, instance: &Json, problems: &mut String) -> Result<(), SchemaError> {
    let validator = (jsonschema::options().with_retriever(Offline).build(schema))
        .map_err(|source| SchemaError::Schema { chart: name.to_owned(), source: Box::new(source) })?;
    let mut first = true;
    for error in validator.iter_errors(instance) {
        if std::mem::take(&mut first) {
            let _ = writeln!(problems, "{name}:");
        }
        let _ = writeln!(problems, "- at '{}': {}", error.instance_path(), error.masked());
    }
    Ok(())
}

/// References to other documents are not fetched: what they say is not checked, and that is said.
struct Offline;

impl jsonschema::Retrieve for Offline {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        tracing::warn!(%uri, "a part of the values is not checked: its schema is elsewhere");
        Ok(Json::Bool(true))
    }
}
