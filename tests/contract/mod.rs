//! The contract: what the API server and External Secrets do, case by case, the same in the rehearsal and on a real
//! cluster.
//!
//! The API's cases are in [`api`]. Those of External Secrets are data (`*.yaml` beside this file). One runner plays them through a [`kube::Client`], so it does not
//! know which cluster it has. `$CASE` in a case is a name of its own, and a namespace of that name is made for it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot go on from")]

mod api;
mod case;
mod runner;

pub(crate) use api::judge;
pub(crate) use case::Case;
pub(crate) use runner::run_all;
