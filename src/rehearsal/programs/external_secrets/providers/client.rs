//! One store's provider, ready to be asked.

use k8s_openapi::api::core::v1::Secret;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    resource::{Find, PushData, RemoteReference},
    secret::Data,
};

use super::connect::Connect;
use super::fake::Fake;
use super::kubernetes::Kubernetes;
use super::pulumi::Pulumi;

/// A provider with the credentials of one store.
pub(crate) enum ProviderClient {
    Connect(Connect),
    Kubernetes(Kubernetes),
    Pulumi(Pulumi),
    Fake(Fake),
}

/// What a provider says of a store's credentials.
#[derive(Debug)]
pub(crate) enum Validation {
    Ready,
    /// They could not be checked.
    Unknown(Failure),
    /// They do not work.
    Error(Failure),
}

/// What a store can do, as its status says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

impl Access {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "ReadOnly",
            Self::ReadWrite => "ReadWrite",
        }
    }
}

impl ProviderClient {
    /// Checks the credentials as deep as the provider does; Pulumi's checks nothing.
    pub(crate) async fn validate(&self) -> Validation {
        match self {
            Self::Connect(connect) => connect.validate().await,
            Self::Kubernetes(kubernetes) => kubernetes.validate().await,
            Self::Pulumi(_) => Validation::Ready,
            Self::Fake(fake) => fake.validate(),
        }
    }

    /// Returns one value.
    pub(crate) async fn secret(&self, reference: &RemoteReference) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Connect(connect) => connect.secret(reference).await,
            Self::Kubernetes(kubernetes) => kubernetes.secret(reference).await,
            Self::Pulumi(pulumi) => pulumi.secret(reference).await,
            Self::Fake(fake) => fake.secret(reference),
        }
    }

    /// Returns all values of one key: `dataFrom[].extract`.
    pub(crate) async fn extract(&self, reference: &RemoteReference) -> Result<Data, Failure> {
        match self {
            Self::Connect(connect) => connect.extract(reference).await,
            Self::Kubernetes(kubernetes) => kubernetes.extract(reference).await,
            Self::Pulumi(pulumi) => pulumi.extract(reference).await,
            Self::Fake(fake) => fake.extract(reference),
        }
    }

    /// Returns the values of all keys that fit: `dataFrom[].find`.
    pub(crate) async fn find(&self, wanted: &Find) -> Result<Data, Failure> {
        match self {
            Self::Connect(connect) => connect.find(wanted).await,
            Self::Kubernetes(kubernetes) => kubernetes.find(wanted).await,
            Self::Pulumi(_) => Err(Failure::said("getting all secrets is currently not supported by Pulumi")),
            Self::Fake(fake) => fake.find(wanted),
        }
    }

    /// Writes one entry of a PushSecret; `secret` is the source with its keys converted.
    pub(crate) async fn push(&self, secret: &Secret, data: &Data, entry: &PushData) -> Result<(), Failure> {
        match self {
            Self::Connect(connect) => connect.push(data, entry).await,
            Self::Kubernetes(kubernetes) => kubernetes.push(secret, data, entry).await,
            Self::Pulumi(pulumi) => pulumi.push(data, entry).await,
            Self::Fake(fake) => fake.push(data, entry),
        }
    }

    /// Takes one entry of a PushSecret away again.
    pub(crate) async fn delete(&self, entry: &PushData) -> Result<(), Failure> {
        match self {
            Self::Connect(connect) => connect.delete(entry).await,
            Self::Kubernetes(kubernetes) => kubernetes.delete(entry).await,
            Self::Pulumi(_) => Err(Failure::said("deleting secrets is currently not supported by Pulumi")),
            Self::Fake(_) => Ok(()),
        }
    }

    /// Tells whether an entry of a PushSecret is there.
    pub(crate) fn exists(&self, entry: &PushData) -> Result<bool, Failure> {
        match self {
            Self::Connect(_) | Self::Kubernetes(_) => Err(Failure::said("not implemented")),
            Self::Pulumi(_) => Err(Failure::said("pushing secrets is currently not supported by Pulumi")),
            Self::Fake(fake) => Ok(fake.exists(entry)),
        }
    }
}
