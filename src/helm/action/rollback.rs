//! `rollback`: an earlier revision taken up again, as a new one.

use super::pending::recover;
use super::work::Work;
use super::{ActionError, ChangeOptions, DryRun, Releases, read};
use crate::helm::hooks::Event;
use crate::helm::record::{ApplyMethod, Info, NewRecord, Record, Status, now, surplus};
use crate::helm::release::objects_of;

/// Takes up revision `to` again; 0 means the one before the last.
pub async fn rollback(
    releases: &Releases<'_>,
    name: &str,
    to: u64,
    options: &ChangeOptions,
) -> Result<Record, ActionError> {
    let storage = releases.storage();
    let mut history = storage.history(name).await?;
    let last = history.last().ok_or(ActionError::NotFound)?.version;
    let to = if to == 0 { last.saturating_sub(1) } else { to };
    if !history.iter().any(|revision| revision.version == to) {
        return Err(ActionError::NoRevision(to));
    }
    let good = read(&storage, name, Some(to)).await?;
    let method = options.server_side.decide(good.record.apply_method());
    options.allow(method)?;
    if options.dry_run != DryRun::None {
        return Ok(good.record);
    }
    recover(releases, name, &mut history, options.timeout).await?;
    let current = read(&storage, name, Some(last)).await?;
    let time = releases.clock.now();
    let record = Record::new(NewRecord {
        name: name.to_owned(),
        namespace: current.record.namespace().to_owned(),
        version: last + 1,
        chart: good.record.chart().clone(),
        config: good.record.config().clone(),
        manifest: good.record.shared_manifest(),
        hooks: good.record.hooks.clone(),
        info: Info {
            first_deployed: current.record.info.first_deployed.clone(),
            last_deployed: Some(now(time)),
            description: options.description.clone().unwrap_or_else(|| format!("Rollback to {to}")),
            status: Status::PendingRollback,
            rollback_revision: Some(to),
            notes: good.record.info.notes.clone(),
            ..Info::default()
        },
        method,
    });
    if options.history_max > 0 {
        for revision in surplus(&history, options.history_max) {
            storage.delete(name, revision).await?;
        }
    }
    let objects = objects_of(releases.client, &record).await?;
    let previous = objects_of(releases.client, &current.record).await?;
    let stored = storage.create(record, None, good.labels.clone(), time).await?;
    let mut work = Work {
        releases,
        options,
        stored,
        objects,
        previous,
        method,
        migrate: method == ApplyMethod::ServerSide
            && current.record.apply_method() != ApplyMethod::ServerSide.as_str(),
        before: Event::PreRollback,
        after: Event::PostRollback,
    };
    work.run("Rollback").await?;
    let mut stored = work.stored;
    for revision in history.iter().filter(|revision| revision.status == Status::Deployed) {
        if let Some(mut earlier) = storage.read(name, revision.version).await? {
            earlier.record.info.status = Status::Superseded;
            storage.update(&mut earlier, releases.clock.now()).await?;
        }
    }
    stored.record.info.status = Status::Deployed;
    storage.update(&mut stored, releases.clock.now()).await?;
    Ok(stored.record)
}
