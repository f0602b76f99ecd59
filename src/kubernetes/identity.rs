//! Which cluster this really is: the UID of its kube-system namespace, whatever a context calls it.

use serde::Deserialize;

use super::{Client, KubernetesError, client::Call};

/// The server's version.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerVersion {
    /// As `1`.
    pub major: String,
    /// As `35` or `35+`.
    pub minor: String,
    /// As `v1.35.4`.
    pub git_version: String,
}

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    uid: String,
}

impl Client {
    /// Returns the UID of the namespace `kube-system`: the cluster's identity.
    pub async fn cluster_uid(&self) -> Result<String, KubernetesError> {
        let call = Call::get("read the cluster's identity", "/api/v1/namespaces/kube-system");
        Ok(self.json::<Namespace>(call).await?.metadata.uid)
    }

    /// Returns the server's version.
    pub async fn server_version(&self) -> Result<ServerVersion, KubernetesError> {
        self.json(Call::get("read the server's version", "/version")).await
    }

    /// Refuses any cluster but the one of this UID. Returns the UID that was found.
    pub async fn expect_cluster(&self, expected: Option<&str>) -> Result<String, KubernetesError> {
        let found = self.cluster_uid().await?;
        match expected {
            Some(expected) if expected != found => Err(KubernetesError::WrongCluster {
                expected: expected.to_owned(),
                found,
                context: self.context().to_owned(),
            }),
            _ => Ok(found),
        }
    }
}
