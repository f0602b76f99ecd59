//! Stores of environments in Pulumi ESC, as configuration names them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CanaryOf, Context, KnownStore, Operator, ProvenStore};
use crate::external_secrets::{
    Access, Condition, Naming, PulumiAuth, PulumiEsc, SecretKey, Store, StoreReference,
};
use crate::pulumi_esc::access_token;
use crate::resource::{ObjectName, Options, Value};
use crate::secret::Secret;
use crate::verify::StoreKind;

/// A store of one environment in Pulumi ESC, with its canary.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EscStore {
    /// The store's name.
    pub name: String,
    /// ClusterSecretStore, or SecretStore with a namespace.
    #[serde(default)]
    pub kind: StoreKind,
    /// The namespace of a SecretStore.
    pub namespace: Option<String>,
    /// The organization at Pulumi.
    pub organization: String,
    /// Its project.
    pub project: String,
    /// The project's environment.
    pub environment: String,
    /// The API's address where it is not Pulumi's own service.
    pub api_url: Option<String>,
    /// Writes the token's reference where controllers before 2.5.0 look for it; follows the chart's version.
    pub token_at_root: Option<bool>,
    /// A service account in place of the access token; its organization at Pulumi has to trust the cluster.
    pub oidc: Option<EscOidc>,
    /// Who may use a ClusterSecretStore; everybody when empty.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// How often the operator checks the store, in seconds.
    pub refresh_interval: Option<u32>,
    /// The value that proves the store.
    pub canary: Option<EscCanary>,
}

/// A service account by which Pulumi knows the operator.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EscOidc {
    /// The service account; it is made in the store's namespace, or the operator's.
    pub service_account: String,
    /// How long its tokens hold, in seconds; 600 when absent.
    #[schemars(range(min = 600))]
    pub expiration_seconds: Option<u32>,
}

/// What proves a store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscCanary {
    /// The path of a value of the environment, as `app.canary`.
    pub key: String,
    /// The value it must have; without it any value will do.
    pub equals: Option<Secret<String>>,
    /// Where the canary lives; else the first namespace that the conditions name, else the operator's.
    pub namespace: Option<String>,
}

/// The Secret with the access token, and its key.
const TOKEN: (&str, &str) = ("pulumi-access-token", "PULUMI_ACCESS_TOKEN");

impl EscStore {
    fn reference(&self) -> StoreReference {
        StoreReference { namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

impl Context<'_> {
    /// Registers stores (`stores[0]`, …) of an operator in `namespace`, with the access token (`accessToken`) in each
    /// namespace that a store reads it from.
    pub fn esc_stores(
        &mut self,
        namespace: &str,
        operator: &Operator,
        token: Option<&Secret<String>>,
        stores: &[EscStore],
    ) -> Vec<KnownStore> {
        let place = |store: &EscStore| store.namespace.clone().unwrap_or_else(|| namespace.to_owned());
        let seeded: BTreeSet<String> =
            stores.iter().filter(|store| store.oidc.is_none()).map(place).collect();
        for namespace in stores.iter().map(place).collect::<BTreeSet<String>>() {
            self.namespace_once(&namespace);
        }
        self.esc_token(token, &seeded);
        let mut known = Vec::new();
        for (index, store) in stores.iter().enumerate() {
            self.check_store_kind(&format!("stores[{index}]"), store.kind, store.namespace.as_deref());
            self.esc_store(namespace, operator, index, store);
            known.push(KnownStore { reference: store.reference(), naming: Naming::Dot });
        }
        known
    }

    fn esc_token(&mut self, token: Option<&Secret<String>>, namespaces: &BTreeSet<String>) {
        match token.map(access_token) {
            Some(Ok(token)) => {
                for namespace in namespaces {
                    self.secret(namespace, TOKEN.0, [(TOKEN.1.to_owned(), token.clone().into())]);
                }
            }
            Some(Err(error)) => self.error("accessToken", error.to_string(), error.hint()),
            None if namespaces.is_empty() => {}
            None => self.error(
                "stores",
                "a store without `oidc` needs the access token",
                "give `accessToken: ${pulumiConfig.pulumi-pat}`, or each store its `oidc`",
            ),
        }
    }

    fn esc_store(&mut self, namespace: &str, operator: &Operator, index: usize, store: &EscStore) {
        let own = store.namespace.as_deref().unwrap_or(namespace);
        let key = SecretKey { namespace: own.to_owned(), name: TOKEN.0.to_owned(), key: TOKEN.1.to_owned() };
        let is_old = operator.is_before(self, 2, 5);
        let mut secrets = Vec::new();
        let auth = if let Some(oidc) = &store.oidc {
            if is_old {
                let message = "this version of External Secrets knows no OIDC of Pulumi (before 2.5.0)";
                let hint = "use chart 2.5.0 or later, or the access token";
                self.error(&format!("stores[{index}].oidc"), message, hint);
            }
            let service_account = ObjectName::namespaced(own, oidc.service_account.as_str());
            self.object(account(&service_account), Options::default());
            PulumiAuth::Oidc {
                organization: store.organization.clone(),
                service_account,
                expiration: oidc.expiration_seconds,
            }
        } else {
            secrets.push(key.secret());
            if store.token_at_root.unwrap_or(is_old) {
                PulumiAuth::TokenAtRoot(key)
            } else {
                PulumiAuth::Token(key)
            }
        };
        self.proven_store(ProvenStore {
            store: Store {
                reference: store.reference(),
                conditions: store.conditions.clone(),
                refresh_interval: store.refresh_interval,
                access: Access::PulumiEsc(PulumiEsc {
                    api_url: store.api_url.clone(),
                    organization: store.organization.clone(),
                    project: store.project.clone(),
                    environment: store.environment.clone(),
                    auth,
                }),
            },
            canary: store.canary.as_ref().map(|canary| CanaryOf {
                key: &canary.key,
                property: None,
                equals: canary.equals.as_ref(),
                namespace: canary.namespace.as_deref(),
            }),
            namespace,
            secrets,
            deployments: Operator::deployments(namespace).to_vec(),
            depends_on: Vec::new(),
        });
    }
}

fn account(name: &ObjectName) -> Value {
    let namespace = name.namespace.as_deref().unwrap_or_default();
    Value::from(&serde_json::json!({ "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": { "name": name.name, "namespace": namespace } }))
}
