//! Values: what a user says, what a chart says, and what comes of the two.
//!
//! A user's values are put together first ([`Overrides`]): files, then `--set-json`, `--set`, `--set-string`,
//! `--set-file`, `--set-literal`, later ones over earlier ones. [`coalesce`] then lays them over the values of
//! the chart and its subcharts; there a null deletes what a chart says. `schema` checks the result.
//!
//! Numbers of files are floats and those of `--set` are integers, as in Go, because templates can tell them
//! apart; so the values are those of the template language from the start.

mod assignment;
mod coalesce;
mod literal;
mod overrides;
mod path;
mod schema;

use serde_json::{Map, Value};

pub use assignment::{Assignment, AssignmentError};
pub use coalesce::{Node, TypeMismatch, coalesce, coalesce_tables, copy, merge, merge_tables};
pub use overrides::{Overrides, OverridesError};
pub use path::{table, value_at};
pub use schema::{Elsewhere, Node as Checked, SchemaError, references, validate, validate_alone};

use crate::yaml;

/// Why a text holds no values.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not YAML.
    #[error(transparent)]
    Yaml(yaml::Error),
    /// It is not a map.
    #[error("values must be a map")]
    Shape(#[source] serde_json::Error),
}

/// Reads a file of values. Where it holds several documents, later ones go over earlier ones.
pub fn read(text: &str) -> Result<Map<String, Value>, ReadError> {
    let mut values = Map::new();
    for document in yaml::read_json_stream(text, yaml::Flavour::GoYamlV2).map_err(ReadError::Yaml)? {
        let document: Option<Map<String, Value>> =
            serde_json::from_value(document).map_err(ReadError::Shape)?;
        overlay(&mut values, document.unwrap_or_default());
    }
    Ok(values)
}

/// Lays `over` over `values`: maps are merged, anything else is replaced, nulls stay.
pub fn overlay(values: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (values.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (_, value) => {
                values.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
