//! Stores of 1Password, as configuration names them: through a Connect server, or by a service account.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CanaryOf, ConnectServer, Context, KnownStore, Operator, ProvenStore};
use crate::external_secrets::{
    Access, Condition, Naming, OnePassword, OnePasswordSdk, SecretKey, Store, StoreReference,
};
use crate::onepassword::service_account_token;
use crate::resource::Urn;
use crate::secret::Secret;
use crate::verify::StoreKind;

/// A store of 1Password with its canary.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OnePasswordStore {
    /// The store's name.
    pub name: String,
    /// ClusterSecretStore, or SecretStore with a namespace.
    #[serde(default)]
    pub kind: StoreKind,
    /// The namespace of a SecretStore.
    pub namespace: Option<String>,
    /// Vaults by name or id, with the order in which Connect is asked for them.
    #[serde(default)]
    pub vaults: BTreeMap<String, u32>,
    /// In place of `vaults` one vault that is read by the service account, without Connect (the provider
    /// `onepasswordSDK`).
    pub sdk_vault: Option<String>,
    /// Who may use a ClusterSecretStore; everybody when empty.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// How often the operator checks the store, in seconds.
    pub refresh_interval: Option<u32>,
    /// The item that proves the store.
    pub canary: Option<OnePasswordCanary>,
}

/// What proves a store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnePasswordCanary {
    /// An item of one of the vaults.
    pub item: String,
    /// The label of its field; `password` when absent.
    pub property: Option<String>,
    /// The value it must have; without it any value will do.
    pub equals: Option<Secret<String>>,
    /// Where the canary lives; else the first namespace that the conditions name, else the operator's.
    pub namespace: Option<String>,
}

/// What the stores stand on.
#[derive(Clone, Debug)]
pub struct OnePasswordBase<'a> {
    /// External Secrets Operator.
    pub operator: &'a Operator,
    /// Its namespace.
    pub operator_namespace: &'a str,
    /// Where Connect lives.
    pub connect_namespace: &'a str,
    /// Connect's release, where there is one.
    pub connect: Option<Urn>,
    /// The token of a service account, for stores without Connect (`serviceAccountToken`).
    pub service_account: Option<&'a Secret<String>>,
}

/// The Secret with the service account's token, and its key.
const SERVICE_ACCOUNT: (&str, &str) = ("onepassword-service-account", "token");

impl OnePasswordStore {
    /// Returns the vaults that Connect is asked for.
    pub fn connect_vaults(stores: &[Self]) -> impl Iterator<Item = &str> {
        stores.iter().flat_map(|store| store.vaults.keys().map(String::as_str))
    }

    /// Returns the namespaces of SecretStores through Connect: these read their token there.
    pub fn connect_namespaces(stores: &[Self]) -> impl Iterator<Item = &str> {
        let through_connect = stores.iter().filter(|store| store.sdk_vault.is_none());
        through_connect.filter_map(|store| store.namespace.as_deref())
    }

