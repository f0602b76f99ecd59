//! Files that are replaced whole or not at all.
//!
//! A reader sees the old content or the new one, also when the writer is killed in between. An [`Original`] remembers
//! what was read, and replaces the file only while that is what it holds: of two writers, the second is told.
//!
//! A new content has no name until it is complete, so that a killed writer leaves nothing. Where it replaces a file it
//! has one for the time of two system calls, and where the file system has no unnamed files (`O_TMPFILE`) all the while:
//! what is left there then is its owner's alone, and the file's next writer deletes it.

mod error;
mod original;
mod replacement;
#[cfg(test)]
mod tests;
mod unplaced;

pub use error::FileError;
pub use original::Original;
pub use replacement::{Privacy, create, write};
