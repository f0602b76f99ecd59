//! The key pairs that a cluster's controller has.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret as KubernetesSecret;
use kube::{
    ResourceExt as _,
    api::{Api, ListParams},
};

use super::{KEY_LABEL, KeyPair, SealedSecretsError};
use crate::kubernetes::Client;
use crate::secret::Secret;

/// Returns the pairs in the controller's namespace, oldest first; one that is broken is an error.
pub async fn key_pairs(
    client: &Client,
    namespace: &str,
    now: Timestamp,
) -> Result<Vec<KeyPair>, SealedSecretsError> {
    let secrets: Api<KubernetesSecret> = Api::namespaced(client.kube(), namespace);
    let found = secrets.list(&ListParams::default().labels(KEY_LABEL)).await;
    let found = found.map_err(|source| SealedSecretsError::Cluster {
        namespace: namespace.to_owned(),
        source: Box::new(source),
    })?;
    let mut pairs = Vec::new();
    for secret in found.items {
        let name = secret.name_any();
        let text = |key: &str| {
            let bytes = secret.data.as_ref().and_then(|data| data.get(key));
            bytes.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned()).unwrap_or_default()
        };
        let pair = KeyPair { certificate: text("tls.crt"), key: Secret::new(text("tls.key")) };
        match pair.check(now) {
            Ok(certificate) => pairs.push((certificate.not_before, pair)),
            Err(source) => return Err(SealedSecretsError::ClusterPair { name, source: Box::new(source) }),
        }
    }
    pairs.sort_by_key(|(made, _)| *made);
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
}
