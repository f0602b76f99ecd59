//! The Kubernetes API: connection, discovery, manifests, server-side apply, comparison, waiting, and the provider
//! of single objects.
//!
//! The cluster is the truth. What is wanted and what is there are compared at the fields that our manager owns;
//! the server merges and refuses; nothing is forced. It knows neither Helm nor External Secrets: both stand on it.
//! No body is logged.

mod access;
mod apply;
mod blast_radius;
#[cfg(test)]
pub(crate) mod cluster_tests;
mod client;
mod compare;
mod connect;
mod definition;
mod delete;
mod diff;
mod discovery;
mod error;
mod field_set;
mod gone;
mod guard;
mod identity;
mod list;
mod logs;
mod manifest;
mod object;
mod order;
mod permissions;
mod provider;
mod quantity;
mod readiness;
mod schema;
mod server;
mod settled;
mod status;
mod table;
#[cfg(test)]
mod testing;
mod trouble;
mod wait;
mod watch;

pub use access::granting;
pub use apply::ApplyOptions;
pub use client::Client;
pub use compare::{Comparison, Wanted};
pub use connect::Target;
pub use definition::{Definition, Established, Version};
pub use delete::Propagation;
pub use diff::{diff, predicted};
pub use discovery::{ApiResource, Discovery};
pub use error::{Conflict, KubernetesError};
pub use field_set::{FieldSet, Step, Written};
pub use guard::WritingUnder;
pub use identity::ServerVersion;
pub use list::Selection;
pub use manifest::{Key, Manifest};
pub use order::{Rank, install_rank, uninstall_rank, waves};
pub use permissions::Permission;
pub use provider::{KubernetesProvider, MANAGER};
pub use quantity::canonical_quantity;
pub use readiness::{Condition, Readiness};
pub use server::ServerOptions;
pub use settled::Settled;
pub use status::{Cause, Details, Status};
pub use table::Table;
pub use wait::WaitOptions;
pub use watch::Watched;
