//! Providers that know the operator by a service account of the cluster, so that no credential has to be kept.
//!
//! Each names its identity there (a role, an account, a client) and says what the service account must carry for it.
//! A credential that does not change by itself is possible, too; whether it is wanted is the stack's question.

mod aws;
mod azure;
mod gcp;
mod vault;

use std::collections::BTreeMap;

pub use aws::{Aws, AwsKeys, AwsService};
pub use azure::{Azure, AzureClient};
pub use gcp::{Gcp, GcpCluster};
pub use vault::Vault;

use super::SecretKey;
use crate::resource::{ObjectName, Value};
use crate::secret::Secret;

/// A provider that is reached by a workload's identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Workload {
    /// AWS Secrets Manager or Parameter Store.
    Aws(Aws),
    /// Google Secret Manager.
    Gcp(Gcp),
    /// Azure Key Vault.
    Azure(Azure),
    /// HashiCorp Vault or OpenBao.
    Vault(Vault),
}

/// Who a store is at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A service account of the cluster.
    Account(ObjectName),
    /// The operator's own pod.
    Operator,
    /// Whoever has the credential that is in this Secret.
    Static(ObjectName),
}

impl Caller {
    fn reference(&self) -> Option<Value> {
        let Self::Account(account) = self else { return None };
        let namespace = account.namespace.as_deref().map(|namespace| ("namespace", namespace.into()));
        Some(Value::map([("name", account.name.as_str().into())].into_iter().chain(namespace)))
    }

    fn key(&self, key: &str) -> Option<Value> {
        let Self::Static(secret) = self else { return None };
        let namespace = secret.namespace.clone().unwrap_or_default();
        Some(SecretKey { namespace, name: secret.name.clone(), key: key.to_owned() }.selector())
    }
}

impl Workload {
    /// Returns the block under `spec.provider`.
    pub(super) fn block(&self, caller: &Caller) -> Value {
        match self {
            Self::Aws(aws) => Value::map([("aws", aws.block(caller))]),
            Self::Gcp(gcp) => Value::map([("gcpsm", gcp.block(caller))]),
            Self::Azure(azure) => Value::map([("azurekv", azure.block(caller))]),
            Self::Vault(vault) => Value::map([("vault", vault.block(caller))]),
        }
    }

    /// Returns the credential that does not change by itself, as a Secret's data, if one is given.
    pub fn credential(&self) -> Option<BTreeMap<String, Secret<String>>> {
        match self {
            Self::Aws(aws) => aws.credential(),
            Self::Gcp(gcp) => gcp.credential(),
            Self::Azure(azure) => azure.credential(),
            Self::Vault(vault) => vault.credential(),
        }
    }

    /// Returns who the store is at its provider, in a word: two stores with the same word may read the same. `None`
    /// where that is the operator itself.
    pub fn identity(&self) -> Option<String> {
        match self {
            Self::Aws(aws) => aws.role.clone(),
            Self::Gcp(gcp) => gcp.service_account.clone(),
            Self::Azure(azure) => azure.client_id.clone(),
            Self::Vault(vault) => {
                Some(format!("{} {} {}", vault.server, vault.mount_path, vault.role.clone()?))
            }
        }
    }

    /// Says whether a service account of the store's own is known at the provider, not the operator's.
    pub fn has_account(&self) -> bool {
        self.credential().is_none() && !matches!(self, Self::Aws(aws) if aws.pod_identity)
    }

