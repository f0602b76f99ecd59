//! Where charts come from: a folder, the cache of earlier downloads, a repository over HTTP, or an OCI registry.
//!
//! What a project uses is pinned: each archive must have the digest that `charts.lock` says ([`Charts`]), and one that
//! has another is never opened. What was fetched once is kept under its digest, so a second run needs no network.
//! What a user names on the command line is found by a [`Finder`], as Helm would find it.

mod access;
mod archive;
mod charts;
mod digest;
mod error;
mod find;
mod helper;
mod http;
mod index;
mod kept;
mod oci;
mod patience;
mod schemas;
mod settings;
#[cfg(test)]
mod tests;

pub use access::{Access, Login};
pub use archive::Archive;
pub use charts::{AtHand, Charts};
pub use digest::Digest;
pub use error::RepositoryError;
pub use find::{Download, Finder, Found, Wanted};
pub use settings::Settings;

/// An address may hold a password; what is told of it must not.
fn without_password(address: &str) -> String {
    match reqwest::Url::parse(address) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(None);
            parsed.into()
        }
        _ => address.to_owned(),
    }
}
