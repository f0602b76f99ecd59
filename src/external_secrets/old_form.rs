//! Documents as they were written for older versions of External Secrets, read as the version of today wants them.

use std::fmt;

use super::{API_VERSION, GROUP};
use crate::resource::{Map, Value, redacted};

/// A part of a document in an old form, and what is read in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldForm {
    /// Where it is (`spec.provider.pulumi.accessToken`).
    pub path: String,
    /// The new form, as YAML in one line.
    pub new: String,
}

impl fmt::Display for OldForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.path.rsplit('.').next().unwrap_or_default();
        write!(formatter, "`{field}` is an old form of External Secrets")
    }
}

/// The kinds that have left `v1beta1` behind; it is served no more since 0.17.0.
const KINDS: [&str; 4] = ["SecretStore", "ClusterSecretStore", "ExternalSecret", "ClusterExternalSecret"];

/// Returns a document in the form of today, and what was old in it. What is not known here stays as it is.
///
/// `token_at_root` says that the controller is older than 2.5.0, to which Pulumi's `accessToken` is no old form.
pub fn modernised(document: &Value, token_at_root: bool) -> (Value, Vec<OldForm>) {
    let mut modern = document.clone();
    let mut found = Vec::new();
    let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default();
    let version = document.get("apiVersion").and_then(Value::as_str);
    if version == Some(&format!("{GROUP}/v1beta1")) && KINDS.contains(&kind) {
        let version = Value::from(API_VERSION);
        found.extend(rename(&mut modern, &[], "apiVersion", "apiVersion", |_, _| version));
    }
    match kind {
        "SecretStore" | "ClusterSecretStore" => {
            let secret = ["spec", "provider", "onepassword", "auth", "secretRef"];
            found.extend(rename(&mut modern, &secret, "connectToken", "connectTokenSecretRef", |_, old| old));
            if !token_at_root {
                let below = |_: Option<Value>, old| Value::map([("accessToken", old)]);
                found.extend(rename(
                    &mut modern,
                    &["spec", "provider", "pulumi"],
                    "accessToken",
                    "auth",
                    below,
                ));
            }
        }
        "ClusterExternalSecret" => {
            let into = "namespaceSelectors";
            found.extend(rename(&mut modern, &["spec"], "namespaceSelector", into, appended));
            found.extend(rename(&mut modern, &["spec"], "namespaces", into, |before, names| {
                appended(before, by_name(names))
            }));
        }
        _ => {}
    }
    (modern, found)
}

/// Takes the field `old` away below a path, and puts what `make` makes of it, and of what is there already, at `new`.
fn rename(
    document: &mut Value,
    path: &[&str],
    old: &str,
    new: &str,
    make: impl FnOnce(Option<Value>, Value) -> Value,
) -> Option<OldForm> {
    let mut entries: Map = match path.iter().try_fold(&*document, |value, key| value.get(key))? {
        Value::Map(entries) => (**entries).clone(),
        _ => return None,
    };
    let value = entries.remove(old)?;
    let made = make(entries.remove(new), value);
    let shown = format!("{new}: {}", flow(&redacted(&made)));
    entries.insert(new.into(), made);
    *document = put(document, path, Value::map(entries));
    let path = path.iter().copied().chain([old]).collect::<Vec<_>>().join(".");
    Some(OldForm { path, new: shown })
}

/// Returns the value with another one where the path leads to, which is there.
fn put(value: &Value, path: &[&str], new: Value) -> Value {
    let (Some((first, rest)), Value::Map(entries)) = (path.split_first(), value) else { return new };
    let mut entries = (**entries).clone();
    if let Some(below) = entries.get(*first).map(|below| put(below, rest, new)) {
        entries.insert((*first).into(), below);
    }
    Value::map(entries)
}

/// A selector among those that are there already: any of them is enough.
fn appended(before: Option<Value>, selector: Value) -> Value {
    match before {
        Some(Value::List(selectors)) => Value::list(selectors.iter().cloned().chain([selector])),
        _ => Value::list([selector]),
    }
}

