//! The providers: 1Password Connect, Kubernetes, Pulumi ESC and the fake one, each with the calls and the words of the
//! operator's.

mod client;
mod connect;
mod fake;
mod find;
mod http;
mod kubernetes;
mod open;
mod pulumi;
mod secret_key;

pub(super) use client::{Access, ProviderClient, Validation};
pub(super) use fake::FakeSecrets;
pub(super) use open::{Around, capabilities, check_pulumi, open};
