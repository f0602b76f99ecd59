//! SSH keys: read in the forms that they come in, made anew, and their public halves.
//!
//! Who holds a private key needs nothing else: the public one follows from it. So only private keys are kept, and what
//! is wrong with one is said before it reaches a cluster. Nothing here connects to anything.

mod error;
mod known_hosts;
mod private_key;

pub use error::SshError;
pub use known_hosts::check_known_hosts;
pub use private_key::PrivateKey;
