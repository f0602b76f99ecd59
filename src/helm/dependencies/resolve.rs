//! From ranges to versions.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::lock::Locked;
use super::pack;
use super::update::{Signatures, UpdateError, Updater};
use crate::helm::chart::{Chart, Dependency};
use crate::helm::provenance::verify;
use crate::helm::repository::{Download, RepositoryError, Wanted};
use crate::helm::version::is_compatible;

/// A dependency for which no version was found.
#[derive(Clone, Debug)]
pub struct Unresolved {
    /// Its name.
    pub name: String,
    /// Where it was looked for.
    pub repository: String,
    /// What was looked for.
    pub version: String,
}

/// What becomes of a dependency.
pub(super) enum Resolved {
    /// It is a folder in `charts/` and stays there.
    Stays(Locked),
    /// It becomes this file in `charts/`.
    Archive { locked: Locked, file: String, bytes: Vec<u8>, from: Option<String>, unsigned: bool },
    /// There is none that fits.
    Nothing(Unresolved),
}

impl Resolved {
    pub(super) fn locked(&self) -> Option<&Locked> {
        match self {
            Self::Stays(locked) | Self::Archive { locked, .. } => Some(locked),
            Self::Nothing(_) => None,
        }
    }
}

/// Finds what a dependency of the chart in `folder` means, and gets it.
pub(super) async fn resolve(
    updater: &Updater<'_>,
    dependency: &Dependency,
    now: Timestamp,
) -> Result<Resolved, UpdateError> {
    let folder = updater.folder;
    let locked = |version: String| Locked {
        name: dependency.name.clone(),
        version,
        repository: dependency.repository.clone(),
    };
    let nothing = || {
        Resolved::Nothing(Unresolved {
            name: dependency.name.clone(),
            repository: dependency.repository.clone(),
            version: dependency.version.clone(),
        })
    };
    if dependency.repository.is_empty() {
        let path = folder.join("charts").join(&dependency.name);
        let chart = open(&path)?;
        let version = chart.metadata.version;
        let fits = is_compatible(&dependency.version, &version);
        return Ok(if fits { Resolved::Stays(locked(version)) } else { nothing() });
    }
    if let Some(path) = dependency.repository.strip_prefix("file://") {
        let path = if path.starts_with('/') { PathBuf::from(path) } else { folder.join(path) };
        let chart = |source| UpdateError::Chart { path: path.clone(), source };
        let files = Chart::files_at(&path).map_err(chart)?;
        let metadata = Chart::from_files(files.clone()).map_err(chart)?.metadata;
        if !is_compatible(&dependency.version, &metadata.version) {
            return Ok(nothing());
        }
        let bytes = pack::pack(&metadata.name, &files)
            .map_err(|source| UpdateError::Write { path: path.clone(), source })?;
        return Ok(Resolved::Archive {
            file: format!("{}-{}.tgz", metadata.name, metadata.version),
            locked: locked(metadata.version),
            bytes,
            from: None,
            unsigned: false,
        });
    }
    let download = match fetch(updater, dependency).await {
        Ok(download) => download,
        Err(RepositoryError::NotFound { .. }) => return Ok(nothing()),
        Err(source) => {
            return Err(UpdateError::Repository { name: dependency.name.clone(), source: Box::new(source) });
        }
    };
    Ok(Resolved::Archive {
        unsigned: prove(&updater.signatures, &dependency.name, &download, now)?,
        locked: locked(download.version.unwrap_or_default()),
        file: download.file,
        bytes: download.archive.bytes().to_vec(),
        from: Some(dependency.repository.clone()),
    })
}

/// Fetches the archive, with its signature where that is wanted and there is one.
async fn fetch(updater: &Updater<'_>, dependency: &Dependency) -> Result<Download, RepositoryError> {
    let mut wanted = wanted(dependency);
    wanted.provenance = !matches!(updater.signatures, Signatures::Unseen);
    match updater.finder.download(&wanted).await {
        // The archive is there, for else it is said that it was not found; so it is the signature that is not.
        Err(RepositoryError::Status { status: 404 | 410, .. }) if wanted.provenance => {
            wanted.provenance = false;
            updater.finder.download(&wanted).await
        }
        other => other,
    }
}

/// Proves the signature where that is wanted; says whether there is none where there need not be one.
fn prove(
    signatures: &Signatures,
    name: &str,
    download: &Download,
    now: Timestamp,
) -> Result<bool, UpdateError> {
    let (keyring, must) = match signatures {
        Signatures::Unseen => return Ok(false),
        Signatures::WhereThere(keyring) => (keyring, false),
        Signatures::Wanted(keyring) => (keyring, true),
    };
    match &download.provenance {
        None if must => Err(UpdateError::Unsigned(name.to_owned())),
        None => Ok(true),
        Some(provenance) => {
            verify(download.archive.bytes(), &download.file, provenance, keyring, now).map_err(|source| {
                UpdateError::Provenance { name: name.to_owned(), source: Box::new(source) }
            })?;
            Ok(false)
        }
    }
}

fn open(path: &Path) -> Result<Chart, UpdateError> {
    Chart::open(path).map_err(|source| UpdateError::Chart { path: path.to_owned(), source })
}

/// `@NAME` and `alias:NAME` mean a repository that has a name on this machine.
fn wanted(dependency: &Dependency) -> Wanted {
    let repository = dependency.repository.as_str();
    let named = repository.strip_prefix('@').or_else(|| repository.strip_prefix("alias:"));
    let version = Some(dependency.version.clone());
    match named {
        Some(named) => {
            Wanted { reference: format!("{named}/{}", dependency.name), version, ..Wanted::default() }
        }
        None => Wanted {
            reference: dependency.name.clone(),
            repository: Some(repository.to_owned()),
            version,
            ..Wanted::default()
        },
    }
}
