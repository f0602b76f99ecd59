//! A whole Secret as a SealedSecret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{Scope, SealedSecretsError, Sealer};
use crate::secret::Secret;

/// How Secrets are sealed.
#[derive(Clone, Debug, Default)]
pub struct Sealing {
    /// The scope; the strict one leaves the word to the manifest's annotations.
    pub scope: Scope,
    /// Another name.
    pub name: Option<String>,
    /// The namespace of a Secret that has none; another one than it has is refused.
    pub namespace: Option<String>,
    /// Seals a Secret without data, too.
    pub allow_empty: bool,
}

/// What the API server writes into metadata, and what would hold the values in plain.
const DROPPED_METADATA: [&str; 9] = [
    "uid",
    "selfLink",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "managedFields",
];
const DROPPED_ANNOTATIONS: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"];

/// Seals a Secret's manifest value by value, so that each can be replaced by itself.
pub fn seal_manifest(
    secret: Value,
    sealing: &Sealing,
    sealer: &Sealer<'_>,
) -> Result<Value, SealedSecretsError> {
    let Value::Object(mut secret) = secret else {
        return Err(SealedSecretsError::NotASecret("the document".to_owned()));
    };
    let text = |key: &str| secret.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if (text("apiVersion"), text("kind")) != ("v1".to_owned(), "Secret".to_owned()) {
        return Err(SealedSecretsError::NotASecret(format!(
            "the {} of `{}`",
            text("kind"),
            text("apiVersion")
        )));
    }
    let mut metadata = object(secret.remove("metadata"));
    let name = sealing.name.clone().unwrap_or_else(|| string(&metadata, "name"));
    if name.is_empty() {
        return Err(SealedSecretsError::NoName);
    }
    let mut annotations = object(metadata.remove("annotations"));
    for name in DROPPED_ANNOTATIONS {
        annotations.remove(name);
    }
    let scope = match sealing.scope {
        Scope::Strict => Scope::of_annotations(&annotations),
        wider => wider,
    };
    let namespace = namespace(&name, &string(&metadata, "namespace"), sealing, scope)?;
    let own = scope_annotations(&mut annotations, scope);
    for name in DROPPED_METADATA {
        metadata.remove(name);
    }
    metadata.insert("name".to_owned(), name.as_str().into());
    if !namespace.is_empty() {
        metadata.insert("namespace".to_owned(), namespace.as_str().into());
    }
    let mut outer = json!({ "name": name });
    if !namespace.is_empty() {
        outer["namespace"] = namespace.as_str().into();
    }
    if !own.is_empty() {
        outer["annotations"] = own.into();
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".to_owned(), annotations.into());
    }
    let mut encrypted = Map::new();
    for (key, value) in values(&mut secret, &name)? {
        encrypted.insert(key, sealer.seal(&value, scope, &namespace, &name)?.into());
    }
    if encrypted.is_empty() && !sealing.allow_empty {
        return Err(SealedSecretsError::Empty(name));
    }
    let mut template = json!({ "metadata": metadata });
    for field in ["type", "immutable"] {
        if let Some(value) = secret.remove(field).filter(|value| !value.is_null()) {
            template[field] = value;
        }
    }
    Ok(json!({
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": outer,
        "spec": { "encryptedData": encrypted, "template": template },
    }))
}

/// A cluster-wide Secret may be without a namespace.
fn namespace(
    name: &str,
    written: &str,
    sealing: &Sealing,
    scope: Scope,
) -> Result<String, SealedSecretsError> {
    match sealing.namespace.as_deref().unwrap_or_default() {
        "" if written.is_empty() && scope != Scope::ClusterWide => {
            Err(SealedSecretsError::NoNamespace(name.to_owned()))
        }
        "" => Ok(written.to_owned()),
        given if !written.is_empty() && written != given => Err(SealedSecretsError::OtherNamespace {
            name: name.to_owned(),
            written: written.to_owned(),
            given: given.to_owned(),
        }),
        given => Ok(given.to_owned()),
    }
}

/// Writes the scope into a Secret's annotations, and returns those of the SealedSecret itself.
fn scope_annotations(annotations: &mut Map<String, Value>, scope: Scope) -> Map<String, Value> {
    for other in Scope::ALL.into_iter().filter_map(Scope::annotation) {
        annotations.remove(other);
    }
    let mut own = Map::new();
    if let Some(name) = scope.annotation() {
        annotations.insert(name.to_owned(), "true".into());
        own.insert(name.to_owned(), "true".into());
    }
    own
}

/// A key and its value.
type Entry = (String, Secret<Vec<u8>>);

/// Returns the values of `data`, and over them those of `stringData`.
fn values(secret: &mut Map<String, Value>, name: &str) -> Result<Vec<Entry>, SealedSecretsError> {
    let wrong = |key: String, expected| SealedSecretsError::Value { name: name.to_owned(), key, expected };
    let mut values = Vec::new();
    let texts = object(secret.remove("stringData"));
    for (key, value) in object(secret.remove("data")) {
        if texts.contains_key(&key) {
            continue;
        }
        let bytes = match &value {
            Value::Null => Some(Vec::new()),
            Value::String(text) => STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok(),
            _ => None,
        };
        values.push((key.clone(), Secret::new(bytes.ok_or_else(|| wrong(key, "base64"))?)));
    }
    for (key, value) in texts {
        match value {
            Value::Null => values.push((key, Secret::new(Vec::new()))),
            Value::String(text) => values.push((key, Secret::new(text.into_bytes()))),
            _ => return Err(wrong(key, "text")),
        }
    }
    Ok(values)
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(entries)) => entries,
        _ => Map::new(),
    }
}

fn string(map: &Map<String, Value>, key: &str) -> String {
    map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
