//! What keeps a store from going: PushSecrets that must delete what they pushed through it.

use std::collections::BTreeMap;

use crate::rehearsal::programs::external_secrets::resource::{
    Kind, Object, PushDeletion, PushSecret, PushStore, Store, matches,
};

/// The finalizer of a store that a deleting PushSecret refers to.
pub(super) const FINALIZER: &str = "secretstore.externalsecrets.io/finalizer";

/// Tells whether the store must stay for any of the PushSecrets.
pub(super) fn is_held(kind: Kind, store: &Object<Store>, pushes: &[Object<PushSecret>]) -> bool {
    let deleting = pushes.iter().filter(|push| push.spec.deletion_policy == PushDeletion::Delete);
    deleting.into_iter().any(|push| concerns(kind, store, push))
}

/// Tells whether a PushSecret has pushed through the store, or wants to.
pub(super) fn concerns(kind: Kind, store: &Object<Store>, push: &Object<PushSecret>) -> bool {
    if kind == Kind::SecretStore && push.metadata.namespace != store.metadata.namespace {
        return false;
    }
    let key = format!("{}/{}", kind.name(), store.name());
    push.status.synced_push_secrets.contains_key(&key)
        || push.spec.secret_store_refs.iter().any(|reference| refers(reference, kind, store))
}

fn refers(reference: &PushStore, kind: Kind, store: &Object<Store>) -> bool {
    if !reference.kind.is_empty() && reference.kind != kind.name() {
        return false;
    }
    let empty = BTreeMap::new();
    let labels = store.metadata.labels.as_ref().unwrap_or(&empty);
    reference.name == store.name()
        || reference
            .label_selector
            .as_ref()
            .is_some_and(|selector| matches(selector, labels).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn push(spec: serde_json::Value, synced: serde_json::Value) -> Object<PushSecret> {
        let status = json!({ "syncedPushSecrets": synced });
        serde_json::from_value(
            json!({ "metadata": { "name": "p", "namespace": "n" }, "spec": spec, "status": status }),
        )
        .unwrap()
    }

    fn store() -> Object<Store> {
        let metadata = json!({ "name": "s", "namespace": "n", "labels": { "a": "b" } });
        serde_json::from_value(json!({ "metadata": metadata, "spec": {} })).unwrap()
    }

    #[test]
    fn only_a_deleting_push_holds_a_store() {
        let reference = json!([{ "name": "s", "kind": "SecretStore" }]);
        let deleting = push(json!({ "deletionPolicy": "Delete", "secretStoreRefs": reference }), json!({}));
        let other = push(json!({ "deletionPolicy": "None", "secretStoreRefs": reference }), json!({}));
        assert!(is_held(Kind::SecretStore, &store(), &[deleting]));
        assert!(!is_held(Kind::SecretStore, &store(), &[other]));
    }

    #[test]
    fn what_was_pushed_holds_also_when_it_is_referred_to_no_more() {
        let synced = push(json!({ "deletionPolicy": "Delete" }), json!({ "SecretStore/s": {} }));
        assert!(is_held(Kind::SecretStore, &store(), &[synced]));
    }

    #[test]
    fn labels_refer_too_and_other_namespaces_do_not() {
        let selector = json!([{ "labelSelector": { "matchLabels": { "a": "b" } }, "kind": "SecretStore" }]);
        let mut by_label =
            push(json!({ "deletionPolicy": "Delete", "secretStoreRefs": selector }), json!({}));
        assert!(concerns(Kind::SecretStore, &store(), &by_label));
        by_label.metadata.namespace = Some("other".into());
        assert!(!concerns(Kind::SecretStore, &store(), &by_label));
    }
}
