//! How a store reaches its provider: the block under `spec.provider`.

use std::collections::BTreeMap;

use super::{Caller, KubernetesSecrets, OnePasswordSdk, Workload};
use crate::resource::{ObjectName, Value};

/// One key of a Secret that a store reads. A ClusterSecretStore's references must name the namespace, a SecretStore's
/// must not name another than its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey {
    /// The Secret's namespace.
    pub namespace: String,
    /// The Secret's name.
    pub name: String,
    /// The key in it.
    pub key: String,
}

impl SecretKey {
    /// Returns the Secret's name and namespace.
    pub fn secret(&self) -> ObjectName {
        ObjectName::namespaced(self.namespace.as_str(), self.name.as_str())
    }

    pub(super) fn selector(&self) -> Value {
        Value::map([
            ("name", Value::from(self.name.as_str())),
            ("namespace", self.namespace.as_str().into()),
            ("key", self.key.as_str().into()),
        ])
    }
}

/// Access to a provider.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// 1Password through a Connect server.
    OnePassword(OnePassword),
    /// 1Password by a service account.
    OnePasswordSdk(OnePasswordSdk),
    /// Pulumi ESC.
    PulumiEsc(PulumiEsc),
    /// Secrets of a Kubernetes namespace.
    Kubernetes(KubernetesSecrets),
    /// A provider that knows a workload of the cluster.
    Workload(Workload, Caller),
}

impl Access {
    pub(super) fn block(&self) -> Value {
        match self {
            Self::OnePassword(access) => Value::map([("onepassword", access.block())]),
            Self::OnePasswordSdk(access) => Value::map([("onepasswordSDK", access.block())]),
            Self::PulumiEsc(access) => Value::map([("pulumi", access.block())]),
            Self::Kubernetes(access) => Value::map([("kubernetes", access.block())]),
            Self::Workload(workload, caller) => workload.block(caller),
        }
    }
}

/// Access to 1Password through a Connect server.
#[derive(Clone, Debug, PartialEq)]
pub struct OnePassword {
    /// The server's address.
    pub host: String,
    /// Vaults by name or id, with the order in which they are searched.
    pub vaults: BTreeMap<String, u32>,
    /// Where the token is.
    pub token: SecretKey,
}

impl OnePassword {
    fn block(&self) -> Value {
        let vaults = self.vaults.iter().map(|(name, order)| (name.as_str(), Value::from(i64::from(*order))));
        let token = Value::map([("connectTokenSecretRef", self.token.selector())]);
        Value::map([
            ("connectHost", Value::from(self.host.trim_end_matches('/'))),
            ("vaults", Value::map(vaults)),
            ("auth", Value::map([("secretRef", token)])),
        ])
    }
}

/// Access to one environment of Pulumi ESC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulumiEsc {
    /// The API's address where it is not Pulumi's own service.
    pub api_url: Option<String>,
    /// The organization.
    pub organization: String,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// Who the operator is to Pulumi.
    pub auth: PulumiAuth,
}

/// Who the operator is to Pulumi.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PulumiAuth {
    /// Whoever the access token was made for.
    Token(SecretKey),
    /// The same, where controllers before 2.5.0 look for it: `accessToken` beside `organization`, not under `auth`.
    TokenAtRoot(SecretKey),
    /// A service account, whose token Pulumi exchanges; controllers before 2.5.0 can't.
    Oidc {
        /// The organization that trusts the cluster.
        organization: String,
        /// The service account; with its namespace in a ClusterSecretStore.
        service_account: ObjectName,
        /// How long its tokens hold, in seconds; at least 600.
        expiration: Option<u32>,
    },
}

impl PulumiAuth {
    fn block(&self) -> (&'static str, Value) {
        let token = |token: &SecretKey| Value::map([("secretRef", token.selector())]);
        match self {
            Self::TokenAtRoot(key) => ("accessToken", token(key)),
            Self::Token(key) => ("auth", Value::map([("accessToken", token(key))])),
            Self::Oidc { organization, service_account, expiration } => {
                let namespace = service_account.namespace.as_deref();
                let account = [("name", Value::from(service_account.name.as_str()))]
                    .into_iter()
                    .chain(namespace.map(|namespace| ("namespace", namespace.into())));
                let own = [
                    ("organization", Value::from(organization.as_str())),
                    ("serviceAccountRef", Value::map(account)),
                ];
                let expiration =
                    expiration.map(|seconds| ("expirationSeconds", Value::from(i64::from(seconds))));
                ("auth", Value::map([("oidcConfig", Value::map(own.into_iter().chain(expiration)))]))
            }
        }
    }
}

impl PulumiEsc {
    fn block(&self) -> Value {
        let mut block = vec![
            ("organization", Value::from(self.organization.as_str())),
            ("project", self.project.as_str().into()),
            ("environment", self.environment.as_str().into()),
        ];
        if let Some(url) = &self.api_url {
            block.push(("apiUrl", url.trim_end_matches('/').into()));
        }
        block.push(self.auth.block());
        Value::map(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::redacted;

    #[test]
    fn the_access_token_is_where_the_controller_looks_for_it() {
        let token = SecretKey { namespace: "es".into(), name: "pat".into(), key: "token".into() };
        let mut access = PulumiEsc {
            api_url: Some("http://esc.test/api/esc/".into()),
            organization: "acme".into(),
            project: "app".into(),
            environment: "dev".into(),
            auth: PulumiAuth::Token(token.clone()),
        };
        let block = redacted(&Access::PulumiEsc(access.clone()).block());
        assert_eq!(block["pulumi"]["auth"]["accessToken"]["secretRef"]["namespace"], "es");
        assert_eq!(block["pulumi"]["apiUrl"], "http://esc.test/api/esc");
        access.auth = PulumiAuth::TokenAtRoot(token);
        let block = redacted(&Access::PulumiEsc(access.clone()).block());
        assert_eq!(block["pulumi"]["accessToken"]["secretRef"]["key"], "token");
        assert!(block["pulumi"].get("auth").is_none());
        access.auth = PulumiAuth::Oidc {
            organization: "acme".into(),
            service_account: ObjectName::namespaced("es", "pulumi"),
            expiration: Some(900),
        };
        let block = redacted(&Access::PulumiEsc(access).block());
        let oidc = serde_json::json!({"organization": "acme", "expirationSeconds": 900,
            "serviceAccountRef": {"name": "pulumi", "namespace": "es"}});
        assert_eq!(block["pulumi"]["auth"], serde_json::json!({ "oidcConfig": oidc }));
    }
}
