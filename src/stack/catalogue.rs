//! A catalogue's entry: a master Secret, and the namespaces that get it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Shape, Values};
use crate::external_secrets::{ClusterExternalSecret, Fetch, Fetched, Interval};
use crate::resource::{Urn, Value};

/// A master Secret, and who gets it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Entry {
    /// The master Secret's name.
    pub name: String,
    /// The name of the Secret that others get; the master's own when absent.
    pub target: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub shape: Shape,
    /// What it is made of.
    pub values: Values,
    /// The keys that others get; all when empty.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Labels of the Secret that others get.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The label, with the value `true`, of the namespaces that get it; `secrets/TARGET` when absent.
    pub label: Option<String>,
    /// Namespaces that get the label from us, and are made where they are not there.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// How often the master is looked at; a change by `up` is brought to all at once.
    #[serde(default = "hourly")]
    pub refresh_interval: Interval,
}

fn hourly() -> Interval {
    Interval::HOUR
}

impl Entry {
    /// Returns the name of the Secret that others get.
    pub fn target(&self) -> &str {
        self.target.as_ref().unwrap_or(&self.name)
    }

    /// Returns the label of the namespaces that get it.
    pub fn label(&self) -> String {
        self.label.clone().unwrap_or_else(|| format!("secrets/{}", self.target()))
    }

    fn fetch(&self) -> Fetch {
        let one =
            |key: &String| Fetched { into: key.clone(), key: self.name.clone(), property: Some(key.clone()) };
        match self.keys.as_slice() {
            [] => Fetch::All(self.name.clone()),
            keys => Fetch::Each(keys.iter().map(one).collect()),
        }
    }
}

impl Context<'_> {
    /// Registers the master Secret of `entry` in `namespace`, and what brings it by the ClusterSecretStore `store` to
    /// the namespaces with the entry's label; `field` is its place in the configuration (`catalogue[0]`).
    pub fn catalogued(&mut self, namespace: &str, store: &str, field: &str, entry: &Entry) {
        if entry.name.len() > ClusterExternalSecret::LONGEST_NAME {
            let message = "the name is too long for the operator's finalizer";
            self.error(&format!("{field}.name"), message, "use at most 59 characters");
        }
        let Some((master, force)) = self.master(namespace, field, entry) else { return };
        let own = entry.shape.label().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let wanted = ClusterExternalSecret {
            name: entry.name.clone(),
            label: entry.label(),
            store: store.to_owned(),
            refresh_interval: entry.refresh_interval,
            fetch: entry.fetch(),
            target: entry.target().to_owned(),
            secret_type: entry.shape.secret_type().to_owned(),
            labels: entry.labels.clone().into_iter().chain(own).collect(),
            force: Some(force),
        };
        self.cluster_external_secret(&wanted, vec![master]);
    }

    /// Returns the master Secret, and what changes when it does.
    fn master(&mut self, namespace: &str, field: &str, entry: &Entry) -> Option<(Urn, Value)> {
        let data = self.shaped(&format!("{field}.values"), entry.shape, &entry.values)?;
        let force = Value::map(data.clone()).fingerprint();
        Some((self.typed_secret(namespace, &entry.name, entry.shape.secret_type(), data), force))
    }
}
