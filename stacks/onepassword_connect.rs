//! External Secrets Operator with 1Password: the operator, the Connect server, the seeded token, the stores, and the
//! Secrets that are made of them.
//!
//! The order that the engine finds: the namespaces and the Secrets, then both releases side by side, then each store
//! as soon as the operator's webhook serves and Connect is up, then its canary and its Secrets.

use eggtooth::{
    resource::Value,
    secret::Secret,
    stack::{
        ConnectServer, Context, OnePasswordBase, OnePasswordStore, Operator, PushedSecret, Reader, Stack,
        SyncedSecret,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack `onepassword-connect`.
pub(crate) fn stack() -> Stack {
    Stack::new(
        "onepassword-connect",
        "External Secrets Operator with stores of a 1Password Connect server",
        program,
    )
}

/// The stack's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    /// Where the parts live.
    #[serde(default)]
    namespaces: Namespaces,
    /// The Connect server; stores with `sdkVault` need none.
    connect: Option<ConnectServer>,
    /// The token of a service account, for stores with `sdkVault`.
    service_account_token: Option<Secret<String>>,
    /// External Secrets Operator.
    #[serde(default)]
    operator: Operator,
    /// The stores, each with its canary.
    #[serde(default)]
    stores: Vec<OnePasswordStore>,
    /// What is fetched into the cluster.
    #[serde(default)]
    external_secrets: Vec<SyncedSecret>,
    /// What is written back from the cluster.
    #[serde(default)]
    push_secrets: Vec<PushedSecret>,
    /// Service accounts that may read the Secrets of `externalSecrets` in their namespace.
    #[serde(default)]
    readers: Vec<Reader>,
    /// Documents of External Secrets as they are; old forms are told with the new ones.
    #[serde(default)]
    documents: Vec<serde_json::Map<String, serde_json::Value>>,
    /// Lets only the operator and the kubelet's probes reach Connect's API.
    #[serde(default = "yes")]
    network_policy: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Namespaces {
    /// The operator's namespace.
    operator: String,
    /// Connect's namespace.
    connect: String,
}

impl Default for Namespaces {
    fn default() -> Self {
        Self { operator: "external-secrets".to_owned(), connect: "onepassword".to_owned() }
    }
}

fn yes() -> bool {
    true
}

fn program(context: &mut Context<'_>, config: &Config) {
    let Namespaces { operator, connect: connect_namespace } = &config.namespaces;
    context.namespace_once(operator);
    if let Some(connect) = &config.connect {
        context.namespace_once(connect_namespace);
        connect.check(context, OnePasswordStore::connect_vaults(&config.stores));
        connect.seed(context, connect_namespace, OnePasswordStore::connect_namespaces(&config.stores));
    }
    config.operator.install(context, operator, config.stores.len());
    let only_for = config.network_policy.then_some(operator.as_str());
    let connect =
        config.connect.as_ref().map(|connect| connect.install(context, connect_namespace, only_for));
    let base = OnePasswordBase {
        operator: &config.operator,
        operator_namespace: operator,
        connect_namespace,
        connect,
        service_account: config.service_account_token.as_ref(),
    };
    let stores = context.onepassword_stores(&base, &config.stores);
    context.synced_secrets(&config.external_secrets, &stores);
    context.pushed_secrets(&config.push_secrets, &stores);
    context.secret_readers(&config.readers, &config.external_secrets);
    context.external_secret_documents(&config.documents, &config.operator);
    if config.connect.is_some() {
        context.output("connectHost", ConnectServer::host(connect_namespace));
    }
    context.output("stores", Value::list(config.stores.iter().map(|store| store.name.as_str().into())));
}
