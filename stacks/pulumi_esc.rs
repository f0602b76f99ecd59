//! External Secrets Operator with stores of Pulumi ESC: the operator, the seeded access token, the stores, what is
//! fetched from them and pushed back, and podinfo as a consumer to look at.
//!
//! The operator calls such a store ready without asking Pulumi anything: only a canary proves it.

use std::collections::BTreeMap;

use eggtooth::{
    resource::{Options, Urn, Value},
    secret::Secret,
    stack::{
        ChartChoice, Context, EscStore, Operator, PushedSecret, Release, Stack, SyncedSecret, overlay,
        variables_of,
    },
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
    /// The access token by which the operator reads from Pulumi; stores with `oidc` need none.
    access_token: Option<Secret<String>>,
    /// The stores, one for each environment of Pulumi ESC, each with its canary.
    stores: Vec<EscStore>,
    /// What is fetched into the cluster.
    #[serde(default)]
    external_secrets: Vec<SyncedSecret>,
    /// What is written back from the cluster.
    #[serde(default)]
    push_secrets: Vec<PushedSecret>,
    /// Documents of External Secrets as they are; old forms are told with the new ones.
    #[serde(default)]
    documents: Vec<serde_json::Map<String, serde_json::Value>>,
    /// A consumer to look at: podinfo.
    podinfo: Option<Podinfo>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Podinfo {
    /// One of `externalSecrets`; podinfo lives in its namespace, and starts anew when what it `follows` changes.
    external_secret: String,
    /// Its variables, and the keys of the Secret that they get.
    environment: BTreeMap<String, String>,
    /// Another chart version than the pinned one.
    #[serde(default)]
    chart: ChartChoice,
    /// Values of the chart `podinfo`, over ours.
    values: Option<serde_json::Map<String, serde_json::Value>>,
}

fn operator_namespace() -> String {
    Operator::NAME.to_owned()
}

const PODINFO: &str = "podinfo";

fn program(context: &mut Context<'_>, config: &Config) {
    context.namespace_once(&config.namespace);
    config.operator.install(context, &config.namespace, config.stores.len());
    let token = config.access_token.as_ref();
    let stores = context.esc_stores(&config.namespace, &config.operator, token, &config.stores);
    let synced = context.synced_secrets(&config.external_secrets, &stores);
    context.pushed_secrets(&config.push_secrets, &stores);
    context.external_secret_documents(&config.documents, &config.operator);
    if let Some(podinfo) = &config.podinfo {
        install(context, podinfo, &config.external_secrets, &synced);
    }
    context.output("namespaceName", config.namespace.as_str());
    context.output("helmReleaseName", if config.podinfo.is_some() { PODINFO } else { Operator::NAME });
    context.output("stores", Value::list(config.stores.iter().map(|store| store.name.as_str().into())));
}

/// Installs podinfo, which gets its variables from the Secret of an ExternalSecret.
fn install(
    context: &mut Context<'_>,
    podinfo: &Podinfo,
    secrets: &[SyncedSecret],
    synced: &BTreeMap<String, Urn>,
) {
    let name = &podinfo.external_secret;
    let (Some(secret), Some(urn)) = (secrets.iter().find(|secret| secret.name == *name), synced.get(name))
    else {
        let message = format!("no ExternalSecret is called {name}");
        context.error("podinfo.externalSecret", message, "name one of `externalSecrets`");
        return;
    };
    let mut values = serde_json::json!({ "extraEnvs": variables_of(name, &podinfo.environment) });
    overlay(&mut values, podinfo.values.as_ref());
    let mut release = Release::new(PODINFO, secret.namespace.as_str(), PODINFO);
    release.version.clone_from(&podinfo.chart.version);
    release.values = Value::from(&values);
    // A pod's variables are what they were when it started.
    if let Some(followed) = secret.followed() {
        release.restart_on("Deployment", PODINFO, followed);
    }
    context.release(release, Options { depends_on: vec![urn.clone()], ..Options::default() });
}
