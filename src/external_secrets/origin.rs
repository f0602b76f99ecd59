//! Who answers behind a store.

use std::fmt;

use super::{Access, Workload};

/// The service that a store's secrets come from; what its errors mean depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A Connect server of 1Password.
    Connect,
    /// 1Password itself.
    OnePassword,
    /// Pulumi ESC.
    PulumiEsc,
    /// The API server of a cluster.
    Kubernetes,
    /// AWS Secrets Manager or Parameter Store.
    Aws,
    /// Google Secret Manager.
    Gcp,
    /// Azure Key Vault.
    Azure,
    /// Vault or OpenBao.
    Vault,
}

impl Access {
    /// Returns who answers.
    pub fn origin(&self) -> Origin {
        match self {
            Self::OnePassword(_) => Origin::Connect,
            Self::OnePasswordSdk(_) => Origin::OnePassword,
            Self::PulumiEsc(_) => Origin::PulumiEsc,
            Self::Kubernetes(_) => Origin::Kubernetes,
            Self::Workload(Workload::Aws(_), _) => Origin::Aws,
            Self::Workload(Workload::Gcp(_), _) => Origin::Gcp,
            Self::Workload(Workload::Azure(_), _) => Origin::Azure,
            Self::Workload(Workload::Vault(_), _) => Origin::Vault,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "Connect",
            Self::OnePassword => "1Password",
            Self::PulumiEsc => "Pulumi",
            Self::Kubernetes => "the API server",
            Self::Aws => "AWS",
            Self::Gcp => "Google Cloud",
            Self::Azure => "Azure",
            Self::Vault => "Vault",
        })
    }
}
