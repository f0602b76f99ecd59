//! `install`: the first revision of a release.

use std::collections::BTreeMap;

use serde_json::json;

use super::ownership;
use super::pending::recover;
use super::render::{Material, labels, render};
use super::uninstall::{UninstallOptions, uninstall};
use super::work::Work;
use super::{ActionError, ChangeOptions, Chosen, DryRun, Releases};
use crate::helm::hooks::Event;
use crate::helm::record::{
    ApplyMethod, Info, MANAGER, NewRecord, Record, Revision, Status, Stored, now, surplus,
};
use crate::helm::release::create_missing_crds;
use crate::helm::render::Target;
use crate::helm::template::is_release_name;
use crate::kubernetes::Manifest;

/// Makes the first revision of a release. `replace` allows for one that was uninstalled or failed before.
pub async fn install(
    releases: &Releases<'_>,
    chosen: &Chosen,
    options: &ChangeOptions,
    replace: bool,
) -> Result<Record, ActionError> {
    if !is_release_name(&chosen.name) {
        return Err(ActionError::Name(chosen.name.clone()));
    }
    let mut history = match options.dry_run {
        DryRun::Client => Vec::new(),
        DryRun::None | DryRun::Server => releases.storage().history(&chosen.name).await?,
    };
    let revision = available(releases, chosen, options, &mut history, replace).await?;
    let target = Target {
        name: chosen.name.clone(),
        namespace: releases.namespace.to_owned(),
        revision,
        upgrade: false,
    };
    let mut material = render(releases, chosen, target, options.dry_run, None).await?;
    let objects = std::mem::take(&mut material.objects);
    let crds = std::mem::take(&mut material.crds);
    let method = options.server_side.decide(ApplyMethod::ServerSide.as_str());
    let record = record(releases, chosen, revision, method, material);
    if options.dry_run != DryRun::None {
        let mut record = record;
        record.info.description = options.description.clone().unwrap_or_else(|| "Dry run complete".into());
        return Ok(record);
    }
    if chosen.create_namespace {
        create_namespace(releases).await?;
    }
    if !chosen.skip_crds {
        create_missing_crds(releases.client, &crds, releases.progress).await?;
    }
    if !chosen.take_ownership {
        ownership::check(releases.client, &objects, (&chosen.name, releases.namespace)).await?;
    }
    let stored = write(releases, record, chosen, options, &history).await?;
    let mut work = Work {
        releases,
        options,
        stored,
        objects,
        previous: Vec::new(),
        method,
        migrate: false,
        before: Event::PreInstall,
        after: Event::PostInstall,
    };
    match work.run("Release").await {
        Ok(()) => finish(releases, options, work.stored).await,
        Err(error) if options.rollback_on_failure => {
            let undo =
                UninstallOptions { timeout: options.timeout, wait: true, ..UninstallOptions::default() };
            uninstall(releases, &chosen.name, &undo).await?;
            Err(ActionError::TakenBack {
                name: chosen.name.clone(),
                how: "uninstalled",
                source: Box::new(error),
            })
        }
        Err(error) => Err(error),
    }
}

/// Returns the revision's number, when the name is free.
async fn available(
    releases: &Releases<'_>,
    chosen: &Chosen,
    options: &ChangeOptions,
    history: &mut [Revision],
    replace: bool,
) -> Result<u64, ActionError> {
    let Some(last) = history.last() else { return Ok(1) };
    let interrupted = last.status == Status::PendingInstall;
    let next = last.version + 1;
    if interrupted && options.dry_run == DryRun::None {
        recover(releases, &chosen.name, history, options.timeout).await?;
        return Ok(next);
    }
    match last.status {
        Status::Uninstalled | Status::Failed if replace => Ok(next),
        _ => Err(ActionError::NameInUse),
    }
}

fn record(
    releases: &Releases<'_>,
    chosen: &Chosen,
    version: u64,
    method: ApplyMethod,
    material: Material,
) -> Record {
    let time = now(releases.clock.now());
    Record::new(NewRecord {
        name: chosen.name.clone(),
        namespace: releases.namespace.to_owned(),
        version,
        chart: material.chart,
        config: material.config,
        manifest: material.manifest,
        hooks: material.hooks,
        info: Info {
            first_deployed: Some(time.clone()),
            last_deployed: Some(time),
            description: "Initial install underway".into(),
            status: Status::PendingInstall,
            notes: material.notes,
            ..Info::default()
        },
        method,
    })
}

/// Writes the record. The revision that it stands in for counts no more.
async fn write(
    releases: &Releases<'_>,
    record: Record,
    chosen: &Chosen,
    options: &ChangeOptions,
    history: &[Revision],
) -> Result<Stored, ActionError> {
    let storage = releases.storage();
    let time = releases.clock.now();
    if let Some(last) = history.last()
        && let Some(mut earlier) = storage.read(&chosen.name, last.version).await?
    {
        earlier.record.info.status = Status::Superseded;
        storage.update(&mut earlier, time).await?;
    }
    if options.history_max > 0 {
        for revision in surplus(history, options.history_max) {
            storage.delete(&chosen.name, revision).await?;
        }
    }
    let labels = labels(&BTreeMap::new(), &chosen.labels);
    Ok(storage.create(record, None, labels, time).await?)
}

async fn finish(
    releases: &Releases<'_>,
    options: &ChangeOptions,
    mut stored: Stored,
) -> Result<Record, ActionError> {
    let description = options.description.clone().unwrap_or_else(|| "Install complete".into());
    stored.record.set_status(Status::Deployed, description);
    releases.storage().update(&mut stored, releases.clock.now()).await?;
    Ok(stored.record)
}

async fn create_namespace(releases: &Releases<'_>) -> Result<(), ActionError> {
    let name = releases.namespace;
    let namespace = Manifest::new(json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}},
    }))?;
    match releases.client.create(&namespace, MANAGER).await {
        Err(error) if !error.is_conflict() => Err(error.into()),
        _ => Ok(()),
    }
}
