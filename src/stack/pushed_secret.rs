//! Secrets that the operator takes from the cluster to a provider, as configuration names them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, KnownStore};
use crate::external_secrets::{Interval, PushSecret};
use crate::resource::Options;

/// Keys of a Secret that the operator writes to a store's provider.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushedSecret {
    /// The name of the PushSecret.
    pub name: String,
    /// Its namespace, which is the Secret's.
    pub namespace: String,
    /// The name of one of the stores.
    pub store: String,
    /// The Secret.
    pub secret: String,
    /// Its keys, and where each goes: `ITEM/PROPERTY` of 1Password, or a path of Pulumi ESC.
    pub data: BTreeMap<String, String>,
    /// How often it is written.
    #[serde(default = "hourly")]
    pub refresh_interval: Interval,
}

fn hourly() -> Interval {
    Interval::HOUR
}

impl Context<'_> {
    /// Registers Secrets that are written to some of these stores.
    pub fn pushed_secrets(&mut self, secrets: &[PushedSecret], stores: &[KnownStore]) {
        for (index, secret) in secrets.iter().enumerate() {
            let field = format!("pushSecrets[{index}]");
            let Some(store) = self.known_store(&field, &secret.store, &secret.namespace, stores) else {
                continue;
            };
            self.namespace_once(&secret.namespace);
            let key = |(key, to): (&String, &String)| store.naming.written(key, to, "password");
            let wanted = PushSecret {
                namespace: secret.namespace.clone(),
                name: secret.name.clone(),
                store: store.reference.clone(),
                secret: secret.secret.clone(),
                keys: secret.data.iter().map(key).collect(),
                refresh_interval: secret.refresh_interval,
            };
            self.external_secret_object(wanted.manifest(), Options::default());
        }
    }
}
