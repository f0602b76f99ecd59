//! The files that a container sees through its volumes.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use zeroize::Zeroizing;

/// A file's content, which may be secret.
type Content = Arc<Zeroizing<Vec<u8>>>;

/// A container's mounted files by absolute path; cheap to clone, and every clone sees the same files.
///
/// The node changes them as a kubelet does: some time after a Secret or ConfigMap changed, and never below a `subPath`.
#[derive(Clone, Default)]
pub struct Mounts(Arc<Mutex<BTreeMap<String, Content>>>);

impl Mounts {
    /// Returns a file's content as it is now.
    pub fn read(&self, path: &str) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        self.files().get(path).cloned()
    }

    /// Returns the paths of all files.
    pub fn paths(&self) -> Vec<String> {
        self.files().keys().cloned().collect()
    }

    /// Replaces the files at and below a mount path, all at once; the paths are whole ones.
    pub fn replace(&self, mount: &str, files: BTreeMap<String, Vec<u8>>) {
        let mut all = self.files();
        all.retain(|path, _| !is_below(path, mount) || files.contains_key(path));
        for (path, content) in files {
            if all.get(&path).is_none_or(|old| ***old != content) {
                all.insert(path, Arc::new(Zeroizing::new(content)));
            }
        }
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Content>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Mounts").field(&self.paths()).finish()
    }
}

fn is_below(path: &str, mount: &str) -> bool {
    path.strip_prefix(mount.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_replaces_the_files_of_its_mount_and_no_others() {
        let file =
            |path: &str, content: &str| BTreeMap::from([(path.to_owned(), content.as_bytes().to_vec())]);
        let mounts = Mounts::default();
        mounts.replace("/tls", file("/tls/a", "1"));
        mounts.replace("/tls-other", file("/tls-other/b", "2"));
        mounts.replace("/tls", file("/tls/c", "3"));
        assert_eq!(mounts.paths(), ["/tls-other/b", "/tls/c"]);
        assert_eq!(mounts.read("/tls/c").unwrap().as_slice(), b"3");
        assert!(!format!("{mounts:?}").contains('3'));
    }
}
