//! `uninstall`: a release's objects are deleted, and its records with them.

use std::time::Duration;

use super::{ActionError, Releases};
use crate::helm::hooks::Event;
use crate::helm::record::{Record, Status, now};
use crate::helm::release::{going, live_of, objects_of, remove_all, remove_in_order};
use crate::kubernetes::{Manifest, Propagation};

/// How a release goes.
#[derive(Clone, Debug)]
pub struct UninstallOptions {
    /// Whether the records stay, and say that it is uninstalled.
    pub keep_history: bool,
    /// Whether hooks are left out.
    pub no_hooks: bool,
    /// Whether to wait until the objects are gone.
    pub wait: bool,
    /// What becomes of what the objects own.
    pub propagation: Propagation,
    /// How long each wait may take.
    pub timeout: Duration,
    /// What the record says of it.
    pub description: Option<String>,
    /// Whether nothing is changed.
    pub dry_run: bool,
}

impl Default for UninstallOptions {
    fn default() -> Self {
        Self {
            keep_history: false,
            no_hooks: false,
            wait: false,
            propagation: Propagation::Background,
            timeout: Duration::from_mins(5),
            description: None,
            dry_run: false,
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub struct Uninstalled {
    /// The record that counted last.
    pub record: Record,
    /// The objects that the chart wants to outlive the release.
    pub kept: Vec<Manifest>,
}

/// Takes a release away.
pub async fn uninstall(
    releases: &Releases<'_>,
    name: &str,
    options: &UninstallOptions,
) -> Result<Uninstalled, ActionError> {
    let storage = releases.storage();
    let history = storage.history(name).await?;
    let last = history.last().ok_or(ActionError::NotFound)?;
    let mut stored = storage.read(name, last.version).await?.ok_or(ActionError::NotFound)?;
    let kept = |live: Vec<Manifest>| going((name, releases.namespace), live, releases.progress);
    if options.dry_run {
        let live = live_of(releases.client, &objects_of(releases.client, &stored.record).await?).await?;
        return Ok(Uninstalled { kept: kept(live).1, record: stored.record });
    }
    if last.status == Status::Uninstalled {
        if options.keep_history {
            return Err(ActionError::AlreadyDeleted(name.to_owned()));
        }
        for revision in &history {
            storage.delete(name, revision).await?;
        }
        return Ok(Uninstalled { record: stored.record, kept: Vec::new() });
    }
    if last.status == Status::Uninstalling {
        let text = format!("{name} was being uninstalled, and that was not brought to its end: it goes on");
        releases.progress.note(&text);
    }
    let course = releases.course(options.timeout);
    stored.record.info.deleted = Some(now(releases.clock.now()));
    stored.record.set_status(Status::Uninstalling, "Deletion in progress (or silently failed)");
    storage.update(&mut stored, releases.clock.now()).await?;
    if !options.no_hooks {
        course.run(&mut stored.record.hooks, Event::PreDelete).await?;
    }
    let live = live_of(releases.client, &objects_of(releases.client, &stored.record).await?).await?;
    let (going, kept) = kept(live);
    if options.wait {
        remove_all(releases.client, going, options.propagation, options.timeout, releases.progress).await?;
    } else {
        remove_in_order(releases.client, going, options.propagation).await?;
    }
    if !options.no_hooks {
        course.run(&mut stored.record.hooks, Event::PostDelete).await?;
    }
    if !options.keep_history {
        for revision in &history {
            storage.delete(name, revision).await?;
        }
        return Ok(Uninstalled { record: stored.record, kept });
    }
    let description = options.description.clone().unwrap_or_else(|| "Uninstallation complete".into());
    stored.record.set_status(Status::Uninstalled, description);
    storage.update(&mut stored, releases.clock.now()).await?;
    for revision in history.iter().filter(|it| it.status == Status::Deployed && it.version != last.version) {
        if let Some(mut earlier) = storage.read(name, revision.version).await? {
            earlier.record.info.status = Status::Superseded;
            storage.update(&mut earlier, releases.clock.now()).await?;
        }
    }
    Ok(Uninstalled { record: stored.record, kept })
}
