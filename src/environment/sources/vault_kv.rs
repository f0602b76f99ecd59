//! `fn::open::vault-kv`: a secret of a key/value engine of Vault.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Deserialize;

use super::{
    inputs,
    standard::{Kept, Outside},
};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::remote::{Meter, ServiceError, Vault, VaultEngine, VaultPlace};
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Reads from Vaults.
pub(super) struct VaultKv {
    outside: Arc<Outside>,
    servers: Kept<Vault>,
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
        let number = inputs.engine.unwrap_or(2);
        let engine = match number {
            1 if inputs.version.is_some() => return Err(VaultError::Version),
            1 => VaultEngine::V1,
            2 => VaultEngine::V2,
            other => return Err(VaultError::Engine(other)),
        };
        let server = self.servers.get(
            |server| server.is(&address, &token, namespace.as_deref()),
            || Vault::new(&address, &token, namespace.clone()),
        )?;
        let place = VaultPlace { mount, path: inputs.path, engine };
        let entries = server.read(&place, inputs.version, meter).await?;
        let VaultPlace { mount, path, .. } = place;
        let Some(entries) = entries else { return Err(VaultError::NotFound { path, mount, engine: number }) };
        let mut values: Map =
            entries.iter().map(|(key, value)| (key.as_str().into(), Value::from(value).secret())).collect();
        let Some(key) = inputs.key else { return Ok(Value::Map(values.into())) };
        values.remove(key.as_str()).ok_or_else(|| VaultError::Key {
            path,
            key,
            has: entries.keys().cloned().collect(),
        })
    }
}
