//! The folder of one run: logs and sockets on disk, everything secret or short-lived in memory.
//!
//! A folder belongs to whoever holds the lock in it, so that the next run can remove those of runs that were killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Names the run's folder to the stages inside and to the processes of pods.
pub(crate) const VARIABLE: &str = "EGGTOOTH_CLUSTER_RUN";

/// A run's folder while the run lives.
pub(crate) struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    pub(crate) fn create() -> Self {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster");
        fs::create_dir_all(&parent).unwrap();
        // Two runs that start at once must not take each other's new folder for an abandoned one.
        let starting = File::create(parent.with_extension("lock")).unwrap();
        starting.lock().unwrap();
        remove_abandoned(&parent);
        // Process ids repeat in nested namespaces, so they name no folder.
        let path = tempfile::Builder::new().prefix("run-").tempdir_in(&parent).unwrap().keep();
        fs::create_dir_all(path.join("memory")).unwrap();
        let lock = File::create(path.join("lock")).unwrap();
        lock.lock().unwrap();
        Self { path, _lock: lock }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder, or keeps its logs for whoever looks into a failure until the next run.
    pub(crate) fn close(self, keep: bool) {
        if keep {
            eprintln!("logs are kept in {} until the next run", self.path.display());
        } else {
            // A process that is just ending may still write; what stays is removed by the next run.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The folder of the run that this process belongs to.
pub(crate) fn current() -> PathBuf {
    PathBuf::from(std::env::var_os(VARIABLE).expect("only processes inside of a run ask for its folder"))
}

/// A folder in memory, gone with the run: etcd's data, mounted Secrets, tokens.
pub(crate) fn memory() -> PathBuf {
    current().join("memory")
}

fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).unwrap().flatten() {
        let abandoned = File::open(entry.path().join("lock")).map_or(true, |lock| lock.try_lock().is_ok());
        if abandoned {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
