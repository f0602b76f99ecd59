//! From a program's resources to what is there: graph, plan, execution. It knows neither Helm nor External Secrets.
//!
//! [`Graph::build`] adds the edges that nobody should have to write. [`observe`] reads what is there. [`plan`] is
//! pure: it decides, reads nothing and writes nothing, and its [`Plan`] holds no secret. [`execute`] decides nothing:
//! it walks the plan, bounded and concurrent, writes each step down before and after, and stops what depends on a
//! failure, but nothing else. What is left to others: what a resource means ([`crate::resource::Provider`]), where
//! state is kept ([`crate::state`]), and what is said of it ([`crate::event`]).

mod cancel;
mod decide;
mod execute;
mod graph;
mod observe;
mod order;
mod outcome;
mod plan;
mod program;
mod providers;
mod refresh;
mod require;
mod walk;

pub use cancel::{Cancel, Canceller};
pub use decide::plan;
pub use execute::{Execution, execute};
pub use graph::{Because, Edge, Graph, Unmet};
pub use observe::{Observed, ReadError, fetch, observe, prepare};
pub use outcome::{Failure, Outcome, StepError};
pub use plan::{Plan, Step, Summary};
pub use program::{Checked, Program};
pub use providers::Providers;
pub use refresh::refresh;
pub use require::{accesses, conform, defined, kinds_of, needed_kinds, planned_accesses, unmet};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
