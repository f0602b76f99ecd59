//! Files that are replaced whole or not at all.
//!
//! A reader sees the old content or the new one, also when the writer is killed in between. An [`Original`] remembers
//! what was read, and replaces the file only while that is what it holds: of two writers, the second is told.

mod error;
mod original;
mod replacement;
#[cfg(test)]
mod tests;

pub use error::FileError;
pub use original::Original;
pub use replacement::{Privacy, create, write};