/// The selector of namespaces by their names.
fn by_name(names: Value) -> Value {
    let expression =
        [("key", "kubernetes.io/metadata.name".into()), ("operator", "In".into()), ("values", names)];
    Value::map([("matchExpressions", Value::list([Value::map(expression)]))])
}

/// YAML in one line, with as few quotes as can be.
fn flow(value: &serde_json::Value) -> String {
    let parts = |parts: Vec<String>| parts.join(", ");
    match value {
        serde_json::Value::Object(entries) => {
            let entry = |(key, value): (&String, &serde_json::Value)| format!("{key}: {}", flow(value));
            format!("{{ {} }}", parts(entries.iter().map(entry).collect()))
        }
        serde_json::Value::Array(items) => format!("[{}]", parts(items.iter().map(flow).collect())),
        serde_json::Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter))
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn read(document: &Json) -> (Json, Vec<(String, String)>) {
        let (modern, found) = modernised(&Value::from(document), false);
        (redacted(&modern), found.into_iter().map(|one| (one.path, one.new)).collect())
    }

    #[test]
    fn a_store_of_old_is_read_as_one_of_today() {
        let token = json!({ "name": "t", "key": "token", "namespace": "op" });
        let store = |version: &str, name: &str| {
            json!({ "apiVersion": format!("external-secrets.io/{version}"), "kind": "ClusterSecretStore",
                "metadata": { "name": "s" },
                "spec": { "provider": { "onepassword": { "connectHost": "http://c", "auth": { "secretRef": { name: token } } } } } })
        };
        let (modern, found) = read(&store("v1beta1", "connectToken"));
        assert_eq!(modern, store("v1", "connectTokenSecretRef"));
        assert_eq!(
            found,
            [
                ("apiVersion".to_owned(), "apiVersion: external-secrets.io/v1".to_owned()),
                (
                    "spec.provider.onepassword.auth.secretRef.connectToken".into(),
                    "connectTokenSecretRef: { key: token, name: t, namespace: op }".into()
                ),
            ]
        );
        assert_eq!(read(&modern), (modern.clone(), Vec::new()));
    }

    #[test]
    fn pulumis_token_goes_below_auth_unless_the_controller_is_older() {
        let reference = json!({ "secretRef": { "name": "t", "key": "k" } });
        let store = json!({ "apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
            "spec": { "provider": { "pulumi": { "organization": "acme", "accessToken": reference } } } });
        let (modern, found) = read(&store);
        let pulumi = &modern["spec"]["provider"]["pulumi"];
        assert_eq!(pulumi, &json!({ "organization": "acme", "auth": { "accessToken": reference } }));
        assert_eq!(found[0].1, "auth: { accessToken: { secretRef: { key: k, name: t } } }");
        assert!(modernised(&Value::from(&store), true).1.is_empty());
    }

    #[test]
    fn selectors_of_namespaces_become_one_list() {
        let (modern, found) =
            read(&json!({ "apiVersion": "external-secrets.io/v1beta1", "kind": "ClusterExternalSecret",
            "spec": { "namespaceSelector": { "matchLabels": { "a": "b" } }, "namespaces": ["x", "y"] } }));
        let by_name = json!({ "key": "kubernetes.io/metadata.name", "operator": "In", "values": ["x", "y"] });
        assert_eq!(
            modern["spec"],
            json!({ "namespaceSelectors": [{ "matchLabels": { "a": "b" } }, { "matchExpressions": [by_name] }] })
        );
        assert_eq!(found.len(), 3);
        // The conditions of a store have a selector by this name, and keep it.
        let conditions =
            json!({ "kind": "ClusterSecretStore", "spec": { "conditions": [{ "namespaceSelector": {} }] } });
        assert_eq!(read(&conditions), (conditions.clone(), Vec::new()));
    }

    #[test]
    fn what_is_still_alpha_stays_so() {
        let push = json!({ "apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret", "spec": {} });
        assert_eq!(read(&push), (push.clone(), Vec::new()));
    }
}
