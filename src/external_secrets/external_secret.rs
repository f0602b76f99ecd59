//! ExternalSecrets as a program writes them.

use super::{API_VERSION, Interval, StoreReference, Target};
use crate::resource::Value;

/// Has the operator fetch secrets into a Secret of the same name, which goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalSecret {
    /// Its namespace.
    pub namespace: String,
    /// Its name, and that of the Secret.
    pub name: String,
    /// The store.
    pub store: StoreReference,
    /// How often it is fetched anew.
    pub refresh_interval: Interval,
    /// What is fetched.
    pub fetch: Fetch,
}

/// What an ExternalSecret fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// All properties of one secret at the provider, each under its own name.
    All(String),
    /// One by one.
    Each(Vec<Fetched>),
}

/// One key of the Secret, and where its value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The key in the Secret.
    pub into: String,
    /// The secret's name at the provider.
    pub key: String,
    /// A property of it.
    pub property: Option<String>,
}

impl ExternalSecret {
    /// The annotation that, when it changes, has everything fetched at once.
    pub const FORCE_SYNC: &str = "external-secrets.io/force-sync";

    /// Returns the object's manifest.
    pub fn manifest(&self) -> Value {
        self.object(None, self.spec(None))
    }

    /// Returns the manifest with the Secret in a form of its own; it is fetched at once when `force` changes.
    pub fn manifest_of(&self, target: &Target, force: Option<Value>) -> Value {
        self.object(force, self.spec_of(target.block(&self.name)))
    }

    fn object(&self, force: Option<Value>, spec: Value) -> Value {
        let text = |text: &str| Value::from(text);
        let labels = Value::map([("app.kubernetes.io/managed-by", text("eggtooth"))]);
        let annotations = force.map(|force| ("annotations", Value::map([(Self::FORCE_SYNC, force)])));
        let metadata = [("name", text(&self.name)), ("namespace", text(&self.namespace)), ("labels", labels)];
        Value::map([
            ("apiVersion", API_VERSION.into()),
            ("kind", "ExternalSecret".into()),
            ("metadata", Value::map(metadata.into_iter().chain(annotations))),
            ("spec", spec),
        ])
    }

    /// Returns what is under `spec`; `template` is the form of the Secret where it is not an Opaque one.
    pub(super) fn spec(&self, template: Option<Value>) -> Value {
        let mut target = vec![("name", Value::from(self.name.as_str())), ("creationPolicy", "Owner".into())];
        target.extend(template.map(|template| ("template", template)));
        self.spec_of(Value::map(target))
    }

    fn spec_of(&self, target: Value) -> Value {
        let text = |text: &str| Value::from(text);
        let store = Value::map([("kind", text(self.store.kind())), ("name", text(&self.store.name))]);
        let fetch = match &self.fetch {
            Fetch::All(key) => {
                let extract = Value::map([("key", text(key))]);
                ("dataFrom", Value::list([Value::map([("extract", extract)])]))
            }
            Fetch::Each(all) => ("data", Value::list(all.iter().map(Fetched::block))),
        };
        Value::map([
            ("secretStoreRef", store),
            ("refreshInterval", text(&self.refresh_interval.to_string())),
            ("target", target),
            fetch,
        ])
    }
}

impl Fetched {
    fn block(&self) -> Value {
        let mut remote = vec![("key", Value::from(self.key.as_str()))];
        if let Some(property) = &self.property {
            remote.push(("property", property.as_str().into()));
        }
        Value::map([("secretKey", Value::from(self.into.as_str())), ("remoteRef", Value::map(remote))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::redacted;

    #[test]
    fn all_or_each_is_fetched_into_a_secret_of_the_same_name() {
        let mut secret = ExternalSecret {
            namespace: "app".into(),
            name: "settings".into(),
            store: StoreReference { namespace: None, name: "esc".into() },
            refresh_interval: Interval::HOUR,
            fetch: Fetch::All("app".into()),
        };
        let json = redacted(&secret.manifest());
        assert_eq!(json["spec"]["dataFrom"][0]["extract"]["key"], "app");
        assert_eq!(json["spec"]["target"]["name"], "settings");
        assert_eq!(json["spec"]["secretStoreRef"]["kind"], "ClusterSecretStore");
        secret.fetch =
            Fetch::Each(vec![Fetched { into: "PASSWORD".into(), key: "db.password".into(), property: None }]);
        let json = redacted(&secret.manifest());
        assert_eq!(json["spec"]["data"][0]["remoteRef"], serde_json::json!({"key": "db.password"}));
        assert!(json["spec"].get("dataFrom").is_none());
    }
}
