//! Access to the Secrets of one namespace, by the API server's own service accounts: no credential is kept anywhere.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::resource::{ObjectName, Value};

/// The ConfigMap with the cluster's authority, which Kubernetes puts into each namespace.
const ROOT_AUTHORITY: (&str, &str) = ("kube-root-ca.crt", "ca.crt");

/// Access to the Secrets of one namespace of the operator's own cluster, or of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesSecrets {
    /// The API server's address; the cluster's own when absent.
    pub server: Option<String>,
    /// The namespace whose Secrets are read.
    pub namespace: String,
    /// The service account that the operator acts as, with its namespace.
    pub service_account: ObjectName,
    /// The server's authority in PEM; what the cluster itself publishes in `namespace` when absent.
    pub ca_bundle: Option<String>,
}

impl KubernetesSecrets {
    pub(super) fn block(&self) -> Value {
        let server = self.server.as_deref().unwrap_or("https://kubernetes.default.svc");
        let authority = match &self.ca_bundle {
            Some(bundle) => ("caBundle", Value::from(STANDARD.encode(bundle))),
            None => ("caProvider", self.published_authority()),
        };
        let mut account = vec![("name", Value::from(self.service_account.name.as_str()))];
        if let Some(namespace) = &self.service_account.namespace {
            account.push(("namespace", namespace.as_str().into()));
        }
        Value::map([
            ("remoteNamespace", Value::from(self.namespace.as_str())),
            ("server", Value::map([("url", server.into()), authority])),
            ("auth", Value::map([("serviceAccount", Value::map(account))])),
        ])
    }

    fn published_authority(&self) -> Value {
        Value::map([
            ("type", Value::from("ConfigMap")),
            ("name", ROOT_AUTHORITY.0.into()),
            ("key", ROOT_AUTHORITY.1.into()),
            ("namespace", self.namespace.as_str().into()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::redacted;

    #[test]
    fn the_clusters_own_authority_is_taken_unless_one_is_given() {
        let mut access = KubernetesSecrets {
            server: None,
            namespace: "masters".into(),
            service_account: ObjectName::namespaced("masters", "reader"),
            ca_bundle: None,
        };
        let block = redacted(&access.block());
        assert_eq!(block["server"]["url"], "https://kubernetes.default.svc");
        assert_eq!(block["server"]["caProvider"]["namespace"], "masters");
        assert_eq!(block["auth"]["serviceAccount"]["name"], "reader");
        access.ca_bundle = Some("PEM".into());
        let block = redacted(&access.block());
        assert_eq!(block["server"]["caBundle"], "UEVN");
        assert!(block["server"].get("caProvider").is_none());
    }
}
