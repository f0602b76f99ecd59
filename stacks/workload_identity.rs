//! Stores without a credential: the provider knows a service account of the cluster, and what is production's stays so.
//!
//! Each environment of the cluster has its namespaces, its stores and its identities. That no namespace is in two of
//! them is proven before anything is written, and again at each proof on what is there then.

use std::collections::BTreeMap;

use eggtooth::{
    external_secrets::{Aws, Azure, Condition, Gcp, StoreReference, Vault, Workload, admits},
    resource::Value,
    secret::Secret,
    stack::{CanaryOf, Context, Operator, Restart, Seed, Stack, WorkloadStore},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack `workload-identity`.
pub(crate) fn stack() -> Stack {
    Stack::new(
        "workload-identity",
        "Stores of clouds and Vault by service accounts, environments apart",
        program,
    )
}

/// The stack's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    /// Where the operator lives.
    #[serde(default = "operator_namespace")]
    operator_namespace: String,
    /// External Secrets Operator.
    #[serde(default)]
    operator: Operator,
    /// The environments of this cluster (`prod`, `nonprod`), and the namespaces that each has.
    environments: BTreeMap<String, Condition>,
    /// The stores.
    stores: Vec<StoreConfig>,
    /// The Secrets that other tools start with, before any store delivers.
    #[serde(default)]
    bootstrap: Vec<Seed>,
    /// Workloads of others that are started anew when a Secret of theirs changed.
    #[serde(default)]
    restarts: Vec<Restart>,
    /// Takes a credential that does not change by itself in place of an identity.
    #[serde(default)]
    allow_static_credentials: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoreConfig {
    /// The store's name.
    name: String,
    /// The environment that it is for.
    environment: String,
    /// Makes it a SecretStore of this namespace; a ClusterSecretStore for all of the environment when absent.
    namespace: Option<String>,
    /// The service account's name; the store's own when absent.
    service_account: Option<String>,
    /// AWS Secrets Manager or Parameter Store.
    aws: Option<Aws>,
    /// Google Secret Manager.
    gcp: Option<Gcp>,
    /// Azure Key Vault.
    azure: Option<Azure>,
    /// HashiCorp Vault.
    vault: Option<Vault>,
    /// How often the operator checks the store, in seconds.
    refresh_interval: Option<u32>,
    /// What proves the store.
    canary: Option<CanaryConfig>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CanaryConfig {
    /// The name of a secret at the provider.
    key: String,
    /// A property of it.
    property: Option<String>,
    /// The value it must have; without it any value will do.
    equals: Option<Secret<String>>,
    /// Where the canary lives; else the store's namespace, else the first that the environment names.
    namespace: Option<String>,
}

fn operator_namespace() -> String {
    Operator::NAME.to_owned()
}

fn program(context: &mut Context<'_>, config: &Config) {
    context.check_apart("environments", &config.environments);
    context.namespace(&config.operator_namespace);
    context.seed("bootstrap", &config.bootstrap, &config.restarts);
    config.operator.install(context, &config.operator_namespace, config.stores.len());
    let mut identities: BTreeMap<String, &str> = BTreeMap::new();
    for (index, store) in config.stores.iter().enumerate() {
        let field = format!("stores[{index}]");
        let Some(workload) = workload(context, config, &field, store) else { continue };
        let identity = workload.identity().unwrap_or_else(|| format!("the operator itself, at {field}"));
        let other = identities.entry(identity.clone()).or_insert(&store.environment);
        if *other != store.environment {
            let message = format!("`{identity}` is the identity of a store of `{other}`, too");
            context.error(&field, message, "give each environment an identity of its own at the provider");
        }
        add_store(context, config, &field, store, workload);
    }
    context.output("stores", Value::list(config.stores.iter().map(|store| store.name.as_str().into())));
}

/// The store's provider, unless something is wrong with it.
fn workload(
    context: &mut Context<'_>,
    config: &Config,
    field: &str,
    store: &StoreConfig,
) -> Option<Workload> {
    let all = [
        ("aws", store.aws.clone().map(Workload::Aws)),
        ("gcp", store.gcp.clone().map(Workload::Gcp)),
        ("azure", store.azure.clone().map(Workload::Azure)),
        ("vault", store.vault.clone().map(Workload::Vault)),
    ];
    let mut given = all.into_iter().filter_map(|(name, workload)| Some((name, workload?)));
    let (Some((name, workload)), None) = (given.next(), given.next()) else {
        context.error(field, "a store needs one provider", "give one of `aws`, `gcp`, `azure`, `vault`");
        return None;
    };
    if let Some((missing, remedy)) = workload.missing() {
        context.error(&format!("{field}.{name}"), format!("`{missing}` is missing"), remedy);
        return None;
    }
    if workload.credential().is_some() && !config.allow_static_credentials {
        let message = "this credential does not change by itself, and whoever sees it once has it";
        let hint = "use the workload's identity, or say `allowStaticCredentials: true`";
        context.error(&format!("{field}.{name}"), message, hint);
        return None;
    }
    Some(workload)
}

fn add_store(
    context: &mut Context<'_>,
    config: &Config,
    field: &str,
    store: &StoreConfig,
    workload: Workload,
) {
    let Some(own) = config.environments.get(&store.environment) else {
        let known: Vec<&str> = config.environments.keys().map(String::as_str).collect();
        let message = format!("there is no environment `{}`", store.environment);
        context.error(&format!("{field}.environment"), message, format!("there are: {}", known.join(", ")));
        return;
    };
    let wanted = store.canary.as_ref().and_then(|canary| canary.namespace.as_deref());
    let canary_namespace =
        wanted.or(store.namespace.as_deref()).or(own.namespaces.first().map(String::as_str));
    let by_name = own.match_labels.is_empty();
    for namespace in store.namespace.as_deref().into_iter().chain(canary_namespace) {
        if by_name && !admits(std::slice::from_ref(own), namespace, &BTreeMap::new()) {
            let message = format!("the namespace `{namespace}` is not one of the environment's");
            context.error(field, message, format!("see `environments.{}`", store.environment));
        }
        context.namespace(namespace);
    }
    if store.canary.is_some() && canary_namespace.is_none() {
        let hint = "name one of the environment's namespaces: `canary.namespace`";
        context.error(&format!("{field}.canary"), "no namespace for the canary is known", hint);
    }
    let others = config.environments.iter().filter(|(name, _)| **name != store.environment);
    context.workload_store(WorkloadStore {
        reference: StoreReference { namespace: store.namespace.clone(), name: store.name.clone() },
        workload,
        service_account: store.service_account.as_deref(),
        operator_namespace: &config.operator_namespace,
        conditions: vec![own.clone()],
        apart: others.map(|(_, condition)| condition.clone()).collect(),
        refresh_interval: store.refresh_interval,
        canary: store.canary.as_ref().map(|canary| CanaryOf {
            key: &canary.key,
            property: canary.property.as_deref(),
            equals: canary.equals.as_ref(),
            namespace: canary_namespace,
        }),
    });
}
