//! The ways to say values, in the order in which they override each other.

use std::path::PathBuf;

use serde_json::{Map as JsonMap, Value as Json};

use super::{Assignment, AssignmentError, ReadError, literal, overlay, read};
use crate::gotemplate::{Map, Value};

/// What a user says of values, as Helm's flags have it.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Values that are there already, below all others.
    pub base: JsonMap<String, Json>,
    /// `-f`: files.
    pub files: Vec<PathBuf>,
    /// `--set-json`: `key=JSON,…` or one JSON object.
    pub json: Vec<String>,
    /// `--set`: `key=value,…`, where values look like what they are.
    pub set: Vec<String>,
    /// `--set-string`: `key=value,…`, where all values are strings.
    pub strings: Vec<String>,
    /// `--set-file`: `key=path,…`.
    pub from_files: Vec<String>,
    /// `--set-literal`: `key=value` where the value is all that follows.
    pub literals: Vec<String>,
}

/// Why the values of a user cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OverridesError {
    /// A file cannot be read.
    #[error("read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no values.
    #[error("failed to parse `{}`", path.display())]
    Parse {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// `--set-json` has no JSON.
    #[error("failed parsing --set-json data")]
    Json(#[source] serde_json::Error),
    /// An assignment cannot be read.
    #[error("failed parsing {flag} data")]
    Assignment {
        /// Of which flag.
        flag: &'static str,
        /// Why.
        #[source]
        source: AssignmentError,
    },
}

impl Overrides {
    /// Returns all of it as one map.
    pub fn merge(&self) -> Result<Map, OverridesError> {
        let mut base = self.base.clone();
        for path in &self.files {
            overlay(&mut base, file(path)?);
        }
        let mut values = Map::from(base);
        let failed = |flag| move |source| OverridesError::Assignment { flag, source };
        for text in &self.json {
            values = if text.trim_start().starts_with('{') {
                let object: JsonMap<String, Json> =
                    serde_json::from_str(text).map_err(OverridesError::Json)?;
                let mut below = json_with_integers_lost(&values);
                overlay(&mut below, object);
                Map::from(below)
            } else {
                Assignment::Json.apply(text, &values).map_err(failed("--set-json"))?;
                values
            };
        }
        for text in &self.set {
            Assignment::Typed.apply(text, &values).map_err(failed("--set"))?;
        }
        for text in &self.strings {
            Assignment::String.apply(text, &values).map_err(failed("--set-string"))?;
        }
        for text in &self.from_files {
            Assignment::File.apply(text, &values).map_err(failed("--set-file"))?;
        }
        for text in &self.literals {
            literal::apply(text, &values).map_err(failed("--set-literal"))?;
        }
        Ok(values)
    }
}

/// Returns the values as JSON. There are no integers yet when this is called: `--set` comes later.
fn json_with_integers_lost(values: &Map) -> JsonMap<String, Json> {
    match Value::Map(values.clone()).to_json() {
        Json::Object(entries) => entries,
        _ => JsonMap::new(),
    }
}

fn file(path: &PathBuf) -> Result<JsonMap<String, Json>, OverridesError> {
    let reading = |source| OverridesError::File { path: path.clone(), source };
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin()).map_err(reading)?
    } else {
        std::fs::read_to_string(path).map_err(reading)?
    };
    read(&text).map_err(|source| OverridesError::Parse { path: path.clone(), source })
}
