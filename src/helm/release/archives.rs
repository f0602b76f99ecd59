//! The charts' archives of a run: each is read and verified once, whoever asks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::helm::charts_lock::PinnedChart;
use crate::helm::repository::{Archive, Charts, RepositoryError};

/// Where charts come from, and those that are here.
pub(super) struct Archives {
    charts: Charts,
    fetched: Mutex<HashMap<String, Archive>>,
}

impl Archives {
    pub(super) fn new(charts: Charts) -> Self {
        Self { charts, fetched: Mutex::default() }
    }

    /// Returns a chart's archive: as it was fetched in this run, or fetched now.
    pub(super) async fn get(&self, chart: &PinnedChart) -> Result<Archive, RepositoryError> {
        let here = self.fetched().get(&chart.digest).cloned();
        if let Some(archive) = here {
            return Ok(archive);
        }
        let archive = self.charts.fetch(chart).await?;
        self.fetched().insert(chart.digest.clone(), archive.clone());
        Ok(archive)
    }

    fn fetched(&self) -> MutexGuard<'_, HashMap<String, Archive>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
