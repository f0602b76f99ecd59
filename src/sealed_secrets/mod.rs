//! Sealed Secrets: key pairs of the controller, and sealing without it.
//!
//! A sealed file can be opened by one key pair only, and a controller that finds none makes its own: a new cluster can
//! then read none of the files in git. So the key pair is kept in SOPS, checked here ([`KeyPair::check`]) because the
//! controller ends in a panic over a broken one, and seeded before the controller starts.
//!
//! Sealing ([`Sealer`]) is what `kubeseal` does, and needs the certificate only: for each value a session key under
//! RSA-OAEP with SHA-256, whose label binds it to its [`Scope`], and the value under AES-256-GCM.

mod certificate;
mod cluster;
mod error;
mod key_pair;
mod manifest;
mod scope;
mod seal;
#[cfg(test)]
mod tests;

pub use certificate::Certificate;
pub use cluster::key_pairs;
pub use error::SealedSecretsError;
pub use key_pair::KeyPair;
pub use manifest::{Sealing, seal_manifest};
pub use scope::Scope;
pub use seal::Sealer;

/// The label by which the controller finds its key pairs; `active` is the value of those in use.
pub const KEY_LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";
