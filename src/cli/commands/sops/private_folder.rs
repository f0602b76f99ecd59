//! A place for plain text that other programs must see: private, in memory where there is such a place, wiped.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tempfile::{Builder, TempDir};

use super::SopsCommandError;
use crate::keys::ProcessEnvironment;

/// A folder of our own, mode 0700. Dropped, it is wiped.
pub(in crate::cli::commands) struct PrivateFolder {
    folder: TempDir,
    in_memory: bool,
}

impl PrivateFolder {
    /// Makes a folder in memory, else in the system's temporary folder.
    pub(in crate::cli::commands) fn new(environment: &ProcessEnvironment) -> Result<Self, SopsCommandError> {
        let runtime = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
        let places = runtime.into_iter().chain([PathBuf::from("/dev/shm")]);
        for place in places.filter(|place| is_in_memory(place)) {
            // A place that can't be written to is not ours: the next one may be.
            if let Ok(folder) = make(&place) {
                return Ok(Self { folder, in_memory: true });
            }
        }
        Self::temporary(environment)
    }

    /// Makes a folder in the system's temporary folder: for what holds nothing, as a pipe.
    pub(super) fn temporary(environment: &ProcessEnvironment) -> Result<Self, SopsCommandError> {
        let place = environment.get("TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = make(&place).map_err(SopsCommandError::PrivateFolder)?;
        Ok(Self { folder, in_memory: is_in_memory(&place) })
    }

    /// Says whether nothing in it reaches a disk, swap apart.
    pub(super) fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that only its owner can read.
    pub(in crate::cli::commands) fn write(
        &self,
        name: &Path,
        content: &[u8],
    ) -> Result<PathBuf, SopsCommandError> {
        let path = self.path().join(name);
        let write = || {
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(content)
        };
        write().map_err(SopsCommandError::PrivateFolder)?;
        Ok(path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What can't be wiped is still deleted with the folder.
        let _ = wipe(self.path());
    }
}

fn make(place: &Path) -> io::Result<TempDir> {
    Builder::new().prefix("eggtooth-").permissions(Permissions::from_mode(0o700)).tempdir_in(place)
}

/// Overwrites all files of a folder: editors leave backups and swap files beside the one that they were given.
fn wipe(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.is_dir() {
            wipe(&path)?;
        } else if metadata.is_file() {
            let mut file = File::options().write(true).open(&path)?;
            io::copy(&mut io::Read::take(io::repeat(0), metadata.len()), &mut file)?;
            file.sync_data()?;
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_in_memory(place: &Path) -> bool {
    const TMPFS: i64 = 0x0102_1994;
    const RAMFS: i64 = 0x8584_58f6;
    #[expect(clippy::useless_conversion, reason = "the type of the field differs between processors")]
    let kind = rustix::fs::statfs(place).ok().and_then(|status| i64::try_from(status.f_type).ok());
    kind.is_some_and(|kind| [TMPFS, RAMFS].contains(&kind))
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_and_its_files_are_ours_alone_and_gone_afterwards() {
        let folder = PrivateFolder::new(&ProcessEnvironment::default()).unwrap();
        let file = folder.write(Path::new("a.yaml"), b"a: chirp").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&file)), (0o700, 0o600));
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_wiped_is_overwritten_in_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, backup) = (folder.path().join("a"), folder.path().join("deep/a~"));
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(&file, "chirp").unwrap();
        fs::write(&backup, "chirp").unwrap();
        wipe(folder.path()).unwrap();
        assert_eq!((fs::read(&file).unwrap(), fs::read(&backup).unwrap()), (vec![0; 5], vec![0; 5]));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_told_from_a_disk() {
        assert!(is_in_memory(Path::new("/dev/shm")));
        assert!(!is_in_memory(Path::new("/proc")));
    }
}
