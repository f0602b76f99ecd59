//! Sections of `name = value`, as the library that sops uses (go-ini) reads and writes them.

mod read;
mod write;

pub(super) use read::{extract_metadata, read};
pub(super) use write::{quote_name, quote_value, write, write_comment, write_section};

/// The section of the names that stand before any other.
const DEFAULT: &str = "DEFAULT";
