//! `fn::open::env`: a variable of the process environment.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{inputs, standard::Outside};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::remote::Meter;
use crate::resource::{Map, Value};

/// Reads a variable.
pub(super) struct Variable {
    outside: Arc<Outside>,
}

impl Variable {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The variable's name
    name: String,
    /// What it is when it is not set, or empty
    default: Option<String>,
    /// Whether its value is a secret; it is unless this is false
    secret: Option<bool>,
}

#[derive(Debug, thiserror::Error)]
#[error("the variable {0} is not set; set it, or give a `default`")]
struct NotSet(String);

impl Source for Variable {
    fn name(&self) -> &'static str {
        "env"
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn output(&self) -> Schema {
        Schema::kind("string")
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let Inputs { name, default, secret } = inputs::read(self.name(), inputs)?;
            let value = self.outside.process.get(&name).map(Value::from);
            if let Some(value) = value {
                return Ok(if secret.unwrap_or(true) { value.secret() } else { value });
            }
            // What stands in the document is no secret.
            Ok(default.map(Value::from).ok_or(NotSet(name))?)
        })
    }
}
