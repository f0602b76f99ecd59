//! A new content on its way to its place.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use super::{
    FileError,
    unplaced::{Unplaced, folder_of},
};

/// Who can read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Its owner only.
    Private,
    /// As the process's umask has it.
    Usual,
}

/// Writes a new file; one that is there already is an error.
pub fn create(path: &Path, content: &[u8], privacy: Privacy) -> Result<(), FileError> {
    let replacement = Replacement::new(path, content, privacy)?;
    let Replacement { file, path } = replacement;
    match file.place(&path) {
        Ok(()) => settle(&path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::Exists { path }),
        Err(source) => Err(FileError::Write { path, source }),
    }
}

/// Writes a file, whatever was there: a regular file is replaced and keeps its mode and owner; into anything else, as a
/// pipe or a device, the content goes as it is.
pub fn write(path: &Path, content: &[u8], privacy: Privacy) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Replacement::new(path, content, privacy)?.commit();
        }
        Err(error) => return Err(failed(error)),
    };
    if !metadata.is_file() {
        let mut file = File::options().write(true).open(path).map_err(failed)?;
        return file.write_all(content).map_err(failed);
    }
    let target = fs::canonicalize(path).map_err(failed)?;
    Replacement::like(&target, &metadata, content)?.commit()
}

/// A complete file on its way to the place of another. Dropped before that, it is gone.
pub(super) struct Replacement {
    file: Unplaced,
    path: PathBuf,
}

impl Replacement {
    /// Writes what replaces the file at `path`, with that file's mode and owner.
    pub(super) fn like(path: &Path, metadata: &Metadata, content: &[u8]) -> Result<Self, FileError> {
        // Nobody else can read it before it has its owner.
        let replacement = Self::prepare(path, content, 0o600)?;
        replacement.give_to(metadata)?;
        let mode = Permissions::from_mode(metadata.permissions().mode() & 0o7777);
        replacement.file.file().set_permissions(mode).map_err(|source| replacement.failed(source))?;
        replacement.synced()
    }

    fn new(path: &Path, content: &[u8], privacy: Privacy) -> Result<Self, FileError> {
        let mode = match privacy {
            Privacy::Private => 0o600,
            Privacy::Usual => 0o666,
        };
        Self::prepare(path, content, mode)?.synced()
    }

    fn prepare(path: &Path, content: &[u8], mode: u32) -> Result<Self, FileError> {
        let failed = |source| FileError::Write { path: path.to_owned(), source };
        let file = Unplaced::create(path, mode).map_err(failed)?;
        file.file().write_all(content).map_err(failed)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Keeps owner and group. That the group can't be kept costs its members the file, but nobody's secret.
    fn give_to(&self, metadata: &Metadata) -> Result<(), FileError> {
        let own = self.file.file().metadata().map_err(|source| self.failed(source))?;
        if own.gid() != metadata.gid() {
            let _ = fchown(self.file.file(), None, Some(metadata.gid()));
        }
        if own.uid() == metadata.uid() {
            return Ok(());
        }
        fchown(self.file.file(), Some(metadata.uid()), None).map_err(|source| FileError::Owner {
            path: self.path.clone(),
            owner: metadata.uid(),
            source,
        })
    }

    fn synced(self) -> Result<Self, FileError> {
        match self.file.file().sync_all() {
            Ok(()) => Ok(self),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Puts the new file in its place: the one step that anybody can see.
    pub(super) fn commit(self) -> Result<(), FileError> {
        let Self { file, path } = self;
        match file.replace(&path) {
            Ok(()) => settle(&path),
            Err(source) => Err(FileError::Write { path, source }),
        }
    }

    fn failed(&self, source: io::Error) -> FileError {
        FileError::Write { path: self.path.clone(), source }
    }
}

/// Has the folder remember the new name before a power cut could make it forget.
fn settle(path: &Path) -> Result<(), FileError> {
    let sync = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    sync.map_err(|source| FileError::Write { path: path.to_owned(), source })
}
