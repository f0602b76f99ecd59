//! PushSecrets as a program writes them: the way back, from the cluster to the provider.

use super::{Fetched, GROUP, Interval, StoreReference};
use crate::resource::Value;

/// Has the operator write keys of a Secret to the provider of a store; what it wrote stays there.
#[derive(Clone, Debug, PartialEq)]
pub struct PushSecret {
    /// Its namespace, which is the Secret's.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The store.
    pub store: StoreReference,
    /// The Secret.
    pub secret: String,
    /// Its keys, and where each goes.
    pub keys: Vec<Fetched>,
    /// How often it is written.
    pub refresh_interval: Interval,
}

impl PushSecret {
    /// Returns the object's manifest.
    pub fn manifest(&self) -> Value {
        let text = |text: &str| Value::from(text);
        let labels = Value::map([("app.kubernetes.io/managed-by", text("eggtooth"))]);
        let metadata = [("name", text(&self.name)), ("namespace", text(&self.namespace)), ("labels", labels)];
        let store = Value::map([("kind", text(self.store.kind())), ("name", text(&self.store.name))]);
        let secret = Value::map([("name", text(&self.secret))]);
        let spec = [
            ("refreshInterval", text(&self.refresh_interval.to_string())),
            ("secretStoreRefs", Value::list([store])),
            ("selector", Value::map([("secret", secret)])),
            ("data", Value::list(self.keys.iter().map(pushed))),
        ];
        Value::map([
            ("apiVersion", format!("{GROUP}/v1alpha1").into()),
            ("kind", "PushSecret".into()),
            ("metadata", Value::map(metadata)),
            ("spec", Value::map(spec)),
        ])
    }
}

/// One key: from `into`, which is its name in the cluster, to where it would be fetched from.
fn pushed(one: &Fetched) -> Value {
    let property = one.property.as_deref().map(|property| ("property", Value::from(property)));
    let remote = [("remoteKey", Value::from(one.key.as_str()))].into_iter().chain(property);
    let matched = [("secretKey", Value::from(one.into.as_str())), ("remoteRef", Value::map(remote))];
    Value::map([("match", Value::map(matched))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external_secrets::{Naming, needs};
    use crate::resource::{Need, ObjectName, redacted};

    #[test]
    fn a_key_goes_to_where_it_would_come_from() {
        let push = PushSecret {
            namespace: "app".into(),
            name: "back".into(),
            store: StoreReference { namespace: None, name: "esc".into() },
            secret: "settings".into(),
            keys: vec![Naming::Dot.written("hello", "app.hello", "")],
            refresh_interval: Interval::HOUR,
        };
        let json = redacted(&push.manifest());
        assert_eq!(json["apiVersion"], "external-secrets.io/v1alpha1");
        assert_eq!(
            json["spec"]["data"][0]["match"]["remoteRef"],
            serde_json::json!({"remoteKey": "app.hello"})
        );
        let needs = needs(&push.manifest());
        assert!(needs.contains(&Need::Store(ObjectName::cluster("esc"))), "{needs:?}");
        let secret = ObjectName::namespaced("app", "settings");
        assert!(needs.contains(&Need::SecretKey { secret, key: "hello".into() }), "{needs:?}");
    }
}
