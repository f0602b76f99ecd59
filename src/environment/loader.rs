//! Where documents come from.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use crate::diagnostic::Source;
use crate::esc::quote;

/// Gives the text of a document by the environment's name.
pub trait Loader: Send + Sync {
    /// Returns the document; its source's name is the file's as the user knows it.
    fn load(&self, name: &str) -> Result<Source, LoadError>;
}

/// Why a document can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is none of this name.
    #[error("environment {} not found", quote(.name))]
    NotFound {
        /// The environment's name.
        name: String,
    },
    /// The file can't be read.
    #[error("read `{}`: {source}", .path.display())]
    Read {
        /// The file's path.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Documents in a project's folder: `environments/NAME.yaml`.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Returns the documents under `root`, the folder that holds `environments/`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the names of all environments, sorted.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        collect(&self.root.join("environments"), "", &mut names)?;
        names.sort();
        Ok(names)
    }

    /// Returns the path of a file that the user knows by `name`.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), names)?;
        } else if let Some(name) = name.strip_suffix(".yaml") {
            names.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

impl Loader for Folder {
    fn load(&self, name: &str) -> Result<Source, LoadError> {
        let not_found = || LoadError::NotFound { name: name.to_owned() };
        if !is_inside(name) {
            return Err(not_found());
        }
        let file = format!("environments/{name}.yaml");
        let path = self.path(&file);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Source::new(file, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_found()),
            Err(source) => Err(LoadError::Read { path, source }),
        }
    }
}

/// A name may have folders in it, but none that leads out of the project.
fn is_inside(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(['\\', '\0'])
        && Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Documents in memory, for tests; a file is named after its environment.
#[derive(Clone, Debug, Default)]
pub struct InMemory(BTreeMap<String, String>);

impl InMemory {
    /// Returns these documents by name.
    pub fn new<N: Into<String>, T: Into<String>>(documents: impl IntoIterator<Item = (N, T)>) -> Self {
        Self(documents.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}

impl Loader for InMemory {
    fn load(&self, name: &str) -> Result<Source, LoadError> {
        let text = self.0.get(name).ok_or_else(|| LoadError::NotFound { name: name.to_owned() })?;
        Ok(Source::new(name, text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_documents_by_name_and_never_leaves_itself() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("environments/eu")).unwrap();
        std::fs::write(root.path().join("environments/eu/prod.yaml"), "values: {}").unwrap();
        std::fs::write(root.path().join("outside.yaml"), "values: {}").unwrap();
        let folder = Folder::new(root.path());
        assert_eq!(folder.names().unwrap(), ["eu/prod"]);
        assert_eq!(&*folder.load("eu/prod").unwrap().name, "environments/eu/prod.yaml");
        for name in ["absent", "../outside", "/etc/passwd", "", "eu/../../outside"] {
            let error = folder.load(name).unwrap_err().to_string();
            assert_eq!(error, format!("environment {} not found", quote(name)));
        }
    }
}
