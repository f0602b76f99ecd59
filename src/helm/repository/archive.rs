//! A chart's archive, as it was got.

use std::sync::{Arc, OnceLock};

use super::RepositoryError;
use crate::helm::chart::Chart;

/// A chart's archive; cheap to clone. What [`Charts::fetch`](super::Charts::fetch) gives has the digest that is
/// pinned, or is at hand.
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

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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
