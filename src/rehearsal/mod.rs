//! A Kubernetes cluster in memory: API server, controllers, node and network in this process, in virtual time.
//!
//! It lets a whole bootstrap run without a cluster. What it leaves out is said in the modules.

pub mod network;
pub mod programs;
