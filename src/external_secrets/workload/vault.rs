//! HashiCorp Vault, and OpenBao, which speaks as it does.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Caller, present, text};
use crate::resource::Value;
use crate::secret::Secret;

/// Access to a key/value engine of Vault.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Vault {
    /// The server's address.
    pub server: String,
    /// Where the engine is mounted.
    #[serde(default = "secret")]
    pub path: String,
    /// The role of Kubernetes auth.
    pub role: Option<String>,
    /// Where Kubernetes auth is mounted.
    #[serde(default = "kubernetes")]
    pub mount_path: String,
    /// Whom the service account's token is for; Vault's role has to name the same.
    pub audience: Option<String>,
    /// The namespace in Vault.
    pub namespace: Option<String>,
    /// The server's authority in PEM; the system's when absent.
    pub ca_bundle: Option<String>,
    /// A token, which does not change by itself.
    pub token: Option<Secret<String>>,
}

fn secret() -> String {
    "secret".to_owned()
}

fn kubernetes() -> String {
    "kubernetes".to_owned()
}

impl Vault {
    pub(super) fn block(&self, caller: &Caller) -> Value {
        let auth = match caller.reference() {
            Some(account) => ("kubernetes", self.kubernetes(account)),
            None => ("tokenSecretRef", caller.key("token").unwrap_or(Value::Null)),
        };
        present([
            ("server", Some(self.server.trim_end_matches('/').into())),
            ("path", Some(self.path.as_str().into())),
            ("version", Some("v2".into())),
            ("namespace", text(self.namespace.as_ref())),
            ("caBundle", self.ca_bundle.as_ref().map(|bundle| STANDARD.encode(bundle).into())),
            ("auth", Some(Value::map([auth]))),
        ])
    }

    fn kubernetes(&self, account: Value) -> Value {
        let audiences = self.audience.as_ref().map(|audience| Value::list([audience.as_str().into()]));
        let account = [("audiences", audiences), ("name", account.get("name").cloned())]
            .into_iter()
            .chain([("namespace", account.get("namespace").cloned())]);
        let account = Value::map(account.filter_map(|(key, value)| Some((key, value?))));
        present([
            ("mountPath", Some(self.mount_path.as_str().into())),
            ("role", text(self.role.as_ref())),
            ("serviceAccountRef", Some(account)),
        ])
    }

    pub(super) fn credential(&self) -> Option<BTreeMap<String, Secret<String>>> {
        Some([("token".to_owned(), self.token.clone()?)].into())
    }
}
