//! One namespace with all master Secrets, and a catalogue that brings each to the namespaces that ask for it by a label.
//!
//! The operator reads the masters by a service account that may read these and nothing else: nothing but the masters
//! themselves is a credential.

use std::collections::{BTreeMap, BTreeSet};

use eggtooth::{
    external_secrets::{Access, Condition, KubernetesSecrets, Store, StoreReference},
    resource::{ObjectName, Value},
    secret::Secret,
    stack::{CanaryOf, Context, Entry, Operator, ProvenStore, Stack},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack `central-store`.
pub(crate) fn stack() -> Stack {
    Stack::new("central-store", "Master Secrets in one namespace, brought to others by a label", program)
}

/// The stack's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    /// The namespace of the master Secrets, and the name of the ClusterSecretStore.
    #[serde(default = "central")]
    name: String,
    /// Where the operator lives.
    #[serde(default = "operator_namespace")]
    operator_namespace: String,
    /// External Secrets Operator.
    #[serde(default)]
    operator: Operator,
    /// The API server as the operator reaches it; the cluster's own address when absent.
    server: Option<String>,
    /// The server's authority in PEM; the one that the cluster publishes when absent.
    ca_bundle: Option<String>,
    /// Who may use the store; the namespaces with a label of the catalogue when empty.
    #[serde(default)]
    conditions: Vec<Condition>,
    /// The master Secrets, and who gets them.
    catalogue: Vec<Entry>,
}

fn central() -> String {
    "central-secret-store".to_owned()
}

fn operator_namespace() -> String {
    Operator::NAME.to_owned()
}

/// The Secret that proves the store: no user's value has to leave its place for it.
const CANARY: (&str, &str, &str) = ("store-canary", "song", "chirp");

fn program(context: &mut Context<'_>, config: &Config) {
    check(context, config);
    context.namespace(&config.operator_namespace);
    add_namespaces(context, config);
    config.operator.install(context, &config.operator_namespace, 1);
    context.secret(&config.name, CANARY.0, [(CANARY.1.to_owned(), CANARY.2.into())]);
    add_store(context, config);
    for (index, entry) in config.catalogue.iter().enumerate() {
        context.catalogued(&config.name, &config.name, &format!("catalogue[{index}]"), entry);
    }
    context.output("store", config.name.as_str());
    context.output("labels", Value::list(config.catalogue.iter().map(|entry| entry.label().into())));
}

/// What a schema can't say.
fn check(context: &mut Context<'_>, config: &Config) {
    let mut seen = BTreeSet::from([("name", CANARY.0)]);
    for (index, entry) in config.catalogue.iter().enumerate() {
        for (field, name) in [("name", entry.name.as_str()), ("target", entry.target())] {
            if !seen.insert((field, name)) {
                let message = format!("`{name}` is taken already");
                context.error(&format!("catalogue[{index}].{field}"), message, "give it another name");
            }
        }
    }
}

fn add_namespaces(context: &mut Context<'_>, config: &Config) {
    let mut labels: BTreeMap<&str, BTreeSet<String>> = [(config.name.as_str(), BTreeSet::new())].into();
    for entry in &config.catalogue {
        for namespace in &entry.namespaces {
            labels.entry(namespace).or_default().insert(entry.label());
        }
    }
    for (namespace, labels) in &labels {
        context.labelled_namespace(namespace, labels.iter().map(String::as_str));
    }
}

fn add_store(context: &mut Context<'_>, config: &Config) {
    let masters = config.catalogue.iter().map(|entry| entry.name.as_str());
    let reader = context.secret_reader(&config.name, &config.name, masters.chain([CANARY.0]));
    let mut conditions = config.conditions.clone();
    if conditions.is_empty() {
        let labelled = |entry: &Entry| Condition {
            match_labels: [(entry.label(), "true".to_owned())].into(),
            ..Condition::default()
        };
        conditions.extend(config.catalogue.iter().map(labelled));
    }
    // The canary lives beside the masters.
    conditions.push(Condition { namespaces: vec![config.name.clone()], ..Condition::default() });
    context.proven_store(ProvenStore {
        store: Store {
            reference: StoreReference { namespace: None, name: config.name.clone() },
            conditions,
            refresh_interval: None,
            access: Access::Kubernetes(KubernetesSecrets {
                server: config.server.clone(),
                namespace: config.name.clone(),
                service_account: ObjectName::namespaced(config.name.as_str(), config.name.as_str()),
                ca_bundle: config.ca_bundle.clone(),
            }),
        },
        canary: Some(CanaryOf {
            key: CANARY.0,
            property: Some(CANARY.1),
            equals: Some(&Secret::new(CANARY.2.to_owned())),
            namespace: Some(&config.name),
        }),
        namespace: &config.name,
        secrets: vec![ObjectName::namespaced(config.name.as_str(), CANARY.0)],
        deployments: Operator::deployments(&config.operator_namespace).to_vec(),
        depends_on: reader,
    });
}
