//! The rules of `.sops.yaml`: who can open a new file, and what in it is encrypted.
//!
//! A [`Configuration`] is read and checked as a whole, also where sops would not look: a regular expression that is
//! none, a recipient that is none, a field that nobody knows. What is wrong is told with its line and column, for a
//! rule that silently never matches is how secrets end up in plain text.

mod configuration;
mod creation_rule;
mod destination;
mod error;
mod key_group;
mod reader;
#[cfg(test)]
mod tests;

pub use configuration::{Configuration, Indents};
pub use creation_rule::CreationRule;
pub use destination::{Destination, DestinationRule, VaultDestination};
pub use error::RulesError;
