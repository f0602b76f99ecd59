//! `fn::open::vault-kv`: a secret of a key/value engine of Vault.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    inputs,
    standard::{Kept, Outside},
};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::remote::{Credential, Meter, Service, ServiceError};
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Reads from Vaults.
pub(super) struct VaultKv {
    outside: Arc<Outside>,
    /// With their namespaces.
    servers: Kept<(Option<String>, Service)>,
}

impl VaultKv {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside, servers: Kept::default() }
    }
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The server's address; without it, `VAULT_ADDR`
    address: Option<String>,
    /// The token; without it, `VAULT_TOKEN`
    token: Option<Secret<String>>,
    /// The namespace; without it, `VAULT_NAMESPACE`
    namespace: Option<String>,
    /// Where the engine is mounted; `secret` without it
    mount: Option<String>,
    /// The secret's path in the engine
    path: String,
    /// The secret's version; without it, the latest
    version: Option<u32>,
    /// The engine's version, 1 or 2; 2 without it
    engine: Option<u8>,
    /// The key to take; without it, all by their names
    key: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum VaultError {
    #[error("no address of a Vault is given: set `address`, or the variable VAULT_ADDR")]
    Address,
    #[error("no token of Vault is given: set `token`, or the variable VAULT_TOKEN")]
    Token,
    #[error("`engine` is 1 or 2, not {0}")]
    Engine(u8),
    #[error("an engine of version 1 keeps no versions of a secret: leave `version` out")]
    Version,
    #[error("the namespace can't be sent: there is a line break or another control character in it")]
    Namespace,
    #[error(
        "there is no secret `{path}` in the engine `{mount}` of Vault, or its version is deleted, or the engine's \
         version is not {engine}"
    )]
    NotFound { path: String, mount: String, engine: u8 },
    #[error("the secret `{path}` of Vault has no key `{key}`; it has {}", has.join(", "))]
    Key { path: String, key: String, has: Vec<String> },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// `data` of the answer is the secret, or, from an engine of version 2, holds it as `data`.
#[derive(Deserialize)]
struct Answer {
    data: Json,
}

impl Source for VaultKv {
    fn name(&self) -> &'static str {
        "vault-kv"
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
            Ok(self.read(inputs, meter).await?)
        })
    }
}

impl VaultKv {
    async fn read(&self, inputs: Inputs, meter: &Meter) -> Result<Value, VaultError> {
        let variable = |name: &str| self.outside.process.get(name).map(str::to_owned);
        let address = inputs.address.or_else(|| variable("VAULT_ADDR")).ok_or(VaultError::Address)?;
        let token =
            inputs.token.or_else(|| variable("VAULT_TOKEN").map(Secret::new)).ok_or(VaultError::Token)?;
        let namespace = inputs.namespace.or_else(|| variable("VAULT_NAMESPACE"));
        let mount = inputs.mount.unwrap_or_else(|| "secret".to_owned());
        let (base, path) = (encoded(&mount), encoded(&inputs.path));
        let engine = inputs.engine.unwrap_or(2);
        let asked = match (engine, inputs.version) {
            (1, None) => format!("/v1/{base}/{path}"),
            (2, None) => format!("/v1/{base}/data/{path}"),
            (2, Some(version)) => format!("/v1/{base}/data/{path}?version={version}"),
            (1, Some(_)) => return Err(VaultError::Version),
            (other, _) => return Err(VaultError::Engine(other)),
        };
        let server = self.servers.get(
            |(own, server)| *own == namespace && server.is(&address, &token),
            || server(&address, &token, namespace.clone()),
        )?;
        let not_found = || VaultError::NotFound { path: inputs.path.clone(), mount: mount.clone(), engine };
        let answer: Answer = server.1.get(&asked, meter).await.map_err(|error| match error.status() {
            Some(404) => not_found(),
            _ => error.into(),
        })?;
        let data = if engine == 2 { answer.data.get("data").cloned() } else { Some(answer.data) };
        let Some(Json::Object(entries)) = data else { return Err(not_found()) };
        let mut values: Map =
            entries.iter().map(|(key, value)| (key.as_str().into(), Value::from(value).secret())).collect();
        let Some(key) = inputs.key else { return Ok(Value::Map(values.into())) };
        values.remove(key.as_str()).ok_or_else(|| VaultError::Key {
            path: inputs.path.clone(),
            key,
            has: entries.keys().cloned().collect(),
        })
    }
}

fn server(
    address: &str,
    token: &Secret<String>,
    namespace: Option<String>,
) -> Result<(Option<String>, Service), VaultError> {
    let header = HeaderName::from_static("x-vault-token");
    let mut server = Service::new("Vault", address, Credential { header, scheme: "", token: token.clone() })?
        .header(HeaderName::from_static("x-vault-request"), HeaderValue::from_static("true"));
    if let Some(namespace) = &namespace {
        let value = HeaderValue::from_str(namespace).map_err(|_| VaultError::Namespace)?;
        server = server.header(HeaderName::from_static("x-vault-namespace"), value);
    }
    Ok((namespace, server))
}

/// What means something in an address.
const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Each step of a path by itself; none leads upwards.
fn encoded(path: &str) -> String {
    let steps = path.split('/').filter(|step| !matches!(*step, "" | "." | ".."));
    steps.map(|step| utf8_percent_encode(step, SPECIAL).to_string()).collect::<Vec<_>>().join("/")
}
