//! External Secrets Operator with 1Password Connect: the operator, the Connect server, the seeded token, the stores.
//!
//! The order that the engine finds: the namespaces and the Secrets, then both releases side by side, then each store
//! as soon as the operator's webhook serves and Connect is up, then its canary.

use std::collections::{BTreeMap, BTreeSet};

use eggtooth::{
    external_secrets::{Access, Condition, OnePassword, SecretKey, Store, StoreReference},
    onepassword::{Credentials, Encoding, Token},
    resource::{ObjectName, Options, Urn, Value},
    secret::Secret,
    stack::{CanaryOf, ChartChoice, Context, Operator, ProvenStore, Release, Stack, overlay},
    verify::StoreKind,
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
    /// The Connect server.
    connect: Connect,
    /// External Secrets Operator.
    #[serde(default)]
    operator: Operator,
    /// The stores, each with its canary.
    #[serde(default)]
    stores: Vec<StoreConfig>,
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Connect {
    /// The text or object of `1password-credentials.json`.
    credentials: Secret<Credentials>,
    /// The token by which the operator reads from the server.
    token: Secret<String>,
    /// Another chart version than the pinned one.
    #[serde(default)]
    chart: ChartChoice,
    /// Values of the chart `connect`, over ours.
    #[serde(default)]
    values: Option<serde_json::Map<String, serde_json::Value>>,
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
    /// Vaults by name or id, with the order in which they are searched.
    vaults: BTreeMap<String, u32>,
    /// Who may use a ClusterSecretStore; everybody when empty.
    #[serde(default)]
    conditions: Vec<Condition>,
    /// How often the operator checks the store, in seconds.
    refresh_interval: Option<u32>,
    /// The item that proves the store.
    canary: Option<CanaryConfig>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CanaryConfig {
    /// An item of one of the vaults.
    item: String,
    /// The label of its field; `password` when absent.
    property: Option<String>,
    /// The value it must have; without it any value will do.
    equals: Option<Secret<String>>,
    /// Where the canary lives; else the first namespace that the conditions name, else the operator's.
    namespace: Option<String>,
}

fn yes() -> bool {
    true
}

const CREDENTIALS: (&str, &str) = ("op-credentials", "1password-credentials.json");
const TOKEN: (&str, &str) = ("onepassword-token", "token");
const CONNECT: &str = "onepassword-connect";

fn program(context: &mut Context<'_>, config: &Config) {
    check(context, config);
    let namespaces: BTreeSet<&str> =
        [config.namespaces.operator.as_str(), config.namespaces.connect.as_str()].into();
    for namespace in namespaces {
        context.namespace(namespace);
    }
    seed(context, config);
    config.operator.install(context, &config.namespaces.operator, config.stores.len());
    let connect = install_connect(context, config);
    for store in &config.stores {
        add_store(context, config, store, &connect);
    }
    context.output("connectHost", host(config));
    context.output("stores", Value::list(config.stores.iter().map(|store| store.name.as_str().into())));
}

/// What a schema can't say.
#[expect(clippy::disallowed_methods, reason = "the credentials are checked, and nothing of them is shown")]
fn check(context: &mut Context<'_>, config: &Config) {
    if let Err(error) = config.connect.credentials.expose().check() {
        context.error("connect.credentials", error.to_string(), error.hint());
    }
    let vaults = config.stores.iter().flat_map(|store| store.vaults.keys().map(String::as_str));
    let now = context.now();
    if let Err(error) = Token::parse(&config.connect.token).and_then(|token| token.check(now, vaults)) {
        context.error("connect.token", error.to_string(), error.hint());
    }
    for (index, store) in config.stores.iter().enumerate() {
        check_store(context, index, store);
    }
    // The operator before 2.5.0 shares one client between its Connect stores.
    if config.stores.len() > 1 && config.operator.is_before(context, 2, 5) {
        context.error(
            "stores",
            "this version of External Secrets mixes the vaults of several Connect stores (before 2.5.0)",
            "use one store, or chart 2.5.0 or later",
        );
    }
}

fn check_store(context: &mut Context<'_>, index: usize, store: &StoreConfig) {
    let field = |name: &str| format!("stores[{index}].{name}");
    if store.vaults.is_empty() {
        context.error(&field("vaults"), "a store needs a vault", "name one: `vaults: { production: 1 }`");
    }
    let orders: BTreeSet<u32> = store.vaults.values().copied().collect();
    if orders.len() < store.vaults.len() {
        context.error(&field("vaults"), "two vaults have the same order", "number them 1, 2, …");
    }
    if let Some(quoted) = store.vaults.keys().find(|name| name.contains('"')) {
        context.error(
            &field("vaults"),
            format!("Connect can't be asked for the vault {quoted}"),
            "use the vault's id",
        );
    }
    context.check_store_kind(&format!("stores[{index}]"), store.kind, store.namespace.as_deref());
}

/// The credentials and the token: never as Helm values, which Helm stores.
fn seed(context: &mut Context<'_>, config: &Config) {
    let credentials = credentials(context, config);
    let namespace = config.namespaces.connect.as_str();
    context.secret(namespace, CREDENTIALS.0, [(CREDENTIALS.1.to_owned(), credentials)]);
    let Ok(token) = Token::parse(&config.connect.token) else { return };
    for namespace in token_namespaces(config) {
        context.secret(namespace, TOKEN.0, [(TOKEN.1.to_owned(), token.text().into())]);
    }
}

/// The credentials as the chart's version mounts them.
#[expect(clippy::disallowed_methods, reason = "the credentials move on, hidden, into a Secret's data")]
fn credentials(context: &Context<'_>, config: &Config) -> Value {
    let version = context.chart_version("connect", config.connect.chart.version.as_deref());
    let encoding = Encoding::of_chart(version.as_deref().unwrap_or("2.3.0"));
    config.connect.credentials.expose().encoded(encoding).into()
}

/// A SecretStore reads its token in its own namespace.
fn token_namespaces(config: &Config) -> BTreeSet<&str> {
    let own = config.stores.iter().filter_map(|store| store.namespace.as_deref());
    own.chain([config.namespaces.connect.as_str()]).collect()
}

fn install_connect(context: &mut Context<'_>, config: &Config) -> Urn {
    let namespace = config.namespaces.connect.as_str();
    let mut values = serde_json::json!({ "connect": { "credentialsName": CREDENTIALS.0, "credentialsKey": CREDENTIALS.1 } });
    overlay(&mut values, config.connect.values.as_ref());
    let mut release = Release::new("connect", namespace, "connect");
    release.version.clone_from(&config.connect.chart.version);
    // The kind OnePasswordItem is for 1Password's own operator, which the chart leaves out unless asked.
    release.skip_crds = values["operator"]["create"] != true;
    if values["connect"]["probes"]["readiness"] != false {
        release.patches = vec![quick_probes()];
    }
    // The credentials are mounted by `subPath`, which the kubelet never refreshes.
    release.restart_on("Deployment", CONNECT, credentials(context, config));
    release.values = Value::from(&values);
    if config.network_policy {
        context.object(network_policy(config), Options::default());
    }
    context.release(release, Options::default())
}

/// The chart fixes the first look at fifteen seconds.
fn quick_probes() -> Value {
    let probe = |container: usize, field: &str| {
        let path = format!("/spec/template/spec/containers/{container}/readinessProbe/{field}");
        Value::map([("op", "add".into()), ("path", path.into()), ("value", 1.into())])
    };
    let fields = ["initialDelaySeconds", "periodSeconds"];
    let operations = (0..2).flat_map(|container| fields.map(|field| probe(container, field)));
    let target = Value::map([("kind", Value::from("Deployment")), ("name", CONNECT.into())]);
    Value::map([("target", target), ("patch", Value::list(operations))])
}

/// Only the operator reaches Connect's API; the kubelet's probes come from the node and always pass.
fn network_policy(config: &Config) -> Value {
    Value::from(&serde_json::json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": "onepassword-connect", "namespace": config.namespaces.connect },
        "spec": {
            "podSelector": { "matchLabels": { "app": CONNECT } },
            "policyTypes": ["Ingress"],
            "ingress": [{
                "from": [{
                    "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": config.namespaces.operator } },
                    "podSelector": { "matchLabels": { "app.kubernetes.io/name": Operator::NAME } },
                }],
                "ports": [{ "port": 8080, "protocol": "TCP" }],
            }],
        },
    }))
}

