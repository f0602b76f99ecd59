//! The canary: an ExternalSecret that proves its store.

use super::{API_VERSION, StoreReference};
use crate::resource::Value;

/// Returns the name of a store's canary and of its Secret.
pub fn canary_name(store: &str) -> String {
    format!("{store}-canary")
}

/// Returns the manifest of a canary that fetches one property of one item into the key `value`.
///
/// It refreshes once a day by itself; a proof forces it.
pub fn canary(store: &StoreReference, namespace: &str, item: &str, property: Option<&str>) -> Value {
    let name = canary_name(&store.name);
    let mut remote = vec![("key", Value::from(item))];
    if let Some(property) = property {
        remote.push(("property", property.into()));
    }
    let data = Value::map([("secretKey", Value::from("value")), ("remoteRef", Value::map(remote))]);
    let reference = Value::map([("kind", Value::from(store.kind())), ("name", store.name.as_str().into())]);
    let labels = Value::map([("app.kubernetes.io/managed-by", Value::from("eggtooth"))]);
    let target = Value::map([("name", Value::from(name.as_str())), ("creationPolicy", "Owner".into())]);
    let spec = Value::map([
        ("secretStoreRef", reference),
        ("refreshInterval", "24h0m0s".into()),
        ("target", target),
        ("data", Value::list([data])),
    ]);
    let metadata =
        Value::map([("name", name.as_str().into()), ("namespace", namespace.into()), ("labels", labels)]);
    Value::map([
        ("apiVersion", API_VERSION.into()),
        ("kind", "ExternalSecret".into()),
        ("metadata", metadata),
        ("spec", spec),
    ])
}
