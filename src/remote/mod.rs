//! Services on the network that are asked with a credential.
//!
//! A [`Service`] keeps three promises for all who ask. The same question is asked once, whatever the answer is. A
//! credential that was refused is never sent again: the first request goes alone, and only when it was let in do
//! others go at the same time. And every request is counted in a [`Meter`], for accounts have limits. Nothing is
//! written but what `sops publish` is asked to write into a [`Vault`].

mod error;
mod meter;
mod said;
mod service;
mod vault;
#[cfg(test)]
mod tests;

pub use error::ServiceError;
pub use meter::Meter;
pub use service::{Credential, Service};
pub use vault::{Vault, VaultEngine, VaultPlace};
