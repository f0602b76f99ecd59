//! ClusterExternalSecrets as a program writes them: one ExternalSecret in each namespace that has a label.

use std::collections::BTreeMap;

use super::{API_VERSION, ExternalSecret, Fetch, Interval, StoreReference};
use crate::resource::Value;

/// Has the operator fetch secrets into a Secret in every namespace with a label.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterExternalSecret {
    /// Its name. The operator writes it into a finalizer of each namespace, which leaves it 59 characters.
    pub name: String,
    /// The label, with the value `true`, of the namespaces that get the Secret.
    pub label: String,
    /// The ClusterSecretStore.
    pub store: String,
    /// How often it is fetched anew.
    pub refresh_interval: Interval,
    /// What is fetched.
    pub fetch: Fetch,
    /// The name of the ExternalSecret and of the Secret in each namespace.
    pub target: String,
    /// The Secret's type.
    pub secret_type: String,
    /// The Secret's labels, by which those find it who look for such.
    pub labels: BTreeMap<String, String>,
    /// Whatever changes when all Secrets are to be fetched at once, as the master's fingerprint.
    pub force: Option<Value>,
}

impl ClusterExternalSecret {
    /// The longest name that the operator can write into a namespace's finalizer.
    pub const LONGEST_NAME: usize = 59;

    /// Returns the object's manifest.
    pub fn manifest(&self) -> Value {
        let text = |text: &str| Value::from(text);
        let mut metadata = vec![
            ("name", text(&self.name)),
            ("labels", Value::map([("app.kubernetes.io/managed-by", text("eggtooth"))])),
        ];
        if let Some(force) = &self.force {
            // The operator hands it on to each ExternalSecret.
            metadata.push(("annotations", Value::map([(ExternalSecret::FORCE_SYNC, force.clone())])));
        }
        let selector = Value::map([("matchLabels", Value::map([(self.label.as_str(), text("true"))]))]);
        // The operator writes the object anew with what its types hold, also when it is empty. It is ours from the start,
        // so that a run that changes nothing sees nothing changed.
        let spec = Value::map([
            ("externalSecretMetadata", Value::map::<&str>([])),
            ("externalSecretName", text(&self.target)),
            ("namespaceSelectors", Value::list([selector])),
            ("externalSecretSpec", self.inner()),
        ]);
        Value::map([
            ("apiVersion", API_VERSION.into()),
            ("kind", "ClusterExternalSecret".into()),
            ("metadata", Value::map(metadata)),
            ("spec", spec),
        ])
    }

    fn inner(&self) -> Value {
        let labels = self.labels.iter().map(|(key, value)| (key.as_str(), Value::from(value.as_str())));
        let labels = (!self.labels.is_empty()).then(|| ("labels", Value::map(labels)));
        let template = [("type", Value::from(self.secret_type.as_str())), ("metadata", Value::map(labels))];
        let one = ExternalSecret {
            namespace: String::new(),
            name: self.target.clone(),
            store: StoreReference { namespace: None, name: self.store.clone() },
            refresh_interval: self.refresh_interval,
            fetch: self.fetch.clone(),
        };
        one.spec(Some(Value::map(template)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::redacted;

    #[test]
    fn each_namespace_with_the_label_gets_a_secret_of_the_type() {
        let json = redacted(
            &ClusterExternalSecret {
                name: "registry".into(),
                label: "secrets/pull".into(),
                store: "central".into(),
                refresh_interval: Interval::HOUR,
                fetch: Fetch::All("registry".into()),
                target: "pull".into(),
                secret_type: "kubernetes.io/dockerconfigjson".into(),
                labels: [("team".into(), "a".into())].into(),
                force: Some("1".into()),
            }
            .manifest(),
        );
        assert_eq!(json["spec"]["namespaceSelectors"][0]["matchLabels"]["secrets/pull"], "true");
        assert_eq!(json["metadata"]["annotations"]["external-secrets.io/force-sync"], "1");
        let target = &json["spec"]["externalSecretSpec"]["target"];
        assert_eq!(target["template"]["type"], "kubernetes.io/dockerconfigjson");
        assert_eq!(target["template"]["metadata"]["labels"]["team"], "a");
        assert_eq!(json["spec"]["externalSecretSpec"]["secretStoreRef"]["name"], "central");
    }
}
