//! `fn::open::pulumi-esc`: an environment at Pulumi.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{
    inputs,
    standard::{Kept, Outside},
};
use crate::environment::{Names, Schema, Source, SourceError, extract};
use crate::pulumi_esc::{Address, PulumiEsc};
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Opens environments at Pulumi.
pub(super) struct PulumiEscSource {
    outside: Arc<Outside>,
    services: Kept<PulumiEsc>,
}

impl PulumiEscSource {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside, services: Kept::default() }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Inputs {
    /// The organization
    organization: String,
    /// The project
    project: String,
    /// The environment's name
    environment: String,
    /// A revision or a tag; without it, the latest
    version: Option<String>,
    /// The part to take, as `app.password`; without it, the whole environment
    property: Option<String>,
    /// The service's address; without it, `PULUMI_BACKEND_URL`, `PULUMI_API`, or Pulumi's own
    api_url: Option<String>,
    /// The access token; without it, `PULUMI_ACCESS_TOKEN`
    access_token: Option<Secret<String>>,
}

#[derive(Debug, thiserror::Error)]
enum PulumiError {
    #[error("no access token of Pulumi is given: set `accessToken`, or the variable PULUMI_ACCESS_TOKEN")]
    Token,
    #[error("the environment `{environment}` at Pulumi ESC has no `{property}`")]
    Property { environment: String, property: String },
}

impl Source for PulumiEscSource {
    fn name(&self) -> &'static str {
        "pulumi-esc"
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
        _: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let inputs: Inputs = inputs::read(self.name(), inputs)?;
            let variable = |name: &str| self.outside.process.get(name).map(str::to_owned);
            let url =
                inputs.api_url.or_else(|| variable("PULUMI_BACKEND_URL")).or_else(|| variable("PULUMI_API"));
            let url = url.unwrap_or_else(|| PulumiEsc::ADDRESS.to_owned());
            let token = inputs.access_token.or_else(|| variable("PULUMI_ACCESS_TOKEN").map(Secret::new));
            let token = token.ok_or(PulumiError::Token)?;
            let service =
                self.services.get(|service| service.is(&url, &token), || PulumiEsc::new(&url, &token))?;
            let Inputs { organization, project, environment, version, property, .. } = inputs;
            let address = Address { organization, project, environment, version };
            let value = service.open(&address, meter).await?;
            let Some(property) = property else { return Ok(value) };
            let environment = address.environment;
            Ok(extract(&value, &property).ok_or(PulumiError::Property { environment, property })?)
        })
    }
}
