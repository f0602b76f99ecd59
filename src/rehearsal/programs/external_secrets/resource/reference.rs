//! What refers to a Secret, a service account, a certificate or a store.

use serde::{Deserialize, Serialize};

/// One key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct KeySelector {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) namespace: Option<String>,
}

/// A service account, and whom its tokens are for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct ServiceAccountSelector {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) audiences: Vec<String>,
}

/// Where the certificate of a server's authority is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct CaProvider {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) namespace: Option<String>,
}

/// A store by name and kind; no kind is a SecretStore.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct StoreReference {
    pub(crate) name: String,
    pub(crate) kind: String,
}
