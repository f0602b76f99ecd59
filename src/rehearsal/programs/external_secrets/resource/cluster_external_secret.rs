//! ClusterExternalSecrets.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, StatusOf};

/// A ClusterExternalSecret's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClusterExternalSecret {
    /// The spec of the ExternalSecrets, given on as it is.
    pub(crate) external_secret_spec: Value,
    pub(crate) external_secret_name: String,
    #[serde(rename = "externalSecretMetadata")]
    pub(crate) metadata: ExternalSecretMetadata,
    pub(crate) namespace_selector: Option<LabelSelector>,
    pub(crate) namespace_selectors: Vec<LabelSelector>,
    pub(crate) namespaces: Vec<String>,
    #[serde(rename = "refreshTime")]
    pub(crate) refresh_interval: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ExternalSecretMetadata {
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// A ClusterExternalSecret's status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClusterExternalSecretStatus {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) external_secret_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed_namespaces: Vec<NamespaceFailure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) provisioned_namespaces: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) conditions: Vec<Condition>,
}

/// A namespace that could not be provisioned.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct NamespaceFailure {
    pub(crate) namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reason: String,
}

impl StatusOf for ClusterExternalSecret {
    type Status = ClusterExternalSecretStatus;
}
