//! The kinds, with what a request's path needs of each.

/// Their API group.
pub(crate) const GROUP: &str = "external-secrets.io";

/// A kind that the controller reconciles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    SecretStore,
    ClusterSecretStore,
    ExternalSecret,
    ClusterExternalSecret,
    PushSecret,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SecretStore => "SecretStore",
            Self::ClusterSecretStore => "ClusterSecretStore",
            Self::ExternalSecret => "ExternalSecret",
            Self::ClusterExternalSecret => "ClusterExternalSecret",
            Self::PushSecret => "PushSecret",
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::SecretStore => "secretstores",
            Self::ClusterSecretStore => "clustersecretstores",
            Self::ExternalSecret => "externalsecrets",
            Self::ClusterExternalSecret => "clusterexternalsecrets",
            Self::PushSecret => "pushsecrets",
        }
    }

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::PushSecret => "v1alpha1",
            Self::SecretStore
            | Self::ClusterSecretStore
            | Self::ExternalSecret
            | Self::ClusterExternalSecret => "v1",
        }
    }

    pub(crate) fn api_version(self) -> String {
        format!("{GROUP}/{}", self.version())
    }

    /// Returns the store kind that a reference names; none is a SecretStore.
    pub(crate) fn of_store(name: &str) -> Option<Self> {
        match name {
            "" | "SecretStore" => Some(Self::SecretStore),
            "ClusterSecretStore" => Some(Self::ClusterSecretStore),
            _ => None,
        }
    }
}
