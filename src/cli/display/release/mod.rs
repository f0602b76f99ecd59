//! Releases as helm shows them: tables, JSON, YAML, times in Go's words.

mod columns;
mod encode;
mod object;
mod status;
mod time;

pub(in crate::cli) use columns::columns;
pub(in crate::cli) use encode::{json_line, yaml};
pub(in crate::cli) use object::release_value;
pub(in crate::cli) use status::{ReleaseJson, StatusTable, hooks};
pub(in crate::cli) use time::{ansic, go_time, seconds};
