//! `rehearse`: the whole life of an environment on a cluster in memory, the disaster included, and its faults.
//!
//! An act is what a user does: bring up, bring up again, lose the cluster and bring up, take down. A trial is one act
//! under one fault. Time in the cluster is simulated: waits take no real time.

mod act;
mod content;
mod fault;
mod rehearsal;
mod site;
mod trial;

pub use act::{Act, Performance, Shortfall};
pub use fault::{Fault, UnknownFault};
pub use rehearsal::{Rehearsal, fetch, rehearse};
pub use trial::{Ended, Trial, trial};
