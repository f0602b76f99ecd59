//! The API of Pulumi ESC, as far as environments are opened by it.
//!
//! An environment is opened, which makes a session, and read by that session: two requests, however many values there
//! are. Secrets and unknown values come marked.

mod access_token;
mod answer;
mod client;

pub use access_token::{AccessTokenError, access_token};
pub use client::{Address, PulumiEsc, PulumiEscError};
