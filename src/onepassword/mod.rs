//! 1Password Connect: what can be known of its credentials and its token without asking anybody.
//!
//! Eggtooth never sends a Connect token: External Secrets does, and its verdict is what counts. But a token that is
//! none, that has expired or that can't see a vault is found here, before anything is written. No message holds a
//! part of a secret.

mod credentials;
mod token;

pub use credentials::{Credentials, CredentialsError, Encoding};
pub use token::{Token, TokenError};
