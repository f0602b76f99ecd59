//! State in a folder, for what has no cluster.
//!
//! The lock is the operating system's: it ends with the process that holds it, however that ends.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{BoxFuture, ready};
use sha2::{Digest as _, Sha256};

use super::{Backend, Document, Documents, Holder, Lock, Locked, Revision, StateError, Stored};
use crate::resource::{Access, Forbidden, Permit, Progress};

/// One stack's state in a folder. Calls return at once: files are small and local.
#[derive(Clone, Debug)]
pub struct FileBackend {
    folder: PathBuf,
    environment: String,
    name: String,
}

impl FileBackend {
    /// Returns the state of a stack of an environment in `folder`, which is made on the first write.
    pub fn new(folder: impl Into<PathBuf>, environment: &str, stack: &str) -> Self {
        Self {
            folder: folder.into(),
            environment: environment.to_owned(),
            name: format!("{environment}.{stack}"),
        }
    }

    fn path(&self, document: Document) -> PathBuf {
        self.folder.join(format!("{}.{}.json.gz", self.name, document.name()))
    }

    fn lock_path(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.name))
    }

    fn stored(&self, document: Document) -> Result<Option<Stored>, StateError> {
        let path = self.path(document);
        let bytes = unless_missing(fs::read(&path)).map_err(failed("read", &path))?;
        Ok(bytes.map(|bytes| Stored { revision: revision(&bytes), bytes }))
    }

    fn documents(&self) -> Result<Documents, StateError> {
        Ok(Documents { snapshot: self.stored(Document::Snapshot)?, journal: self.stored(Document::Journal)? })
    }

    /// Makes sure that a document still is the writing that was read.
    fn unchanged(&self, document: Document, revision: Option<&Revision>) -> Result<(), StateError> {
        if self.stored(document)?.map(|stored| stored.revision).as_ref() == revision {
            return Ok(());
        }
        Err(StateError::Conflict { place: self.path(document).display().to_string() })
    }

    fn put(&self, document: Document, bytes: &[u8], over: Option<&Revision>) -> Result<Revision, StateError> {
        self.unchanged(document, over)?;
        let path = self.path(document);
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(failed("write", &path))?;
        Ok(revision(bytes))
    }

    fn take(&self, holder: &Holder) -> Result<Arc<dyn Lock>, StateError> {
        let path = self.lock_path();
        loop {
            let open = || {
                fs::create_dir_all(&self.folder)?;
                File::options().create(true).truncate(false).read(true).write(true).open(&path)
            };
            let mut file = open().map_err(failed("open", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(self.locked(&mut file)?),
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
            }
            // Between opening and locking, `unlock` may have put another file in its place.
            if !is_at(&file, &path) {
                continue;
            }
            let tell = |file: &mut File| {
                file.set_len(0)?;
                file.write_all(&serde_json::to_vec(holder)?)
            };
            tell(&mut file).map_err(failed("write", &path))?;
            return Ok(Arc::new(HeldFile { path, file: Mutex::new(Some(file)) }));
        }
    }

    fn locked(&self, file: &mut File) -> Result<StateError, StateError> {
        let holder = told(file).map_err(failed("read", &self.lock_path()))?;
        Ok(StateError::Locked {
            stack: self.name.clone(),
            holder: Box::new(holder),
            unlock: format!("eggtooth unlock {}", self.environment),
        })
    }

    fn held_by(&self) -> Result<Option<Holder>, StateError> {
        let path = self.lock_path();
        let Some(mut file) = unless_missing(File::open(&path)).map_err(failed("open", &path))? else {
            return Ok(None);
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => told(&mut file).map(Some).map_err(failed("read", &path)),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
        }
    }

    fn clear(&self) -> Result<(), StateError> {
        for path in [self.path(Document::Snapshot), self.path(Document::Journal), self.lock_path()] {
            unless_missing(fs::remove_file(&path)).map_err(failed("delete", &path))?;
        }
        Ok(())
    }
}

impl Backend for FileBackend {
    fn place(&self, document: Document) -> String {
        self.path(document).display().to_string()
    }

    fn read(&self) -> BoxFuture<'_, Result<Documents, StateError>> {
        Box::pin(ready(self.documents()))
    }

    fn write<'a>(
        &'a self,
        document: Document,
        bytes: &'a [u8],
        over: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<Revision, StateError>> {
        Box::pin(ready(self.put(document, bytes, over)))
    }

    fn lock<'a>(&'a self, holder: Holder, _: &'a dyn Progress) -> BoxFuture<'a, Result<Locked, StateError>> {
        let locked = |lock| Ok(Locked { lock, documents: self.documents()?, taken_over: false });
        Box::pin(ready(self.take(&holder).and_then(locked)))
    }

    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        Box::pin(ready(self.held_by()))
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        let unlock = || {
            let holder = self.held_by()?;
            let path = self.lock_path();
            unless_missing(fs::remove_file(&path)).map_err(failed("delete", &path))?;
            Ok(holder)
        };
        Box::pin(ready(unlock()))
    }

    fn accesses(&self, _: bool) -> BoxFuture<'_, Vec<Access>> {
        Box::pin(ready(Vec::new()))
    }

    fn destroy(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(ready(self.clear()))
    }
}

struct HeldFile {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl Permit for HeldFile {
    fn check(&self) -> Result<(), Forbidden> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.as_ref().is_some_and(|file| is_at(file, &self.path)) {
            return Ok(());
        }
        Err(Forbidden { why: format!("the lock {} was taken away", self.path.display()) })
    }
}

impl Lock for HeldFile {
    fn confirm(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(ready(self.check().map_err(StateError::from)))
    }

    fn release(&self) -> BoxFuture<'_, Result<(), StateError>> {
        // Closing the file unlocks it. It stays: deleting it would race with a run that opens it just now.
        self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(ready(Ok(())))
    }
}

fn told(file: &mut File) -> io::Result<Holder> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

/// Says whether the path leads to this very file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |data: &fs::Metadata| (data.dev(), data.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(file), Ok(path)) if identity(&file) == identity(&path))
}

/// Says whether the path leads to this very file: elsewhere a file that is open can't be replaced.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

fn revision(bytes: &[u8]) -> Revision {
    Revision(hex::encode(Sha256::digest(bytes)))
}

fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let place = path.display().to_string();
    move |error| StateError::Backend { act, place, source: error.into() }
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
