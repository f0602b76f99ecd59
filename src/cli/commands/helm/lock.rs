//! `helm lock`.

use std::path::PathBuf;

use futures::future::try_join_all;

use super::HelmCommandError;
use super::find::finder;
use super::session::Session;
use crate::cli::{args::helm::Lock, exit::Exit};
use crate::file::{self, Privacy};
use crate::helm::charts_lock::{PinnedChart, pin};
use crate::helm::repository::{Digest, Download, Finder, Wanted};
use crate::workflow::charts;

pub(super) async fn run(session: &Session, arguments: &Lock) -> Result<Exit, HelmCommandError> {
    let finder = finder(session, &arguments.connection);
    let lock = charts::lock(&session.project)?;
    if let Some(chart) = &arguments.chart {
        let wanted = Wanted {
            reference: chart.clone(),
            repository: arguments.repo.clone(),
            version: arguments.version.clone(),
            ..Wanted::default()
        };
        let new = pinned(finder.download(&wanted).await?, chart).await?;
        let old = lock.find(&new.name, None);
        change(session, &[(old, new)])?;
        return Ok(Exit::Done);
    }
    if lock.charts.is_empty() {
        return Err(HelmCommandError::NothingPinned);
    }
    if arguments.update {
        let defaults = lock.charts.iter().filter(|chart| lock.find(&chart.name, None) == Some(chart));
        let newest = try_join_all(defaults.map(|old| newest(&finder, old))).await?;
        let changed: Vec<_> = newest.into_iter().filter(|(old, new)| *old != new).collect();
        let changed: Vec<_> = changed.into_iter().map(|(old, new)| (Some(old), new)).collect();
        change(session, &changed)?;
        if changed.is_empty() {
            session.terminal.print("all charts are the newest\n");
        }
        return Ok(Exit::Done);
    }
    let source = session.charts();
    try_join_all(lock.charts.iter().map(|chart| source.published(chart))).await?;
    let count = lock.charts.len();
    session
        .terminal
        .print(&format!("{count} {} as pinned\n", if count == 1 { "chart is" } else { "charts are" }));
    Ok(Exit::Done)
}

async fn newest<'a>(
    finder: &Finder,
    old: &'a PinnedChart,
) -> Result<(&'a PinnedChart, PinnedChart), HelmCommandError> {
    let wanted =
        Wanted { reference: old.name.clone(), repository: Some(old.repository.clone()), ..Wanted::default() };
    let found = pinned(finder.download(&wanted).await?, &old.name).await?;
    // A repository may write its own address otherwise than the project does.
    Ok((old, PinnedChart { repository: old.repository.clone(), ..found }))
}

async fn pinned(download: Download, reference: &str) -> Result<PinnedChart, HelmCommandError> {
    let Some(repository) = download.repository else {
        return Err(HelmCommandError::NotPublished(reference.to_owned()));
    };
    let digest = Digest::compute(download.archive.bytes()).to_string();
    let chart = download.archive.open().await?;
    let (name, version) = (chart.name().to_owned(), chart.metadata.version.clone());
    Ok(PinnedChart { name, repository, version, digest })
}

fn change(session: &Session, charts: &[(Option<&PinnedChart>, PinnedChart)]) -> Result<(), HelmCommandError> {
    if charts.is_empty() {
        return Ok(());
    }
    let path: PathBuf = session.project.join(charts::FILE);
    let read = std::fs::read_to_string(&path);
    let mut text = match read {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(HelmCommandError::Write { path, source }),
    };
    for (old, new) in charts {
        text = pin(&text, *old, new)?;
    }
    let folder = path.parent().unwrap_or(&session.project);
    std::fs::create_dir_all(folder)
        .map_err(|source| HelmCommandError::Write { path: folder.to_owned(), source })?;
    file::write(&path, text.as_bytes(), Privacy::Usual)?;
    for (old, new) in charts {
        let was = old.map(|old| format!(" (was {})", old.version)).unwrap_or_default();
        session.terminal.print(&format!("pinned {} {}{was}\n", new.name, new.version));
    }
    Ok(())
}
