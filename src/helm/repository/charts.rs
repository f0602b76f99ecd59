//! The charts that a project pins, from a folder, the cache of earlier downloads, or where they are published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Archive, Digest, Finder, RepositoryError, Settings, Wanted, kept};
use crate::helm::charts_lock::PinnedChart;

/// Where charts are looked for.
#[derive(Clone, Debug, Default)]
pub struct Charts {
    /// A folder with archives (`NAME-VERSION.tgz`) that stands for all repositories: nothing is fetched.
    pub folder: Option<PathBuf>,
    /// Where downloads are kept.
    pub cache: PathBuf,
    /// The logins of registries.
    pub settings: Settings,
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
        let archive = self.published(pinned).await?;
        if let Err(error) = kept::write(&kept, &archive).await {
            tracing::warn!(%error, "a chart could not be kept for the next run");
        }
        Ok(archive)
    }

    /// Returns the archive as it is published now, whatever was kept of it. It has the digest that is pinned.
    pub async fn published(&self, pinned: &PinnedChart) -> Result<Vec<u8>, RepositoryError> {
        let digest = Digest::parse(&pinned.digest)?;
        if let Some(folder) = &self.folder {
            return from_folder(folder, pinned, &digest).await;
        }
        let finder =
            Finder { cache: self.cache.clone(), settings: self.settings.clone(), ..Finder::default() };
        let wanted = Wanted {
            reference: pinned.name.clone(),
            repository: Some(pinned.repository.clone()),
            version: Some(pinned.version.clone()),
            ..Wanted::default()
        };
        let archive = finder.download(&wanted).await?.archive.bytes().to_vec();
        verify(&archive, pinned, &digest, &pinned.repository)?;
        Ok(archive)
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
        chart: format!("{} {}", pinned.name, pinned.version),
        place: place.to_owned(),
        expected: digest.to_string(),
        found: Digest::compute(archive).to_string(),
    })
}
