//! Where charts come from: a folder, the cache of earlier downloads, or a repository over HTTP.
//!
//! Each archive must have the digest that `charts.lock` pins; one that has another is never opened. What was
//! fetched once is kept under its digest, so a second run needs no network.

mod digest;
mod error;
mod http;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use digest::Digest;
pub use error::RepositoryError;

use crate::helm::chart::Chart;
use crate::helm::charts_lock::PinnedChart;

/// Where charts are looked for.
#[derive(Clone, Debug)]
pub struct Charts {
    /// A folder with archives (`NAME-VERSION.tgz`) that stands for all repositories: nothing is fetched.
    pub folder: Option<PathBuf>,
    /// Where downloads are kept.
    pub cache: PathBuf,
    /// Archives that were got before; they are looked for first.
    pub at_hand: AtHand,
}

/// Archives by the digest that is pinned for them; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct AtHand(Arc<BTreeMap<String, Archive>>);

impl FromIterator<(String, Archive)> for AtHand {
    fn from_iter<I: IntoIterator<Item = (String, Archive)>>(archives: I) -> Self {
        Self(Arc::new(archives.into_iter().collect()))
    }
}

impl Charts {
    /// Returns the archive of a chart that `charts.lock` pins, with the digest that is pinned.
    pub async fn fetch(&self, pinned: &PinnedChart) -> Result<Archive, RepositoryError> {
        if let Some(archive) = self.at_hand.0.get(&pinned.digest) {
            return Ok(archive.clone());
        }
        let bytes = self.bytes(pinned).await?;
        Ok(Archive::new(format!("{} {}", pinned.name, pinned.version), bytes))
    }

    async fn bytes(&self, pinned: &PinnedChart) -> Result<Vec<u8>, RepositoryError> {
        let digest = Digest::parse(&pinned.digest)?;
        if let Some(folder) = &self.folder {
            return from_folder(folder, pinned, &digest).await;
        }
        let kept = self.cache.join("charts").join(format!("{}.tgz", digest.hex()));
        if let Ok(archive) = tokio::fs::read(&kept).await
            && digest.of(&archive)
        {
            return Ok(archive);
        }
        let archive = http::fetch(pinned).await?;
        verify(&archive, pinned, &digest, &pinned.repository)?;
        if let Err(error) = keep(&kept, &archive).await {
            tracing::warn!(%error, "a chart could not be kept for the next run");
        }
        Ok(archive)
    }
}

/// A chart's archive; cheap to clone. [`Charts::fetch`] gives only what has the digest that is pinned, or is at hand.
#[derive(Clone)]
pub struct Archive {
    name: String,
    bytes: Arc<[u8]>,
    /// The chart, once somebody opened it: it is unpacked once, whoever asks.
    chart: Arc<OnceLock<Arc<Chart>>>,
}

impl Archive {
    /// Takes an archive as it is: who calls has verified it, or knows what it stands in for. `name` is for messages.
    pub fn new(name: String, bytes: Vec<u8>) -> Self {
        Self { name, bytes: bytes.into(), chart: Arc::default() }
    }

    /// Returns the chart. It is unpacked on a thread that may block.
    pub async fn open(self) -> Result<Arc<Chart>, RepositoryError> {
        let Self { name, bytes, chart } = self;
        if let Some(chart) = chart.get() {
            return Ok(Arc::clone(chart));
        }
        let opened = tokio::task::spawn_blocking(move || Chart::from_archive(&bytes)).await;
        let opened = opened.map_err(RepositoryError::Thread)?;
        let opened = opened.map_err(|source| RepositoryError::Chart { name, source })?;
        Ok(Arc::clone(chart.get_or_init(|| Arc::new(opened))))
    }
}

/// Shows the name.
impl std::fmt::Debug for Archive {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Archive({})", self.name)
    }
}

async fn from_folder(
    folder: &Path,
    pinned: &PinnedChart,
    digest: &Digest,
) -> Result<Vec<u8>, RepositoryError> {
    let path = folder.join(format!("{}-{}.tgz", pinned.name, pinned.version));
    match tokio::fs::read(&path).await {
        Ok(archive) => {
            verify(&archive, pinned, digest, &path.display().to_string())?;
            Ok(archive)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(RepositoryError::NotFound {
            name: pinned.name.clone(),
            version: pinned.version.clone(),
            place: folder.display().to_string(),
        }),
        Err(source) => Err(RepositoryError::Read { path, source }),
    }
}

fn verify(archive: &[u8], pinned: &PinnedChart, digest: &Digest, place: &str) -> Result<(), RepositoryError> {
    if digest.of(archive) {
        return Ok(());
    }
    Err(RepositoryError::Mismatch {
        name: pinned.name.clone(),
        version: pinned.version.clone(),
        place: place.to_owned(),
        expected: digest.to_string(),
        found: Digest::compute(archive).to_string(),
    })
}

/// Writes beside the file and renames, so that a killed run leaves no half archive.
async fn keep(path: &Path, archive: &[u8]) -> std::io::Result<()> {
    let (path, archive) = (path.to_owned(), archive.to_owned());
    let write = move || {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, &archive)?;
        file.persist(&path).map(|_| ()).map_err(|error| error.error)
    };
    tokio::task::spawn_blocking(write).await?
}

#[cfg(test)]
mod tests;
