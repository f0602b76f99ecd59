//! Stores: SecretStore and ClusterSecretStore, which differ in their scope only.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CaProvider, Condition, KeySelector, ServiceAccountSelector, StatusOf};

/// A store's spec.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Store {
    /// The class of the controller that may look at it; none is every controller.
    #[serde(default)]
    pub(crate) controller: String,
    /// Seconds as a number, or a duration as Go writes it.
    #[serde(default)]
    pub(crate) refresh_interval: Option<Value>,
    #[serde(default)]
    pub(crate) conditions: Vec<NamespaceCondition>,
    #[serde(default)]
    pub(crate) provider: ProviderBlock,
}

/// Which namespaces may use a ClusterSecretStore.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NamespaceCondition {
    pub(crate) namespace_selector: Option<LabelSelector>,
    pub(crate) namespaces: Vec<String>,
    pub(crate) namespace_regexes: Vec<String>,
}

/// The provider as it is written: one key with its block.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct ProviderBlock(pub(crate) BTreeMap<String, Value>);

/// A provider that the rehearsal has.
#[derive(Clone, Debug)]
pub(crate) enum Provider {
    OnePassword(OnePasswordProvider),
    Kubernetes(Box<KubernetesProvider>),
    Pulumi(PulumiProvider),
    Fake(FakeProvider),
    /// One that the operator has and the rehearsal has not.
    Other(String),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OnePasswordProvider {
    pub(crate) connect_host: String,
    pub(crate) vaults: BTreeMap<String, i64>,
    pub(crate) auth: OnePasswordAuth,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OnePasswordAuth {
    pub(crate) secret_ref: OnePasswordSecretReference,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OnePasswordSecretReference {
    pub(crate) connect_token_secret_ref: KeySelector,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KubernetesProvider {
    pub(crate) server: KubernetesServer,
    pub(crate) auth: Option<KubernetesAuth>,
    pub(crate) auth_ref: Option<KeySelector>,
    pub(crate) remote_namespace: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KubernetesServer {
    pub(crate) url: String,
    pub(crate) ca_bundle: String,
    pub(crate) ca_provider: Option<CaProvider>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KubernetesAuth {
    pub(crate) cert: Option<KubernetesCertificate>,
    pub(crate) token: Option<KubernetesToken>,
    pub(crate) service_account: Option<ServiceAccountSelector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KubernetesCertificate {
    pub(crate) client_cert: KeySelector,
    pub(crate) client_key: KeySelector,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KubernetesToken {
    pub(crate) bearer_token: KeySelector,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PulumiProvider {
    pub(crate) api_url: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) environment: String,
    /// The older form of `auth.accessToken`.
    pub(crate) access_token: Option<PulumiAccessToken>,
    pub(crate) auth: Option<PulumiAuth>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PulumiAuth {
    pub(crate) access_token: Option<PulumiAccessToken>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PulumiAccessToken {
    pub(crate) secret_ref: Option<KeySelector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FakeProvider {
    pub(crate) data: Vec<FakeData>,
    /// 0 is ready, 1 unknown, 2 an error.
    pub(crate) validation_result: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FakeData {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) version: String,
}

/// A store's status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct StoreStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) capabilities: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) conditions: Vec<Condition>,
}

impl StatusOf for Store {
    type Status = StoreStatus;
}

/// Why a provider block is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("secret stores must only have exactly one backend specified, found {0}")]
    Number(usize),
    #[error("failed to unmarshal the provider {name}: {source}")]
    Form { name: String, source: serde_json::Error },
}

impl ProviderBlock {
    /// Returns the block as a provider.
    pub(crate) fn read(&self) -> Result<Provider, ProviderError> {
        let [(name, block)] = &Vec::from_iter(&self.0)[..] else {
            return Err(ProviderError::Number(self.0.len()));
        };
        let form = |source| ProviderError::Form { name: (*name).clone(), source };
        Ok(match name.as_str() {
            "onepassword" => Provider::OnePassword(OnePasswordProvider::deserialize(*block).map_err(form)?),
            "kubernetes" => {
                Provider::Kubernetes(Box::new(KubernetesProvider::deserialize(*block).map_err(form)?))
            }
            "pulumi" => Provider::Pulumi(PulumiProvider::deserialize(*block).map_err(form)?),
            "fake" => Provider::Fake(FakeProvider::deserialize(*block).map_err(form)?),
            other => Provider::Other(other.to_owned()),
        })
    }
}

impl PulumiProvider {
    /// Returns the token's reference, in the new form or the old.
    pub(crate) fn token(&self) -> Option<&KeySelector> {
        let auth = self.auth.as_ref().and_then(|auth| auth.access_token.as_ref());
        auth.or(self.access_token.as_ref()).and_then(|token| token.secret_ref.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_store_has_exactly_one_provider() {
        let block: ProviderBlock =
            serde_json::from_value(json!({ "fake": { "data": [] }, "vault": {} })).unwrap();
        let error = block.read().unwrap_err();
        assert_eq!(error.to_string(), "secret stores must only have exactly one backend specified, found 2");
    }

    #[test]
    fn a_provider_that_the_rehearsal_lacks_keeps_its_name() {
        let block: ProviderBlock = serde_json::from_value(json!({ "vault": { "server": "x" } })).unwrap();
        assert!(matches!(block.read().unwrap(), Provider::Other(name) if name == "vault"));
    }

    #[test]
    fn a_pulumi_token_is_found_in_either_form() {
        let reference = json!({ "secretRef": { "name": "pulumi", "key": "token" } });
        for spec in [json!({ "accessToken": reference }), json!({ "auth": { "accessToken": reference } })] {
            let provider: PulumiProvider = serde_json::from_value(spec).unwrap();
            assert_eq!(provider.token().unwrap().name, "pulumi");
        }
    }
}
