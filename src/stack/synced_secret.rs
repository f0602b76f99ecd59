//! Secrets that the operator brings into the cluster, as configuration names them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, KnownStore, Values};
use crate::external_secrets::{ExternalSecret, Fetch, Interval, Naming, Recipe, Target};
use crate::resource::{Options, Urn, Value};
use crate::secret::Secret;

/// A Secret that is fetched from a store. What it is made of is said by exactly one field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SyncedSecret {
    /// The name of the ExternalSecret and of its Secret.
    pub name: String,
    /// Their namespace, which is made where it is not there.
    pub namespace: String,
    /// The name of one of the stores.
    pub store: String,
    /// An item, or the path of an object: each of its values becomes a key.
    pub extract: Option<String>,
    /// Single values by the keys that they become: `ITEM/PROPERTY` of 1Password, or a path of Pulumi ESC.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
    /// An item with `username`, `password` and `database`.
    pub database: Option<String>,
    /// Keys of interfaces, from several items: as `data`, and of an item alone its `credential`.
    #[serde(default)]
    pub api_keys: BTreeMap<String, String>,
    /// An item with `tls.crt` and `tls.key`: the Secret is of the type `kubernetes.io/tls`.
    pub tls: Option<String>,
    /// One text made of an item's properties.
    pub connection_string: Option<ConnectionString>,
    /// An item with a `current` key and the `previous` one.
    pub rotating_key: Option<String>,
    /// How often it is fetched anew; what it is made of decides when absent.
    pub refresh_interval: Option<Interval>,
    /// Values that, when they change, have it fetched at once and its users started anew.
    pub follows: Option<Values>,
}

/// One text made of an item's properties.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionString {
    /// The item.
    item: String,
    /// The key in the Secret.
    #[serde(default = "database_url")]
    key: String,
    /// A template of Go, whose fields are the item's properties; a string for `PostgreSQL` when absent.
    #[serde(default = "postgresql")]
    template: String,
}

fn database_url() -> String {
    "DATABASE_URL".to_owned()
}

fn postgresql() -> String {
    Recipe::POSTGRESQL.to_owned()
}

impl SyncedSecret {
    /// Returns what changes when it is to be fetched at once.
    pub fn followed(&self) -> Option<Value> {
        let value = |(name, value): (&String, &Secret<String>)| (name.clone(), value.clone().into());
        self.follows.as_ref().map(|values| Value::map(values.iter().map(value)))
    }

    /// What it is made of: what is fetched, the form, and the pace of that; `None` unless one field says it.
    fn made_of(&self, naming: Naming) -> Option<(Fetch, Target, Interval)> {
        let plain = |fetch| (fetch, Target::default(), Interval::HOUR);
        let recipe = |recipe: Recipe| (recipe.fetch(naming), recipe.target(), recipe.interval());
        let each = |(into, from): (&String, &String)| naming.written(into, from, "password");
        let string = |string: &ConnectionString| Recipe::ConnectionString {
            item: string.item.clone(),
            key: string.key.clone(),
            template: string.template.clone(),
        };
        let keys = (!self.api_keys.is_empty()).then(|| Recipe::ApiKeys(self.api_keys.clone()));
        let said = [
            self.extract.clone().map(|key| plain(Fetch::All(key))),
            (!self.data.is_empty()).then(|| plain(Fetch::Each(self.data.iter().map(each).collect()))),
            self.database.clone().map(Recipe::Database).map(recipe),
            keys.map(recipe),
            self.tls.clone().map(Recipe::Tls).map(recipe),
            self.connection_string.as_ref().map(string).map(recipe),
            self.rotating_key.clone().map(Recipe::RotatingKey).map(recipe),
        ];
        let mut said = said.into_iter().flatten();
        said.next().filter(|_| said.next().is_none())
    }
}

impl Context<'_> {
    /// Registers Secrets that are fetched from some of these stores, and returns their ExternalSecrets by name.
    pub fn synced_secrets(
        &mut self,
        secrets: &[SyncedSecret],
        stores: &[KnownStore],
    ) -> BTreeMap<String, Urn> {
        let mut registered = BTreeMap::new();
        for (index, secret) in secrets.iter().enumerate() {
            let field = format!("externalSecrets[{index}]");
            let Some(store) = self.known_store(&field, &secret.store, &secret.namespace, stores) else {
                continue;
            };
            let Some((fetch, target, interval)) = secret.made_of(store.naming) else {
                let message = "it is to be said by one field what an ExternalSecret is made of";
                let hint = "write `extract`, `data`, `database`, `apiKeys`, `tls`, `connectionString` or `rotatingKey`";
                self.error(&field, message, hint);
                continue;
            };
            self.namespace_once(&secret.namespace);
            let wanted = ExternalSecret {
                namespace: secret.namespace.clone(),
                name: secret.name.clone(),
                store: store.reference.clone(),
                refresh_interval: secret.refresh_interval.unwrap_or(interval),
                fetch,
            };
            let force = secret.followed().map(Value::fingerprint);
            let urn = self.external_secret_object(wanted.manifest_of(&target, force), Options::default());
            registered.insert(secret.name.clone(), urn);
        }
        registered
    }
}
