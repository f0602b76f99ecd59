//! A mounted volume's files, replaced all at once as a kubelet does.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The files of a volume by their path inside of it.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Writes a volume so that a reader sees either all old files or all new ones.
///
/// `key` is a link to `..data/key`, and `..data` a link to a folder with the version's files: swapping `..data` swaps all.
pub(crate) struct Payload {
    folder: PathBuf,
    written: Option<Files>,
    version: u32,
}

impl Payload {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, written: None, version: 0 }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn write(&mut self, files: Files) -> io::Result<()> {
        if self.written.as_ref() == Some(&files) {
            return Ok(());
        }
        let old = self.folder.join(format!("..{}", self.version));
        self.version += 1;
        let version = format!("..{}", self.version);
        for (path, content) in &files {
            let file = self.folder.join(&version).join(path);
            std::fs::create_dir_all(file.parent().expect("a file lies in a folder"))?;
            std::fs::write(file, content)?;
        }
        std::fs::create_dir_all(self.folder.join(&version))?;
        self.swap(&version)?;
        self.link(&files)?;
        let _ = std::fs::remove_dir_all(old);
        self.written = Some(files);
        Ok(())
    }

    fn swap(&self, version: &str) -> io::Result<()> {
        let fresh = self.folder.join("..data_new");
        let _ = std::fs::remove_file(&fresh);
        symlink(version, &fresh)?;
        std::fs::rename(fresh, self.folder.join("..data"))
    }

    /// Links what the volume shows at its top; links to what has gone are removed.
    fn link(&self, files: &Files) -> io::Result<()> {
        let top = |path: &String| path.split('/').next().unwrap_or(path).to_owned();
        for name in self.written.iter().flatten().map(|(path, _)| top(path)) {
            if !files.keys().any(|path| top(path) == name) {
                let _ = std::fs::remove_file(self.folder.join(name));
            }
        }
        for name in files.keys().map(top) {
            let link = self.folder.join(&name);
            if link.symlink_metadata().is_err() {
                symlink(Path::new("..data").join(&name), link)?;
            }
        }
        Ok(())
    }
}
