//! `fn::open::eggtooth-stack`: what a stack of an environment, also of another cluster, offers.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{inputs, standard::Outside};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::state::{ClusterBackend, load, recalled};

/// Reads outputs of stacks.
pub(super) struct EggtoothStack {
    outside: Arc<Outside>,
}

impl EggtoothStack {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The context of the kubeconfig; without it, that of the command line, or the current one
    context: Option<String>,
    /// The environment that the stack was brought up for; without it, the one that is evaluated
    environment: Option<String>,
    /// The stack
    stack: String,
    /// The output to take; without it, all by their names
    output: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum StackError {
    #[error(
        "the stack `{stack}` of the environment `{environment}` has not been brought up in the cluster `{context}`: \
         run `eggtooth up {environment}`"
    )]
    Absent { stack: String, environment: String, context: String },
    #[error("the stack `{stack}` has no output `{output}`; it has {}", has.join(", "))]
    Output { stack: String, output: String, has: Vec<String> },
    #[error("the output `{output}` of the stack `{stack}` is secret, and the state keeps no secrets")]
    Secret { stack: String, output: String },
}

impl Source for EggtoothStack {
    fn name(&self) -> &'static str {
        "eggtooth-stack"
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        names: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let Inputs { context, environment, stack, output } = inputs::read(self.name(), inputs)?;
            let environment = environment.unwrap_or_else(|| names.root.to_string());
            let client = self.outside.connect(context.as_deref()).await?;
            let context = client.context().to_owned();
            meter.count();
            let backend =
                ClusterBackend::new(client.unguarded(), self.outside.clock.clone(), &environment, &stack)?;
            let snapshot = load(&backend).await?;
            if snapshot.serial == 0 {
                return Err(StackError::Absent { stack, environment, context }.into());
            }
            let value = |output: &serde_json::Value| recalled(output);
            let Some(output) = output else {
                return Ok(Value::map(
                    snapshot.outputs.iter().map(|(name, json)| (name.as_str(), value(json))),
                ));
            };
            let Some(json) = snapshot.outputs.get(&output) else {
                let has = snapshot.outputs.into_keys().collect();
                return Err(StackError::Output { stack, output, has }.into());
            };
            let value = value(json);
            if value.holds_unknown() { Err(StackError::Secret { stack, output }.into()) } else { Ok(value) }
        })
    }
}
