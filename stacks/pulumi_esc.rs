//! External Secrets Operator with stores of Pulumi ESC: the operator, the seeded access token, the stores, and what
//! is fetched from them.
//!
//! The operator calls such a store ready without asking Pulumi anything: only a canary proves it.

use std::collections::{BTreeMap, BTreeSet};

use eggtooth::{
    external_secrets::{
        Access, Condition, ExternalSecret, Fetch, Fetched, Interval, PulumiEsc, SecretKey, Store,
        StoreReference,
    },
    resource::{Options, Value},
    secret::Secret,
    stack::{CanaryOf, Context, Operator, ProvenStore, Stack},
    verify::StoreKind,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack `pulumi-esc`.
pub(crate) fn stack() -> Stack {
    Stack::new("pulumi-esc", "External Secrets Operator with stores of Pulumi ESC environments", program)
}

/// The stack's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    /// Where the operator lives; the tokens of ClusterSecretStores are there, too.
    #[serde(default = "operator_namespace")]
    namespace: String,
    /// External Secrets Operator.
    #[serde(default)]
    operator: Operator,
    /// The access token by which the operator reads from Pulumi.
    access_token: Secret<String>,
    /// The stores, one for each environment of Pulumi ESC, each with its canary.
    stores: Vec<StoreConfig>,
    /// What is fetched into the cluster.
    #[serde(default)]
    external_secrets: Vec<ExternalSecretConfig>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoreConfig {
    /// The store's name.
    name: String,
    /// ClusterSecretStore, or SecretStore with a namespace.
    #[serde(default)]
    kind: StoreKind,
    /// The namespace of a SecretStore.
    namespace: Option<String>,
    /// The organization at Pulumi.
    organization: String,
    /// Its project.
    project: String,
    /// The project's environment.
    environment: String,
    /// The API's address where it is not Pulumi's own service.
    api_url: Option<String>,
    /// Writes the token's reference where controllers before 2.5.0 look for it; follows the chart's version.
    token_at_root: Option<bool>,
    /// Who may use a ClusterSecretStore; everybody when empty.
    #[serde(default)]
    conditions: Vec<Condition>,
    /// How often the operator checks the store, in seconds.
    refresh_interval: Option<u32>,
    /// The value that proves the store.
    canary: Option<CanaryConfig>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CanaryConfig {
    /// The path of a value of the environment, as `app.canary`.
    key: String,
    /// The value it must have; without it any value will do.
    equals: Option<Secret<String>>,
    /// Where the canary lives; else the first namespace that the conditions name, else the operator's.
    namespace: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ExternalSecretConfig {
    /// The name of the ExternalSecret and of its Secret.
    name: String,
    /// Their namespace.
    namespace: String,
    /// The name of one of the stores.
    store: String,
    /// The path of an object: each of its values becomes a key.
    extract: Option<String>,
    /// The paths of single values, by the keys that they become.
    #[serde(default)]
    data: BTreeMap<String, String>,
    /// How often the values are fetched anew.
    #[serde(default = "hourly")]
    refresh_interval: Interval,
}

fn operator_namespace() -> String {
    Operator::NAME.to_owned()
}

fn hourly() -> Interval {
    Interval::HOUR
}

const TOKEN: (&str, &str) = ("pulumi-access-token", "PULUMI_ACCESS_TOKEN");

fn program(context: &mut Context<'_>, config: &Config) {
    let own = config.stores.iter().filter_map(|store| store.namespace.as_deref());
    let tokens: BTreeSet<&str> = own.chain([config.namespace.as_str()]).collect();
    let fetching = config.external_secrets.iter().map(|secret| secret.namespace.as_str());
    for namespace in tokens.iter().copied().chain(fetching).collect::<BTreeSet<&str>>() {
        context.namespace(namespace);
    }
    let token = access_token(context, config);
    for namespace in tokens {
        context.secret(namespace, TOKEN.0, [(TOKEN.1.to_owned(), token.clone())]);
    }
    config.operator.install(context, &config.namespace, config.stores.len());
    for (index, store) in config.stores.iter().enumerate() {
        context.check_store_kind(&format!("stores[{index}]"), store.kind, store.namespace.as_deref());
        add_store(context, config, store);
    }
    for (index, secret) in config.external_secrets.iter().enumerate() {
        add_external_secret(context, config, index, secret);
    }
    context.output("namespaceName", config.namespace.as_str());
    context.output("stores", Value::list(config.stores.iter().map(|store| store.name.as_str().into())));
}

/// A newline at its end, as files have it, would make the operator's header invalid.
#[expect(clippy::disallowed_methods, reason = "the token moves on, hidden, into a Secret's data")]
fn access_token(context: &mut Context<'_>, config: &Config) -> Value {
    let token = config.access_token.expose().trim();
    if token.is_empty() {
        context.error("accessToken", "the access token is empty", "make one in Pulumi Cloud: Access tokens");
    } else if token.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        context.error("accessToken", "white space is within the access token", "write the token alone");
    }
    Value::from(token)
}

fn add_store(context: &mut Context<'_>, config: &Config, store: &StoreConfig) {
    let token = SecretKey {
        namespace: store.namespace.as_ref().unwrap_or(&config.namespace).clone(),
        name: TOKEN.0.to_owned(),
        key: TOKEN.1.to_owned(),
    };
    let secrets = vec![token.secret()];
    let access = PulumiEsc {
        api_url: store.api_url.clone(),
        organization: store.organization.clone(),
        project: store.project.clone(),
        environment: store.environment.clone(),
        token,
        token_at_root: store.token_at_root.unwrap_or_else(|| config.operator.is_before(context, 2, 5)),
    };
    context.proven_store(ProvenStore {
        store: Store {
            reference: reference(store),
            conditions: store.conditions.clone(),
            refresh_interval: store.refresh_interval,
            access: Access::PulumiEsc(access),
        },
        canary: store.canary.as_ref().map(|canary| CanaryOf {
            key: &canary.key,
            property: None,
            equals: canary.equals.as_ref(),
            namespace: canary.namespace.as_deref(),
        }),
        namespace: &config.namespace,
        secrets,
        deployments: Operator::deployments(&config.namespace).to_vec(),
        depends_on: Vec::new(),
    });
}

fn reference(store: &StoreConfig) -> StoreReference {
    StoreReference { namespace: store.namespace.clone(), name: store.name.clone() }
}

fn add_external_secret(
    context: &mut Context<'_>,
    config: &Config,
    index: usize,
    secret: &ExternalSecretConfig,
) {
    let field = |name: &str| format!("externalSecrets[{index}].{name}");
    let Some(store) = config.stores.iter().find(|store| store.name == secret.store) else {
        let known: Vec<&str> = config.stores.iter().map(|store| store.name.as_str()).collect();
        context.error(
            &field("store"),
            format!("no store is called {}", secret.store),
            format!("there is {}", known.join(", ")),
        );
        return;
    };
    let fetch = match &secret.extract {
        Some(key) if secret.data.is_empty() => Fetch::All(key.clone()),
        None if !secret.data.is_empty() => {
            let fetched = |(into, key): (&String, &String)| Fetched {
                into: into.clone(),
                key: key.clone(),
                property: None,
            };
            Fetch::Each(secret.data.iter().map(fetched).collect())
        }
        Some(_) | None => {
            context.error(
                &field("extract"),
                "an ExternalSecret fetches an object or single values",
                "write either `extract` or `data`",
            );
            return;
        }
    };
    let manifest = ExternalSecret {
        namespace: secret.namespace.clone(),
        name: secret.name.clone(),
        store: reference(store),
        refresh_interval: secret.refresh_interval,
        fetch,
    };
    context.external_secret_object(manifest.manifest(), Options::default());
}
