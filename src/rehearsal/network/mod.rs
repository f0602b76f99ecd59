//! The cluster's network as a table: who listens where, and which way a name leads there. No sockets.
//!
//! Names and Services lead to pods as the cluster's DNS and kube-proxy would lead them, and what goes wrong reads as
//! Go's network code says it, because programs copy those words into Events and conditions. Only what the table holds
//! can be reached: nothing leaves the process.

mod error;
mod handler;
mod names;
mod network_table;
mod proxy;
mod services;
#[cfg(test)]
mod tests;
mod trust;

pub use error::NetworkError;
pub use handler::Handler;
pub use network_table::{Listening, Network};
pub use services::{Backend, Service};
pub use trust::Trust;

pub(super) use proxy::follow;
