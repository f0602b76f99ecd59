//! A Kubernetes cluster in memory: API server, controllers, node and network in this process, in virtual time.
//!
//! It lets a whole bootstrap run without a cluster. A [`Cluster`] hands out a [`kube::Client`] like any other, and in
//! a runtime whose time is paused, minutes of waiting pass by themselves in milliseconds. [`Workers`] make workloads
//! run in it. What it leaves out is said in the modules.

mod api;
mod builder;
mod cache;
mod cluster;
mod error;
mod faults;
mod merge;
pub mod network;
pub mod node;
mod port;
pub mod programs;
mod schema;
mod serving;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod webhooks;
mod workers;
mod workloads;

pub use api::{ServiceReference, WebhookCaller};
pub use builder::ClusterBuilder;
pub use cluster::Cluster;
pub use error::RehearsalError;
pub use faults::{Effect, Fault, Faults};
pub use port::Port;
pub use serving::Serving;
pub use workers::{Workers, WorkersBuilder};
