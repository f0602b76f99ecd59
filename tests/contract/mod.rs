//! The contract: what External Secrets does, case by case, the same in the rehearsal and on a real cluster.
//!
//! The cases are data (`*.yaml` beside this file). One runner plays them through a [`kube::Client`], so it does not
//! know which cluster it has. `$CASE` in a case is a name of its own, and a namespace of that name is made for it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot go on from")]

mod case;
mod runner;

pub(crate) use case::Case;
pub(crate) use runner::run_all;
