//! SecretStores and ClusterSecretStores as a program writes them.

use std::collections::BTreeMap;

use super::{API_VERSION, Access};
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

/// A store.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// Where it is and what it is called.
    pub reference: StoreReference,
    /// Who may use it; everybody when empty.
    pub conditions: Vec<Condition>,
    /// How often the operator checks it, in seconds.
    pub refresh_interval: Option<u32>,
    /// How it reaches its provider.
    pub access: Access,
}

impl Store {
    /// Returns the object's manifest.
    pub fn manifest(&self) -> Value {
        let mut metadata = vec![("name", Value::from(self.reference.name.as_str()))];
        if let Some(namespace) = &self.reference.namespace {
            metadata.push(("namespace", namespace.as_str().into()));
        }
        let mut spec = vec![("provider", self.access.block())];
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

/// The operator matches unanchored. In `^a|b$` each anchor is for one half only.
pub(super) fn anchor(regex: &str) -> String {
    let is_anchored = regex.starts_with('^') && regex.ends_with('$') && !regex.ends_with("\\$");
    if is_anchored && !regex.contains('|') { regex.to_owned() } else { format!("^(?:{regex})$") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external_secrets::{OnePassword, SecretKey};
    use crate::resource::redacted;

    #[test]
    fn an_expression_is_anchored_as_a_whole() {
        for (regex, anchored) in
            [("a", "^(?:a)$"), ("^a$", "^a$"), ("^a|b$", "^(?:^a|b$)$"), ("^a\\$", "^(?:^a\\$)$")]
        {
            assert_eq!(anchor(regex), anchored);
        }
    }

    #[test]
    fn a_cluster_store_names_the_namespace_of_its_token_and_anchors_its_regexes() {
        let store = Store {
            reference: StoreReference { namespace: None, name: "onepassword".into() },
            conditions: vec![Condition { namespace_regexes: vec!["prod.*".into()], ..Condition::default() }],
            refresh_interval: Some(300),
            access: Access::OnePassword(OnePassword {
                host: "http://onepassword-connect.onepassword.svc:8080/".into(),
                vaults: [("production".to_owned(), 1)].into(),
                token: SecretKey {
                    namespace: "onepassword".into(),
                    name: "onepassword-token".into(),
                    key: "token".into(),
                },
            }),
        };
        let json = redacted(&store.manifest());
        assert_eq!(json["kind"], "ClusterSecretStore");
        assert_eq!(json["spec"]["conditions"][0]["namespaceRegexes"][0], "^(?:prod.*)$");
        let provider = &json["spec"]["provider"]["onepassword"];
        assert_eq!(provider["connectHost"], "http://onepassword-connect.onepassword.svc:8080");
        assert_eq!(provider["auth"]["secretRef"]["connectTokenSecretRef"]["namespace"], "onepassword");
    }
}
