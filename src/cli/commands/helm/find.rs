//! The chart that the user means: the one place where that is found out.

use std::sync::Arc;

use super::HelmCommandError;
use super::session::Session;
use crate::cli::args::helm::{ChartFlags, ConnectionFlags};
use crate::helm::chart::{Chart, File};
use crate::helm::repository::{Finder, Found};

/// Finds and opens the chart.
pub(super) async fn find(session: &Session, flags: &ChartFlags) -> Result<Arc<Chart>, HelmCommandError> {
    let found = finder(session, &flags.connection).find(&flags.wanted()).await?;
    Ok(match found {
        Found::Here(path) => Arc::new(Chart::open(&path)?),
        Found::There(download) => download.archive.open().await?,
    })
}

/// Finds the chart and reads its files as they are.
pub(super) async fn files(session: &Session, flags: &ChartFlags) -> Result<Vec<File>, HelmCommandError> {
    let found = finder(session, &flags.connection).find(&flags.wanted()).await?;
    Ok(match found {
        Found::Here(path) => Chart::files_at(&path)?,
        Found::There(download) => Chart::files_in(download.archive.bytes())?,
    })
}

/// Returns where charts are looked for.
pub(super) fn finder(session: &Session, flags: &ConnectionFlags) -> Finder {
    flags.finder(session.settings(), session.cache.clone())
}
