//! The Secret that an ExternalSecret wants: a function of the one that is there, the data and the template.

use std::collections::BTreeSet;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::keys::Data;
use super::refresh::{DATA_HASH, MANAGED, OWNER};
use super::template::{self, Gathered};
use crate::clock::Clock;
use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    hash,
    resource::{CreationPolicy, ExternalSecret, GROUP, Kind, Object},
};

/// Why a Secret cannot become what is wanted.
#[derive(Debug, thiserror::Error)]
pub(super) enum TargetError {
    /// Another ExternalSecret controls it.
    #[error("secret is owned by another ExternalSecret: {0}")]
    Owned(String),
    /// Something else controls it.
    #[error(
        "could not set controller reference on secret: Object {namespace}/{name} is already owned by another {kind} controller {owner}"
    )]
    Controlled { namespace: String, name: String, kind: String, owner: String },
    /// The template does not work out.
    #[error("could not apply template: {0}")]
    Template(Failure),
}

/// Returns the Secret as it should be, from the one that is there or from nothing.
pub(super) fn wanted(
    object: &Object<ExternalSecret>,
    existing: Option<&Secret>,
    data: &Data,
    gathered: &[Gathered],
    clock: &Clock,
) -> Result<Secret, TargetError> {
    let mut secret = existing.cloned().unwrap_or_else(|| Secret {
        metadata: ObjectMeta {
            name: Some(name_of(object).to_owned()),
            namespace: object.metadata.namespace.clone(),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    });
    let target = &object.spec.target;
    let owns = target.creation_policy == CreationPolicy::Owner;
    set_owner(object, &mut secret, owns)?;
    if target.immutable {
        secret.immutable = Some(true);
    }
    // One that is there and immutable is left as it is, but for its labels and annotations.
    if existing.is_none() || !target.immutable {
        let managed = managed_keys(&secret, object.name());
        let keys = secret.data.get_or_insert_default();
        keys.retain(|key, _| !managed.data.contains(key));
        fill(object, &mut secret, &managed, data, gathered, clock).map_err(TargetError::Template)?;
    }
    let labels = secret.metadata.labels.get_or_insert_default();
    if owns {
        labels.insert(OWNER.to_owned(), owner_label(object));
    } else {
        labels.remove(OWNER);
    }
    labels.insert(MANAGED.to_owned(), "true".to_owned());
    let hash = hash::of_data(secret.data.get_or_insert_default());
    secret.metadata.annotations.get_or_insert_default().insert(DATA_HASH.to_owned(), hash);
    if secret.data.as_ref().is_some_and(std::collections::BTreeMap::is_empty) {
        secret.data = None;
    }
    Ok(secret)
}

/// Returns the target's name, which is the ExternalSecret's where it has none.
pub(super) fn name_of(object: &Object<ExternalSecret>) -> &str {
    let name = object.spec.target.name.as_str();
    if name.is_empty() { object.name() } else { name }
}

/// Returns the label's value that tells whose a Secret is.
pub(super) fn owner_label(object: &Object<ExternalSecret>) -> String {
    hash::of_text(&format!("{}/{}", object.namespace(), object.name()))
}

fn set_owner(object: &Object<ExternalSecret>, secret: &mut Secret, owns: bool) -> Result<(), TargetError> {
    let own = format!("{GROUP}/");
    let is_external = |owner: &OwnerReference| {
        owner.kind == Kind::ExternalSecret.name() && owner.api_version.starts_with(&own)
    };
    let references = secret.metadata.owner_references.get_or_insert_default();
    let controller = references.iter().find(|owner| owner.controller == Some(true));
    let is_ours = controller.is_some_and(|owner| is_external(owner) && owner.name == object.name());
    match controller {
        Some(owner) if is_external(owner) && !is_ours => return Err(TargetError::Owned(owner.name.clone())),
        Some(owner) if owns && !is_ours => {
            return Err(TargetError::Controlled {
                namespace: object.namespace().to_owned(),
                name: name_of(object).to_owned(),
                kind: owner.kind.clone(),
                owner: owner.name.clone(),
            });
        }
        _ => {}
    }
    if owns {
        let at = references.iter().position(|owner| is_external(owner) && owner.name == object.name());
        let ours = OwnerReference {
            api_version: Kind::ExternalSecret.api_version(),
            kind: Kind::ExternalSecret.name().to_owned(),
            name: object.name().to_owned(),
            uid: object.metadata.uid.clone().unwrap_or_default(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        };
        match at {
            Some(at) => references[at] = ours,
            None => references.push(ours),
        }
    } else if is_ours {
        references.retain(|owner| !(is_external(owner) && owner.name == object.name()));
    }
    if references.is_empty() {
        secret.metadata.owner_references = None;
    }
    Ok(())
}

/// Sets labels, annotations, finalizers and data. What we set before and no longer want goes.
fn fill(
    object: &Object<ExternalSecret>,
    secret: &mut Secret,
    managed: &ManagedKeys,
    data: &Data,
    gathered: &[Gathered],
    clock: &Clock,
) -> Result<(), Failure> {
    let template = object.spec.target.template.as_ref();
    let empty = std::collections::BTreeMap::new();
    let (new_labels, new_annotations) = match template {
        Some(template) => (&template.metadata.labels, &template.metadata.annotations),
        None => (
            object.metadata.labels.as_ref().unwrap_or(&empty),
            object.metadata.annotations.as_ref().unwrap_or(&empty),
        ),
    };
    let labels = secret.metadata.labels.get_or_insert_default();
    labels.retain(|key, _| !managed.labels.contains(key));
    labels.extend(new_labels.clone());
    let annotations = secret.metadata.annotations.get_or_insert_default();
    annotations.retain(|key, _| !managed.annotations.contains(key));
    annotations.extend(new_annotations.clone());
    let policy = object.spec.target.creation_policy;
    if !matches!(policy, CreationPolicy::Merge | CreationPolicy::CreateOrMerge) {
        secret.data = Some(std::collections::BTreeMap::new());
    }
    let Some(template) = template else {
        let entries = data.iter().map(|(key, value)| (key.clone(), ByteString(value.clone())));
        secret.data.get_or_insert_default().extend(entries);
        return Ok(());
    };
    if secret.metadata.deletion_timestamp.is_none() && !template.metadata.finalizers.is_empty() {
        let finalizers = secret.metadata.finalizers.get_or_insert_default();
        for finalizer in &template.metadata.finalizers {
            if !finalizers.contains(finalizer) {
                finalizers.push(finalizer.clone());
            }
        }
    }
    template::apply(template, gathered, data, secret, clock)
}

/// The keys that this ExternalSecret's writes set, by the managed fields.
#[derive(Default)]
struct ManagedKeys {
    data: BTreeSet<String>,
    labels: BTreeSet<String>,
    annotations: BTreeSet<String>,
}

fn managed_keys(secret: &Secret, name: &str) -> ManagedKeys {
    let manager = hash::field_manager(name);
    let mut keys = ManagedKeys::default();
    for entry in secret.metadata.managed_fields.iter().flatten() {
        if entry.manager.as_ref() != Some(&manager) {
            continue;
        }
        let Some(fields) = &entry.fields_v1 else { continue };
        keys.data.extend(names_below(&fields.0, &["f:data"]));
        keys.labels.extend(names_below(&fields.0, &["f:metadata", "f:labels"]));
        keys.annotations.extend(names_below(&fields.0, &["f:metadata", "f:annotations"]));
    }
    keys
}

fn names_below(fields: &serde_json::Value, path: &[&str]) -> Vec<String> {
    let below = path.iter().try_fold(fields, |fields, step| fields.get(step));
    let entries = below.and_then(serde_json::Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, _)| key.strip_prefix("f:").map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(spec: serde_json::Value) -> Object<ExternalSecret> {
        serde_json::from_value(json!({
            "metadata": { "name": "e", "namespace": "n", "uid": "u", "labels": { "team": "a" } },
            "spec": spec,
        }))
        .unwrap()
    }

    fn data(entries: &[(&str, &str)]) -> Data {
        entries.iter().map(|&(key, value)| (key.to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn make(
        object: &Object<ExternalSecret>,
        existing: Option<&Secret>,
        entries: &[(&str, &str)],
    ) -> Result<Secret, TargetError> {
        wanted(object, existing, &data(entries), &[], &Clock::system())
    }

    fn keys(secret: &Secret) -> Vec<&str> {
        secret.data.iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn an_owned_secret_has_owner_labels_and_the_hash_of_its_data() {
        let secret = make(&object(json!({})), None, &[("k", "v")]).unwrap();
        let owner = &secret.metadata.owner_references.as_ref().unwrap()[0];
        assert_eq!((owner.kind.as_str(), owner.uid.as_str()), ("ExternalSecret", "u"));
        assert_eq!((owner.controller, owner.block_owner_deletion), (Some(true), Some(true)));
        let labels = secret.metadata.labels.as_ref().unwrap();
        assert_eq!(labels[OWNER], hash::of_text("n/e"));
        assert_eq!((labels[MANAGED].as_str(), labels["team"].as_str()), ("true", "a"));
        let hash = hash::of_data(secret.data.as_ref().unwrap());
        assert_eq!(secret.metadata.annotations.unwrap()[DATA_HASH], hash);
    }

    #[test]
    fn an_orphan_has_no_owner_and_gives_up_the_one_it_had() {
        let owned = make(&object(json!({})), None, &[("k", "v")]).unwrap();
        let orphan = object(json!({ "target": { "creationPolicy": "Orphan" } }));
        let secret = make(&orphan, Some(&owned), &[("k", "v")]).unwrap();
        assert_eq!(secret.metadata.owner_references, None);
        assert!(!secret.metadata.labels.unwrap().contains_key(OWNER));
    }

    #[test]
    fn a_secret_of_another_external_secret_is_refused_and_one_without_owner_adopted() {
        let mut other = object(json!({}));
        other.metadata.name = Some("other".into());
        let theirs = make(&other, None, &[]).unwrap();
        let error = make(&object(json!({})), Some(&theirs), &[]).unwrap_err();
        assert_eq!(error.to_string(), "secret is owned by another ExternalSecret: other");
        assert!(make(&object(json!({})), Some(&Secret::default()), &[("k", "v")]).is_ok());
    }

    #[test]
    fn a_secret_that_something_else_controls_cannot_be_owned_but_merged_into() {
        let mut theirs = make(&object(json!({})), None, &[]).unwrap();
        let owner = &mut theirs.metadata.owner_references.as_mut().unwrap()[0];
        (owner.kind, owner.api_version, owner.name) =
            ("Certificate".into(), "cert-manager.io/v1".into(), "c".into());
        let error = make(&object(json!({})), Some(&theirs), &[]).unwrap_err();
        assert!(
            error.to_string().ends_with("Object n/e is already owned by another Certificate controller c")
        );
        let merge = object(json!({ "target": { "creationPolicy": "Merge" } }));
        assert!(make(&merge, Some(&theirs), &[]).is_ok());
    }

    #[test]
    fn merging_keeps_foreign_keys_and_takes_back_its_own() {
        let existing: Secret = serde_json::from_value(json!({
            "metadata": { "name": "e", "namespace": "n", "managedFields": [{
                "manager": "externalsecrets.external-secrets.io/e", "fieldsType": "FieldsV1",
                "fieldsV1": { "f:data": { ".": {}, "f:old": {} }, "f:metadata": { "f:labels": { "f:gone": {} } } } }],
                "labels": { "gone": "1", "theirs": "2" } },
            "data": { "old": "", "foreign": "" },
        }))
        .unwrap();
        let merge = object(json!({ "target": { "creationPolicy": "Merge" } }));
        let secret = make(&merge, Some(&existing), &[("new", "v")]).unwrap();
        assert_eq!(keys(&secret), ["foreign", "new"]);
        let labels = secret.metadata.labels.as_ref().unwrap();
        assert!(!labels.contains_key("gone") && labels.contains_key("theirs"));
        let own = make(&object(json!({})), Some(&existing), &[("new", "v")]).unwrap();
        assert_eq!(keys(&own), ["new"], "an owner does not merge");
    }

    #[test]
    fn an_immutable_secret_that_is_there_keeps_its_data() {
        let immutable = object(json!({ "target": { "immutable": true } }));
        let first = make(&immutable, None, &[("k", "v")]).unwrap();
        assert_eq!(first.immutable, Some(true));
        let again = make(&immutable, Some(&first), &[("other", "v")]).unwrap();
        assert_eq!(keys(&again), ["k"]);
    }

    #[test]
    fn a_template_decides_labels_and_annotations_instead_of_the_external_secret() {
        let template = object(json!({ "target": { "template": {
            "metadata": { "labels": { "l": "{{ .k }}" }, "finalizers": ["f/f"] } } } }));
        let secret = make(&template, None, &[("k", "v")]).unwrap();
        let labels = secret.metadata.labels.unwrap();
        assert_eq!(labels["l"], "v");
        assert!(!labels.contains_key("team"));
        assert_eq!(secret.metadata.finalizers.unwrap(), ["f/f"]);
    }
}
