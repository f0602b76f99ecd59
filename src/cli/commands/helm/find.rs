//! The chart that the user means: the one place where that is found out.

use std::path::Path;
use std::sync::Arc;

use super::HelmCommandError;
use super::session::Session;
use crate::cli::args::helm::ChartFlags;
use crate::helm::chart::Chart;

/// Finds and opens the chart.
#[expect(clippy::unused_async, reason = "charts of repositories are fetched")]
pub(super) async fn find(_session: &Session, flags: &ChartFlags) -> Result<Arc<Chart>, HelmCommandError> {
    Ok(Arc::new(Chart::open(Path::new(&flags.chart))?))
}
