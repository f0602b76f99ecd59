//! Google Secret Manager.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Caller, present, text};
use crate::resource::Value;
use crate::secret::Secret;

/// Access to a project's Secret Manager.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Gcp {
    /// The project of the secrets.
    pub project_id: String,
    /// The address of Google's service account to read as.
    pub service_account: Option<String>,
    /// The GKE cluster, for its Workload Identity.
    pub cluster: Option<GcpCluster>,
    /// The audience of a workload identity pool's provider, for a cluster that is not GKE's.
    pub federation_audience: Option<String>,
    /// The JSON key of a service account, which does not change by itself.
    pub credentials: Option<Secret<String>>,
}

/// A cluster of GKE.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GcpCluster {
    /// The cluster's project; that of the secrets when absent.
    pub project_id: Option<String>,
    /// Its zone or region.
    pub location: String,
    /// Its name.
    pub name: String,
}

impl Gcp {
    pub(super) fn block(&self, caller: &Caller) -> Value {
        let auth = match (caller.reference(), &self.cluster) {
            (Some(account), Some(cluster)) => {
                let project = cluster.project_id.as_ref().unwrap_or(&self.project_id);
                let identity = Value::map([
                    ("serviceAccountRef", account),
                    ("clusterLocation", cluster.location.as_str().into()),
                    ("clusterName", cluster.name.as_str().into()),
                    ("clusterProjectID", project.as_str().into()),
                ]);
                Some(Value::map([("workloadIdentity", identity)]))
            }
            (Some(account), None) => {
                let identity = present([
                    ("audience", text(self.federation_audience.as_ref())),
                    ("serviceAccountRef", Some(account)),
                    ("gcpServiceAccountEmail", text(self.service_account.as_ref())),
                ]);
                Some(Value::map([("workloadIdentityFederation", identity)]))
            }
            (None, _) => caller
                .key("credentials.json")
                .map(|key| Value::map([("secretRef", Value::map([("secretAccessKeySecretRef", key)]))])),
        };
        present([("projectID", Some(self.project_id.as_str().into())), ("auth", auth)])
    }

    pub(super) fn credential(&self) -> Option<BTreeMap<String, Secret<String>>> {
        Some([("credentials.json".to_owned(), self.credentials.clone()?)].into())
    }
}
