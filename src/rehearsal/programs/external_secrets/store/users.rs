//! Who may use a store, and when: class, namespace conditions, flood gate.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::Api;
use regex::Regex;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    providers::{self, ProviderClient},
    resource::{Condition, GROUP, Kind, NamespaceCondition, Object, Place, Store, StoreReference, matches},
    world::World,
};

/// The stores that one reconciliation uses, each opened once.
pub(crate) struct Stores<'a> {
    world: &'a World,
    flood_gate: bool,
    opened: BTreeMap<(Kind, String), ProviderClient>,
}

/// Tells whether a store is for a controller of this class.
pub(crate) fn belongs_to(store: &Object<Store>, class: &str) -> bool {
    store.spec.controller.is_empty() || store.spec.controller == class
}

impl<'a> Stores<'a> {
    pub(crate) fn new(world: &'a World, flood_gate: bool) -> Self {
        Self { world, flood_gate, opened: BTreeMap::new() }
    }

    /// Returns a store's provider for an object in `namespace`, if that may use it.
    pub(crate) async fn get(
        &mut self,
        reference: &StoreReference,
        namespace: &str,
    ) -> Result<&ProviderClient, Failure> {
        let kind = match reference.kind.as_str() {
            "ClusterSecretStore" => Kind::ClusterSecretStore,
            _ => Kind::SecretStore,
        };
        let key = (kind, reference.name.clone());
        if !self.opened.contains_key(&key) {
            let client = self.open(kind, &reference.name, namespace).await?;
            self.opened.insert(key.clone(), client);
        }
        Ok(&self.opened[&key])
    }

    async fn open(&self, kind: Kind, name: &str, namespace: &str) -> Result<ProviderClient, Failure> {
        let world = self.world;
        let place = match kind {
            Kind::ClusterSecretStore => Place { namespace: None, name: name.to_owned() },
            _ => Place { namespace: Some(namespace.to_owned()), name: name.to_owned() },
        };
        let api = world.objects::<Store>(kind, place.namespace.as_deref());
        let store = api.get(name).await.map_err(|error| {
            let cause = Failure::of_cached(&format!("{}.{GROUP}", kind.name()), name, error);
            Failure::said(format!("could not get {} {name:?}, {cause}", kind.name()))
        })?;
        if !belongs_to(&store, &world.flags.controller_class) {
            return Err(Failure::said("can not reference unmanaged store"));
        }
        if kind == Kind::ClusterSecretStore && !store.spec.conditions.is_empty() {
            let namespaces: Api<Namespace> = Api::all(world.client());
            let found = namespaces.get(namespace).await.map_err(|error| {
                let cause = Failure::of_cached("Namespace", namespace, error);
                cause.within(format!("failed to get a namespace {namespace:?}"))
            })?;
            let labels = found.metadata.labels.unwrap_or_default();
            if !is_allowed(&store.spec.conditions, namespace, &labels)? {
                return Err(Failure::said(format!(
                    "using cluster store {name:?} is not allowed from namespace {namespace:?}: denied by spec.condition"
                )));
            }
        }
        if self.flood_gate && !is_usable(&store) {
            return Err(Failure::said(format!("{} {name:?} is not ready", kind.name())));
        }
        providers::open(&world.around, kind, &store, namespace).await
    }
}

/// A store that was not checked yet is not usable; one whose check was undecided is.
fn is_usable(store: &Object<Store>) -> bool {
    let ready = store.status.conditions.iter().find(|condition| condition.kind == "Ready");
    ready.is_some_and(Condition::is_true)
}

/// Tells whether any condition allows a namespace. Names are matched by the label that the API server gives every
/// namespace; expressions are not anchored.
fn is_allowed(
    conditions: &[NamespaceCondition],
    namespace: &str,
    labels: &BTreeMap<String, String>,
) -> Result<bool, Failure> {
    for condition in conditions {
        let by_name = condition.namespaces.iter().map(|name| LabelSelector {
            match_labels: Some([("kubernetes.io/metadata.name".to_owned(), name.clone())].into()),
            match_expressions: None,
        });
        for selector in condition.namespace_selector.iter().cloned().chain(by_name) {
            let matched = matches(&selector, labels);
            let matched = matched.map_err(|error| {
                Failure::said(format!("failed to convert label selector into selector: {error}"))
            })?;
            if matched {
                return Ok(true);
            }
        }
        for written in &condition.namespace_regexes {
            let regex = Regex::new(written)
                .map_err(|error| Failure::said(format!("failed to compile regex {written}: {error}")))?;
            if regex.is_match(namespace) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allowed(conditions: serde_json::Value, namespace: &str, labels: &[(&str, &str)]) -> bool {
        let conditions: Vec<NamespaceCondition> = serde_json::from_value(conditions).unwrap();
        let labels = labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        is_allowed(&conditions, namespace, &labels).unwrap()
    }

    #[test]
    fn any_condition_and_any_key_of_it_is_enough() {
        let conditions = json!([{ "namespaces": ["a"], "namespaceRegexes": ["^b-"] },
            { "namespaceSelector": { "matchLabels": { "team": "c" } } }]);
        assert!(allowed(conditions.clone(), "a", &[("kubernetes.io/metadata.name", "a")]));
        assert!(allowed(conditions.clone(), "b-1", &[]));
        assert!(allowed(conditions.clone(), "x", &[("team", "c")]));
        assert!(!allowed(conditions, "x", &[("team", "d")]));
    }

    #[test]
    fn a_condition_without_keys_allows_nothing_and_expressions_are_not_anchored() {
        assert!(!allowed(json!([{}]), "a", &[]));
        assert!(allowed(json!([{ "namespaceRegexes": ["prod"] }]), "nonprod", &[]));
    }

    #[test]
    fn a_parked_store_belongs_to_nobody_here() {
        let store = |class: &str| -> Object<Store> {
            serde_json::from_value(json!({ "metadata": { "name": "s" }, "spec": { "controller": class } }))
                .unwrap()
        };
        assert!(belongs_to(&store(""), "default"));
        assert!(belongs_to(&store("default"), "default"));
        assert!(!belongs_to(&store("eggtooth-parked"), "default"));
    }

    #[test]
    fn a_store_is_usable_when_ready_is_true_whatever_the_reason() {
        let store = |conditions: serde_json::Value| -> Object<Store> {
            let status = json!({ "conditions": conditions });
            serde_json::from_value(json!({ "metadata": { "name": "s" }, "spec": {}, "status": status }))
                .unwrap()
        };
        assert!(!is_usable(&store(json!([]))));
        assert!(!is_usable(&store(json!([{ "type": "Ready", "status": "False" }]))));
        let unknown = json!([{ "type": "Ready", "status": "True", "reason": "ValidationUnknown" }]);
        assert!(is_usable(&store(unknown)));
    }
}