    fn reference(&self) -> StoreReference {
        StoreReference { namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

impl Context<'_> {
    /// Registers stores (`stores[0]`, …), each with its canary.
    pub fn onepassword_stores(
        &mut self,
        base: &OnePasswordBase<'_>,
        stores: &[OnePasswordStore],
    ) -> Vec<KnownStore> {
        // The operator before 2.5.0 shares one client between its Connect stores.
        let through_connect = stores.iter().filter(|store| store.sdk_vault.is_none()).count();
        if through_connect > 1 && base.operator.is_before(self, 2, 5) {
            self.error(
                "stores",
                "this version of External Secrets mixes the vaults of several Connect stores (before 2.5.0)",
                "use one store, or chart 2.5.0 or later",
            );
        }
        self.token_account(base, stores);
        let mut known = Vec::new();
        for (index, store) in stores.iter().enumerate() {
            self.check_onepassword(base, index, store);
            if let Some(namespace) = &store.namespace {
                self.namespace_once(namespace);
            }
            let naming = if store.sdk_vault.is_some() { Naming::Slash } else { Naming::Property };
            known.push(KnownStore { reference: store.reference(), naming });
            self.onepassword_store(base, store, naming);
        }
        known
    }

    fn token_account(&mut self, base: &OnePasswordBase<'_>, stores: &[OnePasswordStore]) {
        let with_sdk = stores.iter().filter(|store| store.sdk_vault.is_some());
        let places: BTreeSet<&str> =
            with_sdk.map(|store| store.namespace.as_deref().unwrap_or(base.operator_namespace)).collect();
        match base.service_account.map(service_account_token) {
            Some(Ok(token)) => {
                for place in places {
                    let data = [(SERVICE_ACCOUNT.1.to_owned(), token.clone().into())];
                    self.namespace_once(place);
                    self.secret(place, SERVICE_ACCOUNT.0, data);
                }
            }
            Some(Err(error)) => self.error("serviceAccountToken", error.to_string(), error.hint()),
            None if places.is_empty() => {}
            None => {
                let message = "a store with `sdkVault` needs the token of a service account";
                self.error("stores", message, "give `serviceAccountToken`");
            }
        }
    }

    fn check_onepassword(&mut self, base: &OnePasswordBase<'_>, index: usize, store: &OnePasswordStore) {
        let field = |name: &str| format!("stores[{index}].{name}");
        let hint = "name one: `vaults: { production: 1 }`";
        match (&store.sdk_vault, store.vaults.is_empty()) {
            (None, true) => self.error(&field("vaults"), "a store needs a vault", hint),
            (Some(_), false) => {
                let message = "a store reads through Connect or by the service account";
                self.error(&field("sdkVault"), message, "write either `vaults` or `sdkVault`");
            }
            (None, false) if base.connect.is_none() => {
                self.error(
                    &field("vaults"),
                    "there is no Connect server to ask",
                    "give `connect`, or `sdkVault`",
                );
            }
            (None, false) | (Some(_), true) => {}
        }
        let orders: BTreeSet<u32> = store.vaults.values().copied().collect();
        if orders.len() < store.vaults.len() {
            self.error(&field("vaults"), "two vaults have the same order", "number them 1, 2, …");
        }
        if let Some(quoted) = store.vaults.keys().find(|name| name.contains('"')) {
            let message = format!("Connect can't be asked for the vault {quoted}");
            self.error(&field("vaults"), message, "use the vault's id");
        }
        self.check_store_kind(&format!("stores[{index}]"), store.kind, store.namespace.as_deref());
    }

    fn onepassword_store(&mut self, base: &OnePasswordBase<'_>, store: &OnePasswordStore, naming: Naming) {
        let mut deployments = Operator::deployments(base.operator_namespace).to_vec();
        let (access, secrets) = if let Some(vault) = &store.sdk_vault {
            let place = store.namespace.as_deref().unwrap_or(base.operator_namespace);
            let token = SecretKey {
                namespace: place.to_owned(),
                name: SERVICE_ACCOUNT.0.to_owned(),
                key: SERVICE_ACCOUNT.1.to_owned(),
            };
            let secrets = vec![token.secret()];
            (Access::OnePasswordSdk(OnePasswordSdk { vault: vault.clone(), token }), secrets)
        } else {
            let place = store.namespace.as_deref().unwrap_or(base.connect_namespace);
            let token = ConnectServer::token_key(place);
            let secrets = vec![token.secret(), ConnectServer::credentials_secret(base.connect_namespace)];
            deployments.push(ConnectServer::deployment(base.connect_namespace));
            let host = ConnectServer::host(base.connect_namespace);
            (Access::OnePassword(OnePassword { host, vaults: store.vaults.clone(), token }), secrets)
        };
        let canary = store.canary.as_ref().map(|canary| {
            let fetched = canary.property.as_deref().map_or_else(
                || naming.written("", &canary.item, "password"),
                |property| naming.fetched("", &canary.item, property),
            );
            (canary, fetched.key)
        });
        let through_connect = store.sdk_vault.is_none();
        self.proven_store(ProvenStore {
            store: Store {
                reference: store.reference(),
                conditions: store.conditions.clone(),
                refresh_interval: store.refresh_interval,
                access,
            },
            canary: canary.as_ref().map(|(canary, key)| CanaryOf {
                key: if through_connect { &canary.item } else { key },
                property: canary.property.as_deref().filter(|_| through_connect),
                equals: canary.equals.as_ref(),
                namespace: canary.namespace.as_deref(),
            }),
            namespace: base.operator_namespace,
            secrets,
            deployments,
            depends_on: base.connect.iter().filter(|_| through_connect).cloned().collect(),
        });
    }
}
