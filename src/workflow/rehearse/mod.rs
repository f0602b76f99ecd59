//! `rehearse`: the whole life of an environment on a cluster in memory, the disaster included, and its faults.
//!
//! An act is what a user does: bring up, bring up again, lose the cluster and bring up, take down. A trial is one act
//! under a fault, or a combination of some. Time in the cluster is simulated: waits take no real time.

mod act;
mod alarm;
mod combination;
mod content;
mod fault;
mod fetch;
mod mistake;
mod rehearsal;
mod serve;
mod site;
mod stand_in;
mod timeline;
mod trial;
mod trials;
mod trust;

pub use act::{Act, Performance, Shortfall};
pub use combination::combinations;
pub use fault::{Fault, Known, UnknownFault};
pub use fetch::{ChartUsed, Fetched, fetch};
pub use rehearsal::{Rehearsal, rehearse};
pub use serve::{KeptCluster, keep};
pub use timeline::Bar;
pub use trial::{Ended, Trial};
pub use trials::trials;
pub use trust::{Tier, Trust, TrustNode, trust};
