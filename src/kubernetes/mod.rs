//! The Kubernetes API: connection, discovery, manifests, server-side apply, comparison, waiting, and the provider
//! of single objects.
//!
//! The cluster is the truth. What is wanted and what is there are compared at the fields that our manager owns;
//! the server merges and refuses; nothing is forced. It knows neither Helm nor External Secrets: both stand on it.
//! No body is logged.

mod apply;
mod client;
mod connect;
mod discovery;
mod error;
mod identity;
mod list;
mod manifest;
mod object;
mod status;
mod watch;
mod wait;
mod trouble;
mod readiness;
mod order;
mod delete;

pub use apply::ApplyOptions;
pub use client::Client;
pub use connect::Target;
pub use delete::Propagation;
pub use discovery::{ApiResource, Discovery};
pub use error::{Conflict, KubernetesError};
pub use identity::ServerVersion;
pub use list::Selection;
pub use manifest::{Key, Manifest};
pub use order::{Rank, install_rank, uninstall_rank, waves};
pub use readiness::{Condition, Readiness};
pub use status::{Cause, Details, Status};
pub use wait::WaitOptions;
pub use watch::Watched;
