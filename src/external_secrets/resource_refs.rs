//! What objects of External Secrets need and bring.

use super::GROUP;
use crate::resource::{Brings, GroupKind, Need, ObjectName, Value};

/// Kinds that an admission webhook of the operator looks at.
const ADMITTED: [&str; 3] = ["SecretStore", "ClusterSecretStore", "ExternalSecret"];

/// Returns what an object needs: its kind and namespace, the webhook, the Secrets it refers to, its store.
pub fn needs(manifest: &Value) -> Vec<Need> {
    let kind = text(manifest, &["kind"]).unwrap_or_default();
    let namespace = text(manifest, &["metadata", "namespace"]);
    let group_kind = GroupKind::new(GROUP, kind);
    let mut needs = vec![Need::Kind(group_kind.clone())];
    if ADMITTED.contains(&kind) {
        needs.push(Need::Webhook(group_kind));
    }
    needs.extend(namespace.map(|namespace| Need::Namespace(namespace.to_owned())));
    if let Some(spec) = manifest.get("spec") {
        secret_keys(spec, namespace, &mut needs);
        let inner = spec.get("externalSecretSpec").unwrap_or(spec);
        needs.extend(inner.get("secretStoreRef").and_then(|reference| store(reference, namespace)));
        for reference in items(spec.get("secretStoreRefs")) {
            needs.extend(store(reference, namespace));
        }
        needs.extend(namespace.and_then(|namespace| pushed_secret(spec, namespace)));
    }
    needs
}

/// Returns what an object brings: a store, or the Secret that an ExternalSecret makes.
pub fn brings(manifest: &Value) -> Vec<Brings> {
    let name = text(manifest, &["metadata", "name"]).unwrap_or_default();
    let namespace = text(manifest, &["metadata", "namespace"]);
    match (text(manifest, &["kind"]), namespace) {
        (Some("ClusterSecretStore"), _) => vec![Brings::Store(ObjectName::cluster(name))],
        (Some("SecretStore"), Some(namespace)) => {
            vec![Brings::Store(ObjectName::namespaced(namespace, name))]
        }
        (Some("ExternalSecret"), Some(namespace)) => {
            let target = text(manifest, &["spec", "target", "name"]).unwrap_or(name);
            vec![Brings::Secret(ObjectName::namespaced(namespace, target))]
        }
        _ => Vec::new(),
    }
}

/// Every `{name, key, namespace?}` under a key that ends with `Ref`.
fn secret_keys(value: &Value, own: Option<&str>, needs: &mut Vec<Need>) {
    match value {
        Value::Map(entries) => {
            for (field, value) in entries.iter() {
                let reference =
                    (text(value, &["name"]), text(value, &["key"]), text(value, &["namespace"]).or(own));
                match reference {
                    (Some(name), Some(key), Some(namespace)) if field.ends_with("Ref") => {
                        needs.push(Need::SecretKey {
                            secret: ObjectName::namespaced(namespace, name),
                            key: key.to_owned(),
                        });
                    }
                    _ => secret_keys(value, own, needs),
                }
            }
        }
        Value::List(values) => values.iter().for_each(|value| secret_keys(value, own, needs)),
        _ => {}
    }
}

/// The Secret that a PushSecret pushes.
fn pushed_secret(spec: &Value, namespace: &str) -> Option<Need> {
    let secret = ObjectName::namespaced(namespace, text(spec, &["selector", "secret", "name"])?);
    let key = text(items(spec.get("data")).first()?, &["match", "secretKey"])?;
    Some(Need::SecretKey { secret, key: key.to_owned() })
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

fn store(reference: &Value, own: Option<&str>) -> Option<Need> {
    let name = text(reference, &["name"])?;
    Some(Need::Store(match text(reference, &["kind"]) {
        Some("ClusterSecretStore") => ObjectName::cluster(name),
        _ => ObjectName::namespaced(own?, name),
    }))
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external_secrets::{StoreReference, canary};

    #[test]
    fn a_canary_needs_its_namespace_its_kind_the_webhook_and_its_store() {
        let store = StoreReference { namespace: None, name: "onepassword".into() };
        let kind = GroupKind::new(GROUP, "ExternalSecret");
        assert_eq!(
            needs(&canary(&store, "apps", "canary", Some("password"))),
            [
                Need::Kind(kind.clone()),
                Need::Webhook(kind),
                Need::Namespace("apps".into()),
                Need::Store(ObjectName::cluster("onepassword")),
            ]
        );
    }

    #[test]
    fn an_external_secret_brings_its_secret() {
        let store = StoreReference { namespace: None, name: "onepassword".into() };
        let brought = Brings::Secret(ObjectName::namespaced("apps", "onepassword-canary"));
        let made = canary(&store, "apps", "canary", Some("password"));
        assert_eq!(brings(&made), [brought]);
    }

    #[test]
    fn a_store_needs_the_secret_that_it_refers_to() {
        let token =
            Value::map([("name", "t".into()), ("namespace", "onepassword".into()), ("key", "token".into())]);
        let spec = Value::map([("auth", Value::map([("connectTokenSecretRef", token)]))]);
        let metadata = Value::map([("name", "s".into())]);
        let store =
            Value::map([("kind", "ClusterSecretStore".into()), ("metadata", metadata), ("spec", spec)]);
        let secret = ObjectName::namespaced("onepassword", "t");
        assert!(needs(&store).contains(&Need::SecretKey { secret, key: "token".into() }));
        assert_eq!(brings(&store), [Brings::Store(ObjectName::cluster("s"))]);
    }
}
