//! A file as it was read.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{FileError, replacement::Replacement, unplaced::sweep};

/// A file with the content that it was read with. The content may be secret, so it is zeroized.
pub struct Original {
    /// The file itself, where the path that was given leads over links.
    path: PathBuf,
    content: Zeroizing<Vec<u8>>,
}

impl Original {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let read = |source| FileError::Read { path: path.to_owned(), source };
        // A link must not be replaced by a file: what it leads to is.
        let target = fs::canonicalize(path).map_err(read)?;
        let content = fs::read(&target).map(Zeroizing::new).map_err(read)?;
        Ok(Self { path: target, content })
    }

    /// Returns what was read.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Replaces the file, whose mode and owner stay, unless it holds something else than what was read.
    ///
    /// Nothing is written where `content` is what the file holds. Says whether it was.
    pub fn replace(&self, content: &[u8]) -> Result<bool, FileError> {
        let current = self.lock()?;
        if content == self.content() {
            return Ok(false);
        }
        let metadata = current.metadata().map_err(|source| self.failed(source))?;
        let replacement = Replacement::like(&self.path, &metadata, content)?;
        replacement.commit()?;
        // The lock makes us the only writer, so nothing of this is on its way any more.
        sweep(&self.path);
        Ok(true)
    }

    /// Opens the file for us alone, and makes sure that it is still what was read. The lock ends with the handle.
    fn lock(&self) -> Result<File, FileError> {
        let mut file = File::open(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => FileError::Changed { path: self.path.clone() },
            _ => self.failed(error),
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FileError::Busy { path: self.path.clone() }),
            // Some network file systems have no locks; what was read is compared all the same.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(self.failed(error)),
        }
        let mut content = Zeroizing::new(Vec::with_capacity(self.content.len()));
        file.read_to_end(&mut content).map_err(|source| self.failed(source))?;
        // Between opening and locking another writer may have put a new file in the place of this one.
        if *content != *self.content || !is_at(&file, &self.path) {
            return Err(FileError::Changed { path: self.path.clone() });
        }
        Ok(file)
    }

    fn failed(&self, source: io::Error) -> FileError {
        FileError::Write { path: self.path.clone(), source }
    }
}

/// Says whether the path leads to this very file.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |data: &fs::Metadata| (data.dev(), data.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(file), Ok(path)) if identity(&file) == identity(&path))
}
