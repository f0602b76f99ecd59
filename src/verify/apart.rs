//! The proof that a store is not for the namespaces of another environment.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    ResourceExt,
    api::{Api, ListParams},
};
use serde_json::Value as Json;

use super::{
    Class, Explanation, Finding, StoreKind, VerifyError,
    prove::{Prover, plural},
};
use crate::external_secrets::{Condition, admits};

impl Prover<'_> {
    /// Looks at the conditions that the store has now and at the namespaces that are there now: neither need be what
    /// was planned, as labels are given by others.
    pub(super) async fn apart(&self) -> Result<Option<Finding>, VerifyError> {
        if self.proof.apart.is_empty() || self.proof.kind != StoreKind::ClusterSecretStore {
            return Ok(None);
        }
        let failed = |act: &str| {
            let act = act.to_owned();
            move |source| VerifyError::Api { act, source: Box::new(source) }
        };
        let name = &self.proof.store.name;
        let kind = self.proof.kind.to_string();
        let stores = self.api(&kind, plural(self.proof.kind), None);
        let Some(store) = stores.get_opt(name).await.map_err(failed(&format!("read {kind} {name}")))? else {
            return Ok(None);
        };
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let listed = namespaces.list_metadata(&ListParams::default()).await;
        let listed = listed.map_err(failed("list Namespaces"))?;
        let found = listed.items.iter().map(|found| (found.name_any(), found.labels()));
        Ok(trespassers(&store.data["spec"]["conditions"], &self.proof.apart, found).map(|names| {
            Finding::NotUsable {
                cause: format!("its conditions let in {}", names.join(", ")),
                explanation: Some(Explanation {
                    class: Class::Fix,
                    meaning: "namespaces of another environment get at this store".to_owned(),
                    remedy: "run `eggtooth up` to put the store's conditions back, or take the label off the namespace"
                        .to_owned(),
                }),
            }
        }))
    }
}

/// Returns the namespaces that must be kept apart and are let in, if there are any.
fn trespassers<'a>(
    conditions: &Json,
    apart: &[Condition],
    namespaces: impl Iterator<Item = (String, &'a BTreeMap<String, String>)>,
) -> Option<Vec<String>> {
    let found: Vec<String> = namespaces
        .filter(|(name, labels)| admits(apart, name, labels) && lets_in(conditions, name, labels))
        .map(|(name, _)| name)
        .collect();
    (!found.is_empty()).then_some(found)
}

/// Says whether the operator would let the namespace in. What we do not write ourselves, as `matchExpressions`, is taken
/// to let it in: this is a proof of the contrary.
fn lets_in(conditions: &Json, name: &str, labels: &BTreeMap<String, String>) -> bool {
    let texts = |condition: &Json, field: &str| -> Vec<String> {
        let values = condition[field].as_array().into_iter().flatten();
        values.filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let fits = |condition: &Json| {
        let selector = &condition["namespaceSelector"];
        let by_labels = selector.is_object()
            && selector["matchLabels"]
                .as_object()
                .into_iter()
                .flatten()
                .all(|(key, value)| labels.get(key).map(String::as_str) == value.as_str());
        by_labels
            || texts(condition, "namespaces").iter().any(|one| one == name)
            // The operator matches unanchored, and so does this.
            || texts(condition, "namespaceRegexes")
                .iter()
                .any(|regex| regex::Regex::new(regex).is_ok_and(|regex| regex.is_match(name)))
    };
    match conditions.as_array() {
        None => true,
        Some(conditions) => conditions.is_empty() || conditions.iter().any(fits),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(conditions: &Json, names: &[(&str, &str)]) -> Option<Vec<String>> {
        let apart = Condition { namespace_regexes: vec!["prod-.*".into()], ..Condition::default() };
        let labels: Vec<BTreeMap<String, String>> =
            names.iter().map(|(_, tier)| [("tier".to_owned(), (*tier).to_owned())].into()).collect();
        let all = names.iter().map(|(name, _)| (*name).to_owned()).zip(&labels);
        trespassers(conditions, &[apart], all)
    }

    #[test]
    fn whoever_gets_in_from_elsewhere_is_named() {
        let names = [("prod-a", "dev"), ("prod-b", "prod"), ("dev-a", "dev")];
        assert_eq!(found(&json!([{"namespaceRegexes": ["^dev-.*$"]}]), &names), None);
        // Somebody took the anchors off, or the conditions.
        assert_eq!(found(&json!([{"namespaceRegexes": ["d-a"]}]), &names), Some(vec!["prod-a".into()]));
        let both = Some(vec!["prod-a".into(), "prod-b".into()]);
        assert_eq!(found(&Json::Null, &names), both);
        assert_eq!(found(&json!([]), &names), both);
        let labelled = json!([{"namespaceSelector": {"matchLabels": {"tier": "dev"}}}]);
        assert_eq!(found(&labelled, &names), Some(vec!["prod-a".into()]));
        let expressions = json!([{"namespaceSelector": {"matchExpressions": []}}]);
        assert_eq!(found(&expressions, &names), both);
    }
}
