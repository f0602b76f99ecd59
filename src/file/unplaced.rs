//! A file that is not in its place yet.

use std::{
    ffi::OsString,
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

const ENDING: &str = ".eggtooth";

/// A new file on the file system of its place. Dropped before it is there, it is gone.
pub(super) enum Unplaced {
    /// Without a name: it is gone, too, when the process is killed.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// Under a name of its own beside its place, where the file system knows no other way.
    Named(NamedTempFile),
}

impl Unplaced {
    /// Makes a file with this mode (as the umask has it) on the way to `path`.
    pub(super) fn create(path: &Path, mode: u32) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed(folder_of(path), mode) {
            return Ok(Self::Unnamed(file));
        }
        let (prefix, _) = names_beside(path);
        let file = Builder::new()
            .prefix(&prefix)
            .suffix(ENDING)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder_of(path))?;
        Ok(Self::Named(file))
    }

    pub(super) fn file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => file,
            Self::Named(file) => file.as_file(),
        }
    }

    /// Puts the file in its place, where nothing may be.
    pub(super) fn place(self, path: &Path) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => link(&file, path),
            Self::Named(file) => file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error),
        }
    }

    /// Puts the file in its place, whatever is there.
    pub(super) fn replace(self, path: &Path) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => match link(&file, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    // Linux has no call that puts an unnamed file over another one: for the time of two calls it has
                    // a name of its own, and `sweep` takes away what a kill leaves there.
                    let beside = link_beside(&file, path)?;
                    fs::rename(&beside, path).inspect_err(|_| drop(fs::remove_file(&beside)))
                }
                placed => placed,
            },
            Self::Named(file) => file.persist(path).map(|_| ()).map_err(|error| error.error),
        }
    }
}

/// Deletes what killed writers of `path` left beside it. Whoever calls it is the file's only writer.
pub(super) fn sweep(path: &Path) {
    let (prefix, _) = names_beside(path);
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(ENDING));
        let random = ours.is_some_and(|random| random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if random && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // It is in nobody's way; the next writer tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns how the names on the way to `path` begin, and one such name.
fn names_beside(path: &Path) -> (String, OsString) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    let whole = format!("{prefix}{:016x}{ENDING}", rand::random::<u64>());
    (prefix, whole.into())
}

/// Not all file systems can, and a name for it can be had from `/proc` only.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, mode: u32) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};

    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = File::from(open(folder, flags, Mode::from_raw_mode(mode)).ok()?);
    fs::symlink_metadata(descriptor(&file)).is_ok().then_some(file)
}

#[cfg(target_os = "linux")]
fn descriptor(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd as _;

    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};

    Ok(linkat(CWD, descriptor(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(target_os = "linux")]
fn link_beside(file: &File, path: &Path) -> io::Result<PathBuf> {
    loop {
        let beside = path.with_file_name(names_beside(path).1);
        match link(file, &beside) {
            Ok(()) => return Ok(beside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}
