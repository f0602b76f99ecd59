//! Keys of Secrets that a store refers to.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    resource::{KeySelector, Kind},
};

/// Reads a key of a Secret. Only a ClusterSecretStore may name another namespace than that of its user.
pub(super) async fn read(
    client: &Client,
    store: Kind,
    namespace: &str,
    selector: &KeySelector,
) -> Result<Vec<u8>, Failure> {
    let namespace = match (&selector.namespace, store) {
        (Some(named), Kind::ClusterSecretStore) => named,
        _ => namespace,
    };
    let name = &selector.name;
    let during = || format!("cannot get Kubernetes secret {name:?} from namespace {namespace:?}");
    if namespace.is_empty() {
        // client-go refuses to ask.
        let refused = Failure::said("an empty namespace may not be set when a resource name is provided");
        return Err(refused.within(during()));
    }
    let secret = Api::<Secret>::namespaced(client.clone(), namespace).get(name).await;
    let secret = secret.map_err(|error| Failure::from(error).within(during()))?;
    let value = secret.data.unwrap_or_default().remove(&selector.key);
    value
        .map(|value| value.0)
        .ok_or_else(|| Failure::said(format!("cannot find secret data for key: {:?}", selector.key)))
}
