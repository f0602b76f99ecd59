//! The chart that the user means: the one place where that is found out.

use std::path::Path;
use std::sync::Arc;

use super::HelmCommandError;
use super::dependency::told;
use super::session::Session;
use super::verify;
use crate::cli::args::helm::{ChartFlags, ConnectionFlags, RenderFlags};
use crate::helm::chart::{Chart, File};
use crate::helm::dependencies::{Updater, missing};
use crate::helm::release::Rendering;
use crate::helm::repository::{Finder, Found};
use crate::helm::values::Elsewhere;

/// Finds and opens the chart.
pub(super) async fn find(session: &Session, flags: &ChartFlags) -> Result<Arc<Chart>, HelmCommandError> {
    Ok(match found(session, flags).await? {
        Found::Here(path) => Arc::new(Chart::open(&path)?),
        Found::There(download) => download.archive.open().await?,
    })
}

/// Finds the chart; where that is wanted, it is taken only as it was signed.
async fn found(session: &Session, flags: &ChartFlags) -> Result<Found, HelmCommandError> {
    let found = finder(session, &flags.connection).find(&flags.wanted()).await?;
    if flags.provenance.verify {
        let keyring = flags.provenance.keyring.as_deref();
        match &found {
            Found::Here(path) => verify::archive(session, path, keyring)?,
            Found::There(download) => verify::download(session, download, keyring)?,
        };
    }
    Ok(found)
}

/// Finds and opens the chart; what is missing of the charts that it is made of is brought first, where that is wanted.
pub(super) async fn find_whole(
    session: &Session,
    flags: &ChartFlags,
    render: &RenderFlags,
) -> Result<Arc<Chart>, HelmCommandError> {
    let chart = find(session, flags).await?;
    let folder = Path::new(&flags.chart);
    if !render.dependency_update || missing(&chart).is_empty() || !folder.is_dir() {
        return Ok(chart);
    }
    let updated = Updater::new(folder, &finder(session, &flags.connection)).update(session.clock.now()).await;
    let changed = updated
        .map_err(|source| HelmCommandError::Update { path: folder.to_owned(), source: Box::new(source) })?;
    // What is printed is the verb's own.
    session.terminal.say(told(&changed).trim_end());
    find(session, flags).await
}

/// Returns how the chart is rendered; fetches what its schemas refer to, where that is wanted.
pub(super) async fn rendering(
    session: &Session,
    flags: &ChartFlags,
    render: &RenderFlags,
    chart: &Chart,
) -> Result<Rendering, HelmCommandError> {
    let elsewhere = if render.allow_schema_network && !render.skip_schema_validation {
        finder(session, &flags.connection).schemas(chart).await?
    } else {
        Elsewhere::default()
    };
    Ok(Rendering {
        skip_schema: render.skip_schema_validation,
        elsewhere,
        post: render.post(),
        ..Rendering::default()
    })
}

/// Finds the chart and reads its files as they are.
pub(super) async fn files(session: &Session, flags: &ChartFlags) -> Result<Vec<File>, HelmCommandError> {
    Ok(match found(session, flags).await? {
        Found::Here(path) => Chart::files_at(&path)?,
        Found::There(download) => Chart::files_in(download.archive.bytes())?,
    })
}

/// Returns where charts are looked for.
pub(super) fn finder(session: &Session, flags: &ConnectionFlags) -> Finder {
    flags.finder(session.settings(), session.cache.clone())
}
