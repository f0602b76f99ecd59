//! JSON documents.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::{write, write_any, write_members, write_scalar, write_text};
