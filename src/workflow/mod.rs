//! The verbs: the whole story of each in one screen.
//!
//! A verb takes its [`Surroundings`] and the stacks of the program, tells what happens through events and returns
//! what became of it. It prints nothing and asks nobody: where a person is to decide, a verb stops between a plan
//! and its execution, and the caller goes on.

mod apply;
pub mod charts;
mod destroy;
mod error;
mod load;
mod needs;
mod made_up;
mod placeholders;
mod ready;
mod rehearse;
mod refresh;
mod secrets;
mod stage;
mod surroundings;
#[cfg(test)]
mod tests;
mod verify;

pub use apply::{UpReport, up};
pub use destroy::{DestroyReport, destroy};
pub use error::{Failures, Problems, Reads, WorkflowError};
pub use load::{Cluster, Loaded, Secrets, editor_schema, load, open};
pub use refresh::{Refreshed, refresh};
pub use rehearse::{
    Act, Bar, ChartUsed, Ended, Fault, Fetched, KeptCluster, Known, Performance, Rehearsal, Shortfall, Tier,
    Trial, Trust, TrustNode, UnknownFault, combinations, fetch, keep, rehearse, trials, trust,
};
pub use secrets::SecretFile;
pub use stage::{Checked, Planned, Stage, outputs, preview, unlock};
pub use surroundings::Surroundings;
pub use verify::verify;
