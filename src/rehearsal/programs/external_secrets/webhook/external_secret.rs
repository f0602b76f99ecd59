//! What makes an ExternalSecret invalid. All that is wrong is told at once.

use std::collections::BTreeSet;

use crate::rehearsal::programs::external_secrets::resource::{
    CreationPolicy, DataFrom, DeletionPolicy, ExternalSecret,
};

use super::Findings;

/// Secrets of these types give power over the cluster.
const FORBIDDEN_TYPES: [&str; 2] = ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"];

/// Checks a spec.
pub(super) fn validate(spec: &ExternalSecret) -> Findings {
    let mut errors = policies(spec);
    if spec.data.is_empty() && spec.data_from.is_empty() {
        errors.push("either data or dataFrom should be specified".to_owned());
    }
    for from in &spec.data_from {
        errors.extend(sources(from).map(str::to_owned));
    }
    errors.extend(duplicates(spec));
    let kind = spec.target.template.as_ref().map(|template| template.kind.as_str()).unwrap_or_default();
    if FORBIDDEN_TYPES.contains(&kind) {
        errors.push(format!("template.type={kind} is not allowed"));
    }
    Findings { errors, warnings: Vec::new() }
}

fn policies(spec: &ExternalSecret) -> Vec<String> {
    let error = match (spec.target.deletion_policy, spec.target.creation_policy) {
        (DeletionPolicy::Delete, CreationPolicy::Merge | CreationPolicy::None) => {
            "deletionPolicy=Delete must not be used when the controller doesn't own the secret. Please set \
             creationPolicy=Owner"
        }
        (DeletionPolicy::Merge, CreationPolicy::None) => {
            "deletionPolicy=Merge must not be used with creationPolicy=None. There is no Secret to merge with"
        }
        _ => return Vec::new(),
    };
    vec![error.to_owned()]
}

fn sources(from: &DataFrom) -> impl Iterator<Item = &'static str> {
    let source = from.source_ref.as_ref();
    let has_generator = source.is_some_and(|source| source.generator_ref.is_some());
    let ways = [from.find.is_some(), from.extract.is_some(), has_generator];
    let several = ways.into_iter().filter(|way| *way).count() > 1;
    let none = from.find.is_none() && from.extract.is_none() && source.is_none();
    let empty = source.is_some_and(|source| source.generator_ref.is_none() && source.store.is_none());
    [
        several.then_some("extract, find, or generatorRef cannot be set at the same time"),
        none.then_some("either extract, find, or sourceRef must be set to dataFrom"),
        empty.then_some("generatorRef or storeRef must be set when using sourceRef in dataFrom"),
    ]
    .into_iter()
    .flatten()
}

/// A key may come twice only where what is missing at the provider is left out.
fn duplicates(spec: &ExternalSecret) -> Vec<String> {
    if spec.target.deletion_policy != DeletionPolicy::Retain {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let keys = spec.data.iter().map(|entry| entry.secret_key.as_str());
    keys.filter(|key| !seen.insert(*key)).map(|key| format!("duplicate secretKey found: {key}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn errors(spec: Value) -> Vec<String> {
        validate(&serde_json::from_value(spec).unwrap()).errors
    }

    fn entry(key: &str) -> Value {
        json!({ "secretKey": key, "remoteRef": { "key": "r" } })
    }

    #[test]
    fn an_external_secret_without_data_is_refused() {
        assert_eq!(errors(json!({})), ["either data or dataFrom should be specified"]);
        assert!(errors(json!({ "data": [entry("a")] })).is_empty());
    }

    #[test]
    fn policies_that_contradict_each_other_are_refused() {
        let target = |deletion: &str, creation: &str| json!({ "data": [entry("a")], "target": { "deletionPolicy": deletion, "creationPolicy": creation } });
        assert!(errors(target("Delete", "Merge"))[0].contains("Please set creationPolicy=Owner"));
        assert!(errors(target("Merge", "None"))[0].ends_with("There is no Secret to merge with"));
        assert!(errors(target("Delete", "Owner")).is_empty());
    }

    #[test]
    fn data_from_has_exactly_one_way() {
        let generator = json!({ "generatorRef": { "kind": "Password", "name": "p" } });
        let both = json!({ "dataFrom": [{ "extract": { "key": "k" }, "sourceRef": generator }] });
        assert_eq!(errors(both), ["extract, find, or generatorRef cannot be set at the same time"]);
        assert_eq!(
            errors(json!({ "dataFrom": [{}] })),
            ["either extract, find, or sourceRef must be set to dataFrom"]
        );
        let empty = json!({ "dataFrom": [{ "extract": { "key": "k" }, "sourceRef": {} }] });
        assert_eq!(errors(empty), ["generatorRef or storeRef must be set when using sourceRef in dataFrom"]);
    }

    #[test]
    fn a_key_comes_once_and_all_errors_are_told() {
        let spec = json!({ "data": [entry("a"), entry("a"), entry("b"), entry("b")],
            "target": { "template": { "type": "bootstrap.kubernetes.io/token" } } });
        assert_eq!(
            errors(spec),
            [
                "duplicate secretKey found: a",
                "duplicate secretKey found: b",
                "template.type=bootstrap.kubernetes.io/token is not allowed"
            ]
        );
        let deleting = json!({ "data": [entry("a"), entry("a")], "target": { "deletionPolicy": "Delete" } });
        assert!(errors(deleting).is_empty());
    }
}
