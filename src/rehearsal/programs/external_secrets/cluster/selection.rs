//! Which namespaces a ClusterExternalSecret selects.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Namespace;

use crate::rehearsal::programs::external_secrets::resource::{
    ClusterExternalSecret, InvalidSelector, matches,
};

/// Tells whether the namespace is named, or selected by any selector.
pub(crate) fn selects(spec: &ClusterExternalSecret, namespace: &Namespace) -> Result<bool, InvalidSelector> {
    let empty = BTreeMap::new();
    let labels = namespace.metadata.labels.as_ref().unwrap_or(&empty);
    let name = labels.get("kubernetes.io/metadata.name");
    if name.is_some_and(|name| spec.namespaces.contains(name)) {
        return Ok(true);
    }
    for selector in spec.namespace_selector.iter().chain(&spec.namespace_selectors) {
        if matches(selector, labels)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the namespaces that have an ExternalSecret and are selected no more.
pub(super) fn removed<'a>(provisioned: &'a [String], selected: &BTreeSet<&str>) -> Vec<&'a str> {
    provisioned.iter().map(String::as_str).filter(|name| !selected.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn namespace(name: &str, team: &str) -> Namespace {
        let labels = json!({ "kubernetes.io/metadata.name": name, "team": team });
        serde_json::from_value(json!({ "metadata": { "name": name, "labels": labels } })).unwrap()
    }

    fn spec(spec: serde_json::Value) -> ClusterExternalSecret {
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn names_and_each_selector_select() {
        let spec =
            spec(json!({ "namespaces": ["a"], "namespaceSelector": { "matchLabels": { "team": "b" } },
            "namespaceSelectors": [{ "matchLabels": { "team": "c" } }] }));
        assert_eq!(selects(&spec, &namespace("a", "")), Ok(true));
        assert_eq!(selects(&spec, &namespace("x", "b")), Ok(true));
        assert_eq!(selects(&spec, &namespace("x", "c")), Ok(true));
        assert_eq!(selects(&spec, &namespace("x", "d")), Ok(false));
    }

    #[test]
    fn an_empty_selector_selects_every_namespace_and_none_selects_nothing() {
        assert_eq!(selects(&spec(json!({ "namespaceSelectors": [{}] })), &namespace("x", "")), Ok(true));
        assert_eq!(selects(&spec(json!({})), &namespace("x", "")), Ok(false));
    }

    #[test]
    fn what_was_provisioned_and_is_selected_no_more_is_removed() {
        let provisioned = ["a".to_owned(), "b".to_owned()];
        assert_eq!(removed(&provisioned, &["b", "c"].into()), ["a"]);
    }
}
