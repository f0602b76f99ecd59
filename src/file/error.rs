//! What can go wrong with files.

use std::{io, path::PathBuf};

/// Why a file is not read or replaced. The file is then as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file can't be read.
    #[error("read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The new content can't be written.
    #[error("write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a file already, and it must not be overwritten.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else changed the file after it was read.
    #[error("`{}` was changed by somebody else in the meantime: it stays as they left it", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else is about to replace the file.
    #[error("`{}` is just being written by another process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to a user whom we can't make its owner again.
    #[error("give the new `{}` to its owner (user {owner})", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The owner's number.
        owner: u32,
        /// Why not.
        source: io::Error,
    },
}
