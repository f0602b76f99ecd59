//! `helm dependency update` and `build`: `charts/` as `Chart.yaml` or `Chart.lock` says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::lock::{LockFile, Locked};
use super::resolve::{Resolved, Unresolved, resolve};
use crate::file::{self, FileError, Privacy};
use crate::helm::chart::{Chart, ChartError, Dependency};
use crate::helm::provenance::{Keyring, ProvenanceError};
use crate::helm::repository::{Finder, RepositoryError};

/// So many are downloaded at the same time.
const CONCURRENT: usize = 8;

/// Brings a chart's dependencies into its folder.
#[derive(Clone, Debug)]
pub struct Updater<'a> {
    /// The chart's folder.
    pub folder: &'a Path,
    /// Where charts are looked for.
    pub finder: &'a Finder,
    /// What is wanted of signatures.
    pub signatures: Signatures,
}

/// What is wanted of the signatures of archives from elsewhere.
#[derive(Clone, Debug, Default)]
pub enum Signatures {
    /// Nobody looks at them.
    #[default]
    Unseen,
    /// Where there is one it must be of a key of this ring.
    WhereThere(Keyring),
    /// There must be one, of a key of this ring.
    Wanted(Keyring),
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// How many dependencies the chart has.
    pub dependencies: usize,
    /// What was downloaded: names and repositories.
    pub downloaded: Vec<(String, String)>,
    /// Of which of these nobody had signed the archive, where that was asked.
    pub unsigned: Vec<String>,
    /// The older archives that were deleted.
    pub deleted: Vec<PathBuf>,
}

/// Why the dependencies can't be brought.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A chart cannot be read.
    #[error("read the chart in `{}`", path.display())]
    Chart {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: ChartError,
    },
    /// A dependency cannot be fetched.
    #[error("fetch the dependency {name}")]
    Repository {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: Box<RepositoryError>,
    },
    /// A dependency's archive is not as somebody of the keyring signed it.
    #[error("verify the dependency {name}")]
    Provenance {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: Box<ProvenanceError>,
    },
    /// Nobody signed a dependency's archive.
    #[error("verify the dependency {0}: there is no provenance file beside it")]
    Unsigned(String),
    /// Ranges that no version fits.
    #[error("no version fits for {}", list(.0))]
    Unresolved(Vec<Unresolved>),
    /// `Chart.lock` was made for another `Chart.yaml`.
    #[error("Chart.lock is out of sync with the dependencies that Chart.yaml names")]
    OutOfSync,
    /// A folder or file cannot be written.
    #[error("write into `{}`", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be replaced.
    #[error(transparent)]
    File(#[from] FileError),
}

fn list(unresolved: &[Unresolved]) -> String {
    let one = |one: &Unresolved| format!("{} {} in {:?}", one.name, one.version, one.repository);
    unresolved.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl UpdateError {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::OutOfSync => Some("run `eggtooth helm dependency update`"),
            Self::Unresolved(_) => Some("change the range in Chart.yaml, or look at what the repository has"),
            Self::Repository { source, .. } => source.hint(),
            Self::Unsigned(_) => {
                Some("`eggtooth helm dependency build --verify` takes what nobody signed, too, and says so")
            }
            Self::Provenance { .. } | Self::Chart { .. } | Self::Write { .. } | Self::File(_) => None,
        }
    }
}

impl<'a> Updater<'a> {
    /// Brings a chart's dependencies, and looks at no signatures.
    pub fn new(folder: &'a Path, finder: &'a Finder) -> Self {
        Self { folder, finder, signatures: Signatures::Unseen }
    }
}