fn add_store(context: &mut Context<'_>, config: &Config, store: &StoreConfig, connect: &Urn) {
    let token = SecretKey {
        namespace: store.namespace.as_ref().unwrap_or(&config.namespaces.connect).clone(),
        name: TOKEN.0.to_owned(),
        key: TOKEN.1.to_owned(),
    };
    let connect_object = |name: &str| ObjectName::namespaced(config.namespaces.connect.as_str(), name);
    // A Connect that was started anew may take other tokens than before.
    let secrets = vec![token.secret(), connect_object(CREDENTIALS.0)];
    let access = OnePassword { host: host(config), vaults: store.vaults.clone(), token };
    let reference = StoreReference { namespace: store.namespace.clone(), name: store.name.clone() };
    let mut deployments = Operator::deployments(&config.namespaces.operator).to_vec();
    deployments.push(connect_object(CONNECT));
    context.proven_store(ProvenStore {
        store: Store {
            reference,
            conditions: store.conditions.clone(),
            refresh_interval: store.refresh_interval,
            access: Access::OnePassword(access),
        },
        canary: store.canary.as_ref().map(|canary| CanaryOf {
            key: &canary.item,
            property: canary.property.as_deref(),
            equals: canary.equals.as_ref(),
            namespace: canary.namespace.as_deref(),
        }),
        namespace: &config.namespaces.operator,
        secrets,
        deployments,
        depends_on: vec![connect.clone()],
    });
}

fn host(config: &Config) -> String {
    format!("http://{CONNECT}.{}.svc:8080", config.namespaces.connect)
}
