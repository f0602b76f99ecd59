//! AWS Secrets Manager and Parameter Store.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Caller, present, text};
use crate::resource::Value;
use crate::secret::Secret;

/// Access to a service of AWS.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Aws {
    /// Which service.
    pub service: AwsService,
    /// Its region.
    pub region: String,
    /// The ARN of the role to read as.
    pub role: Option<String>,
    /// EKS Pod Identity: AWS knows the operator's pod, which takes the role on, if one is named.
    #[serde(default)]
    pub pod_identity: bool,
    /// What all names at AWS begin with.
    pub prefix: Option<String>,
    /// An access key, which does not change by itself.
    pub credentials: Option<AwsKeys>,
}

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AwsService {
    /// Secrets Manager.
    SecretsManager,
    /// Systems Manager's Parameter Store.
    ParameterStore,
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AwsKeys {
    /// Its id.
    pub access_key_id: Secret<String>,
    /// The secret of it.
    pub secret_access_key: Secret<String>,
}

impl Aws {
    pub(super) fn block(&self, caller: &Caller) -> Value {
        let service = match self.service {
            AwsService::SecretsManager => "SecretsManager",
            AwsService::ParameterStore => "ParameterStore",
        };
        let jwt = caller.reference().map(|account| Value::map([("serviceAccountRef", account)]));
        let keys = caller.key("access-key-id").zip(caller.key("secret-access-key")).map(|(id, secret)| {
            Value::map([("accessKeyIDSecretRef", id), ("secretAccessKeySecretRef", secret)])
        });
        let auth = match (jwt, keys) {
            (Some(jwt), _) => Some(Value::map([("jwt", jwt)])),
            (None, Some(keys)) => Some(Value::map([("secretRef", keys)])),
            (None, None) => None,
        };
        // The annotation of a service account names its role already.
        let role = text(self.role.as_ref()).filter(|_| caller.reference().is_none());
        present([
            ("service", Some(service.into())),
            ("region", Some(self.region.as_str().into())),
            ("role", role),
            ("prefix", text(self.prefix.as_ref())),
            ("auth", auth),
        ])
    }

    pub(super) fn credential(&self) -> Option<BTreeMap<String, Secret<String>>> {
        let keys = self.credentials.as_ref()?;
        Some(
            [
                ("access-key-id".to_owned(), keys.access_key_id.clone()),
                ("secret-access-key".to_owned(), keys.secret_access_key.clone()),
            ]
            .into(),
        )
    }
}
