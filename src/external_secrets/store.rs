//! SecretStores and ClusterSecretStores as a program writes them.

use std::collections::BTreeMap;

use super::API_VERSION;
use crate::resource::{Number, Value};

/// Which namespaces may use a ClusterSecretStore; any one key that matches is enough.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Condition {
    /// Namespaces by name.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Namespaces by a regular expression; it is anchored for you (`prod` does not match `nonprod`).
    #[serde(default)]
    pub namespace_regexes: Vec<String>,
    /// Namespaces by their labels.
    #[serde(default)]
    pub match_labels: BTreeMap<String, String>,
}

/// A store by kind and place: a ClusterSecretStore has no namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreReference {
    /// The namespace of a SecretStore.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl StoreReference {
    /// Returns the kind: a store with a namespace is a SecretStore.
    pub fn kind(&self) -> &'static str {
        if self.namespace.is_some() { "SecretStore" } else { "ClusterSecretStore" }
    }
}

/// Access to 1Password through a Connect server.
#[derive(Clone, Debug, PartialEq)]
pub struct OnePassword {
    /// The server's address, without a slash at its end.
    pub host: String,
    /// Vaults by name or id, with the order in which they are searched.
    pub vaults: BTreeMap<String, u32>,
    /// The namespace of the token's Secret.
    pub token_namespace: String,
    /// The token's Secret.
    pub token_secret: String,
    /// The token's key in it.
    pub token_key: String,
}

/// A store of the provider `onepassword`.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// Where it is and what it is called.
    pub reference: StoreReference,
    /// Who may use it; everybody when empty.
    pub conditions: Vec<Condition>,
    /// How often the operator checks it, in seconds.
    pub refresh_interval: Option<u32>,
    /// The access.
    pub provider: OnePassword,
}

impl Store {
    /// Returns the object's manifest.
    pub fn manifest(&self) -> Value {
        let mut metadata = vec![("name", Value::from(self.reference.name.as_str()))];
        if let Some(namespace) = &self.reference.namespace {
            metadata.push(("namespace", namespace.as_str().into()));
        }
        let mut spec = vec![("provider", Value::map([("onepassword", self.provider_block())]))];
        if !self.conditions.is_empty() {
            spec.push(("conditions", Value::list(self.conditions.iter().map(condition_block))));
        }
        if let Some(seconds) = self.refresh_interval {
            spec.push(("refreshInterval", Value::Number(Number::from(i64::from(seconds)))));
        }
        Value::map([
            ("apiVersion", API_VERSION.into()),
            ("kind", self.reference.kind().into()),
            ("metadata", Value::map(metadata)),
            ("spec", Value::map(spec)),
        ])
    }

    /// A ClusterSecretStore's references must name the namespace, a SecretStore's must not name another.
    fn provider_block(&self) -> Value {
        let provider = &self.provider;
        let token = Value::map([
            ("name", Value::from(provider.token_secret.as_str())),
            ("namespace", provider.token_namespace.as_str().into()),
            ("key", provider.token_key.as_str().into()),
        ]);
        let vaults =
            provider.vaults.iter().map(|(name, order)| (name.as_str(), Value::from(i64::from(*order))));
        Value::map([
            ("connectHost", Value::from(provider.host.trim_end_matches('/'))),
            ("vaults", Value::map(vaults)),
            ("auth", Value::map([("secretRef", Value::map([("connectTokenSecretRef", token)]))])),
        ])
    }
}

fn condition_block(condition: &Condition) -> Value {
    let texts = |texts: &[String]| Value::list(texts.iter().map(|text| text.as_str().into()));
    let mut block = Vec::new();
    if !condition.namespaces.is_empty() {
        block.push(("namespaces", texts(&condition.namespaces)));
    }
    if !condition.namespace_regexes.is_empty() {
        let anchored: Vec<String> = condition.namespace_regexes.iter().map(|regex| anchor(regex)).collect();
        block.push(("namespaceRegexes", texts(&anchored)));
    }
    if !condition.match_labels.is_empty() {
        let labels =
            condition.match_labels.iter().map(|(key, value)| (key.as_str(), Value::from(value.as_str())));
        block.push(("namespaceSelector", Value::map([("matchLabels", Value::map(labels))])));
    }
    Value::map(block)
}

/// The operator matches unanchored.
fn anchor(regex: &str) -> String {
    if regex.starts_with('^') && regex.ends_with('$') { regex.to_owned() } else { format!("^(?:{regex})$") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::redacted;

    #[test]
    fn a_cluster_store_names_the_namespace_of_its_token_and_anchors_its_regexes() {
        let store = Store {
            reference: StoreReference { namespace: None, name: "onepassword".into() },
            conditions: vec![Condition { namespace_regexes: vec!["prod.*".into()], ..Condition::default() }],
            refresh_interval: Some(300),
            provider: OnePassword {
                host: "http://onepassword-connect.onepassword.svc:8080/".into(),
                vaults: [("production".to_owned(), 1)].into(),
                token_namespace: "onepassword".into(),
                token_secret: "onepassword-token".into(),
                token_key: "token".into(),
            },
        };
        let json = redacted(&store.manifest());
        assert_eq!(json["kind"], "ClusterSecretStore");
        assert_eq!(json["spec"]["conditions"][0]["namespaceRegexes"][0], "^(?:prod.*)$");
        let provider = &json["spec"]["provider"]["onepassword"];
        assert_eq!(provider["connectHost"], "http://onepassword-connect.onepassword.svc:8080");
        assert_eq!(provider["auth"]["secretRef"]["connectTokenSecretRef"]["namespace"], "onepassword");
    }
}
