//! What people see: plans as trees, progress as lines, verdicts as a summary, errors with their causes.
//!
//! stdout carries what was asked for, stderr the rest. The same words stand in a terminal, in a pipe and in CI; a
//! terminal adds colour and a line that moves.

mod error;
mod lines;
mod plan;
mod rehearsal;
pub(super) mod release;
mod report;
mod style;
mod summary;

pub(super) use error::{chain, error};
pub(super) use lines::{JsonLines, Lines};
pub(super) use plan::{left_out, objects, plan};
pub(super) use rehearsal::{Played, basis, basis_json, rehearsal, rehearsal_json, trials, trials_json};
pub(super) use report::{Report, ReportError, report};
pub(super) use style::Style;
pub(super) use summary::{summary, verdicts};