impl Updater<'_> {
    /// Resolves the ranges of `Chart.yaml` anew, and writes `Chart.lock` where that changes something.
    pub async fn update(&self, now: Timestamp) -> Result<Changed, UpdateError> {
        let chart = self.chart()?;
        let asked = &chart.metadata.dependencies;
        if asked.is_empty() {
            return Ok(Changed::default());
        }
        let resolved = self.resolve(asked, now).await?;
        let found: Vec<Locked> = resolved.iter().filter_map(Resolved::locked).cloned().collect();
        let lock = LockFile::new(asked, found, now);
        let changed = self.write(resolved)?;
        if LockFile::read(chart.lock.as_ref()).is_none_or(|old| old.digest != lock.digest) {
            let name = if chart.metadata.api_version == "v1" { "requirements.lock" } else { "Chart.lock" };
            file::write(&self.folder.join(name), lock.text().as_bytes(), Privacy::Usual)?;
        }
        Ok(changed)
    }

    /// Brings the versions that `Chart.lock` names; without one, as [`update`](Self::update).
    pub async fn build(&self, now: Timestamp) -> Result<Changed, UpdateError> {
        let chart = self.chart()?;
        let Some(lock) = LockFile::read(chart.lock.as_ref()) else { return self.update(now).await };
        if !lock.is_for(&chart.metadata.dependencies) {
            return Err(UpdateError::OutOfSync);
        }
        let exactly = |locked: &Locked| Dependency {
            name: locked.name.clone(),
            version: locked.version.clone(),
            repository: locked.repository.clone(),
            ..Dependency::default()
        };
        let asked: Vec<Dependency> = lock.dependencies.iter().map(exactly).collect();
        let resolved = self.resolve(&asked, now).await?;
        self.write(resolved)
    }

    fn chart(&self) -> Result<Chart, UpdateError> {
        Chart::open(self.folder).map_err(|source| UpdateError::Chart { path: self.folder.to_owned(), source })
    }

    /// Gets everything before anything is written.
    async fn resolve(&self, asked: &[Dependency], now: Timestamp) -> Result<Vec<Resolved>, UpdateError> {
        let resolved: Vec<Resolved> = stream::iter(asked)
            .map(|dependency| resolve(self, dependency, now))
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let nothing = resolved.iter().filter_map(|resolved| match resolved {
            Resolved::Nothing(unresolved) => Some(unresolved.clone()),
            Resolved::Stays(_) | Resolved::Archive { .. } => None,
        });
        let nothing: Vec<Unresolved> = nothing.collect();
        if nothing.is_empty() { Ok(resolved) } else { Err(UpdateError::Unresolved(nothing)) }
    }

    /// Writes the archives, and then deletes older ones of the same charts.
    fn write(&self, resolved: Vec<Resolved>) -> Result<Changed, UpdateError> {
        let charts = self.folder.join("charts");
        fs::create_dir_all(&charts).map_err(|source| UpdateError::Write { path: charts.clone(), source })?;
        let mut changed = Changed { dependencies: resolved.len(), ..Changed::default() };
        let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
        for resolved in resolved {
            if let Resolved::Archive { locked, file, bytes, from, unsigned } = resolved {
                changed.unsigned.extend(unsigned.then(|| locked.name.clone()));
                file::write(&charts.join(&file), &bytes, Privacy::Usual)?;
                changed.downloaded.extend(from.map(|from| (locked.name.clone(), from)));
                names.insert(locked.name);
                files.insert(file);
            }
        }
        for name in &names {
            changed.deleted.extend(delete_older(&charts, name, &files)?);
        }
        Ok(changed)
    }
}

fn delete_older(charts: &Path, name: &str, files: &BTreeSet<String>) -> Result<Vec<PathBuf>, UpdateError> {
    let failed = |source| UpdateError::Write { path: charts.to_owned(), source };
    let mut deleted = Vec::new();
    for entry in fs::read_dir(charts).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(file) = path.file_name().and_then(|file| file.to_str()) else { continue };
        let is_older = file.starts_with(&format!("{name}-"))
            && path.extension().is_some_and(|extension| extension == "tgz")
            && !files.contains(file)
            && Chart::open(&path).is_ok_and(|chart| chart.name() == name);
        if is_older {
            fs::remove_file(&path).map_err(failed)?;
            deleted.push(path);
        }
    }
    Ok(deleted)
}
