//! 1Password: the credentials and the token of Connect, Connect's API, and the `op` command.
//!
//! The token that a cluster's store is to use is never sent from here: External Secrets sends it, and its verdict is
//! what counts. But a token that is none, that has expired or that can't see a vault is found before anything is
//! written. What an environment itself reads from 1Password goes through [`Connect`] or [`Op`]. No message holds a part
//! of a secret.

mod connect;
mod credentials;
mod item;
mod op;
mod reference;
mod service_account;
mod token;

pub use connect::{Connect, ConnectError, Found};
pub use credentials::{Credentials, CredentialsError, Encoding};
pub use item::{Content, Item, ItemError};
pub use op::{Op, OpError};
pub use reference::{Reference, ReferenceError};
pub use service_account::{ServiceAccountError, service_account_token};
pub use token::{Token, TokenError};
