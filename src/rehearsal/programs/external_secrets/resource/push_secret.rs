//! PushSecrets.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, StatusOf, external_secret::Template};

/// A PushSecret's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushSecret {
    pub(crate) refresh_interval: Option<String>,
    pub(crate) secret_store_refs: Vec<PushStore>,
    pub(crate) update_policy: PushUpdate,
    pub(crate) deletion_policy: PushDeletion,
    pub(crate) selector: PushSelector,
    pub(crate) data: Vec<PushData>,
    pub(crate) template: Option<Template>,
}

/// Stores by name or by labels.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushStore {
    pub(crate) name: String,
    pub(crate) label_selector: Option<LabelSelector>,
    pub(crate) kind: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum PushUpdate {
    #[default]
    Replace,
    IfNotExists,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum PushDeletion {
    Delete,
    #[default]
    None,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushSelector {
    pub(crate) secret: Option<PushSource>,
    pub(crate) generator_ref: Option<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PushSource {
    pub(crate) name: String,
    pub(crate) selector: Option<LabelSelector>,
}

/// One value to push. The status keeps it as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushData {
    #[serde(rename = "match")]
    pub(crate) matched: PushMatch,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) conversion_strategy: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushMatch {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) secret_key: String,
    pub(crate) remote_ref: PushRemote,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushRemote {
    pub(crate) remote_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) property: String,
}

/// What has been pushed: by `Kind/name` of the store, then by key and property there.
pub(crate) type Synced = BTreeMap<String, BTreeMap<String, PushData>>;

/// A PushSecret's status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushSecretStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_time: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) synced_resource_version: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) synced_push_secrets: Synced,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) conditions: Vec<Condition>,
}

impl StatusOf for PushSecret {
    type Status = PushSecretStatus;
}

impl PushData {
    /// Returns what the status calls it.
    pub(crate) fn reference(&self) -> String {
        let remote = &self.matched.remote_ref;
        if remote.property.is_empty() {
            remote.remote_key.clone()
        } else {
            format!("{}/{}", remote.remote_key, remote.property)
        }
    }
}
