//! age identities and recipients, and where they are found.
//!
//! SOPS documents and the sealed part of the state are opened with [`Identities`]: all keys of all sources at once,
//! as sops looks for them. What cannot be read matters only if nothing opens; then the error names every source and
//! key, public parts only. The process environment comes in as a value, so nothing here reads it behind anyone's back.

mod callbacks;
mod environment;
mod error;
mod hybrid;
mod identities;
mod identity;
mod plugin;
mod recipient;
mod sources;
#[cfg(test)]
mod tests;

pub use callbacks::Passphrases;
pub use environment::ProcessEnvironment;
pub use error::{Error, NoKey, SourceError, SourceProblem, Tried};
pub use identities::Identities;
pub use identity::{Identity, Origin};
pub use recipient::{Recipient, seal};
