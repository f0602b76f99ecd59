//! Provenance: the file beside a chart's archive in which its author signs the archive's digest with OpenPGP.

mod keybox;
mod keyring;
mod verify;

pub use keyring::{Keyring, KeyringError};
pub use verify::{ProvenanceError, Verified, verify};