    /// Returns the annotations and labels by which the provider knows the service account.
    pub fn marks(&self) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
        let some = |pairs: &[(&str, Option<&String>)]| {
            let pair = |(key, value): &(&str, Option<&String>)| Some(((*key).to_owned(), (*value)?.clone()));
            pairs.iter().filter_map(pair).collect::<BTreeMap<_, _>>()
        };
        match self {
            Self::Aws(aws) => (some(&[("eks.amazonaws.com/role-arn", aws.role.as_ref())]), BTreeMap::new()),
            Self::Gcp(gcp) => {
                let account = gcp.service_account.as_ref();
                (some(&[("iam.gke.io/gcp-service-account", account)]), BTreeMap::new())
            }
            Self::Azure(azure) => {
                let annotations = some(&[
                    ("azure.workload.identity/client-id", azure.client_id.as_ref()),
                    ("azure.workload.identity/tenant-id", Some(&azure.tenant_id)),
                ]);
                (annotations, [("azure.workload.identity/use".to_owned(), "true".to_owned())].into())
            }
            Self::Vault(_) => (BTreeMap::new(), BTreeMap::new()),
        }
    }

    /// Returns what is missing, as a field and what it is for.
    pub fn missing(&self) -> Option<(&'static str, &'static str)> {
        if self.credential().is_some() {
            return None;
        }
        match self {
            Self::Aws(aws) if aws.role.is_none() && !aws.pod_identity => {
                Some(("role", "IRSA needs the role's ARN; for EKS Pod Identity say `podIdentity: true`"))
            }
            Self::Gcp(gcp) if gcp.cluster.is_none() == gcp.federation_audience.is_none() => Some((
                "cluster",
                "name the `cluster` for GKE's Workload Identity, or the `federationAudience` of another cluster's",
            )),
            Self::Azure(azure) if azure.client_id.is_none() => {
                Some(("clientId", "workload identity needs the client's id"))
            }
            Self::Vault(vault) if vault.role.is_none() => {
                Some(("role", "Kubernetes auth needs Vault's role"))
            }
            _ => None,
        }
    }
}

/// Returns a map of what is there.
fn present<const N: usize>(fields: [(&'static str, Option<Value>); N]) -> Value {
    Value::map(fields.into_iter().filter_map(|(key, value)| Some((key, value?))))
}

fn text(text: Option<&String>) -> Option<Value> {
    text.map(|text| text.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::redacted;

    fn decode(workload: fn(serde_json::Value) -> Workload, json: serde_json::Value) -> Workload {
        workload(json)
    }

    fn account() -> Caller {
        Caller::Account(ObjectName::namespaced("external-secrets", "reader"))
    }

    #[test]
    fn each_provider_is_told_the_service_account_where_it_looks_for_it() {
        let cases = [
            (
                decode(
                    |json| Workload::Aws(serde_json::from_value(json).unwrap()),
                    serde_json::json!({"service": "SecretsManager", "region": "eu-west-1", "role": "arn:r"}),
                ),
                "/aws/auth/jwt/serviceAccountRef/name",
                "eks.amazonaws.com/role-arn",
            ),
            (
                decode(
                    |json| Workload::Gcp(serde_json::from_value(json).unwrap()),
                    serde_json::json!({"projectId": "p", "serviceAccount": "a@p",
                        "cluster": {"location": "l", "name": "c"}}),
                ),
                "/gcpsm/auth/workloadIdentity/serviceAccountRef/name",
                "iam.gke.io/gcp-service-account",
            ),
            (
                decode(
                    |json| Workload::Gcp(serde_json::from_value(json).unwrap()),
                    serde_json::json!({"projectId": "p", "serviceAccount": "a@p", "federationAudience": "//iam"}),
                ),
                "/gcpsm/auth/workloadIdentityFederation/serviceAccountRef/name",
                "iam.gke.io/gcp-service-account",
            ),
            (
                decode(
                    |json| Workload::Azure(serde_json::from_value(json).unwrap()),
                    serde_json::json!({"vaultUrl": "https://v", "tenantId": "t", "clientId": "c"}),
                ),
                "/azurekv/serviceAccountRef/name",
                "azure.workload.identity/client-id",
            ),
        ];
        for (workload, place, annotation) in cases {
            let block = redacted(&workload.block(&account()));
            assert_eq!(block.pointer(place).unwrap(), "reader", "{block}");
            assert!(workload.marks().0.contains_key(annotation), "{workload:?}");
            assert!(workload.missing().is_none() && workload.has_account());
        }
    }

    #[test]
    fn a_credential_is_found_and_takes_the_accounts_place() {
        let vault = serde_json::json!({"server": "https://v", "token": "t"});
        let vault = Workload::Vault(serde_json::from_value(vault).unwrap());
        assert_eq!(vault.credential().unwrap().keys().collect::<Vec<_>>(), ["token"]);
        assert!(!vault.has_account());
        let secret = Caller::Static(ObjectName::namespaced("external-secrets", "v"));
        let block = redacted(&vault.block(&secret));
        assert_eq!(block["vault"]["auth"]["tokenSecretRef"]["key"], "token");
        let aws = serde_json::json!({"service": "ParameterStore", "region": "r", "podIdentity": true});
        let aws = Workload::Aws(serde_json::from_value(aws).unwrap());
        assert!(redacted(&aws.block(&Caller::Operator))["aws"].get("auth").is_none());
    }
}
