//! A Kubernetes cluster in memory: API server, controllers, node and network in this process, in virtual time.
//!
//! It lets a whole bootstrap run without a cluster. What it leaves out is said in the modules.

#[expect(dead_code, unused_imports, reason = "the server that merges by these rules comes next")]
mod merge;
pub mod network;
pub mod programs;
#[expect(dead_code, reason = "the server that stores by these schemas comes next")]
mod schema;
