//! `upgrade`: a further revision of a release.

use super::ownership;
use super::pending::recover;
use super::render::{Material, labels, render};
use super::rollback::rollback;
use super::work::Work;
use super::{ActionError, ChangeOptions, Chosen, DryRun, Releases, Reuse};
use crate::helm::hooks::Event;
use crate::helm::record::{ApplyMethod, Info, NewRecord, Record, Revision, Status, Stored, now, surplus};
use crate::helm::release::objects_of;
use crate::helm::render::Target;
use crate::helm::template::is_release_name;
use crate::kubernetes::Manifest;

/// A revision that is prepared: what `upgrade` would make, and what it is made over.
pub struct Upgrade {
    /// The record as it would be written.
    pub record: Record,
    /// The objects.
    pub objects: Vec<Manifest>,
    /// The objects of the revision that counts.
    pub previous: Vec<Manifest>,
    current: Stored,
    history: Vec<Revision>,
    method: ApplyMethod,
}

/// Makes a further revision of a release.
pub async fn upgrade(
    releases: &Releases<'_>,
    chosen: &Chosen,
    options: &ChangeOptions,
    reuse: Reuse,
) -> Result<Record, ActionError> {
    let Upgrade { mut record, objects, previous, current, history, method } =
        prepare(releases, chosen, options, reuse).await?;
    options.allow(method)?;
    if !chosen.take_ownership {
        let known = |object: &&Manifest| previous.iter().any(|known| known.key() == object.key());
        let new: Vec<Manifest> = objects.iter().filter(|object| !known(object)).cloned().collect();
        ownership::check(releases.client, &new, (&chosen.name, releases.namespace)).await?;
    }
    if options.dry_run != DryRun::None {
        record.info.description = options.description.clone().unwrap_or_else(|| "Dry run complete".into());
        return Ok(record);
    }
    let storage = releases.storage();
    if options.history_max > 0 {
        for revision in surplus(&history, options.history_max) {
            storage.delete(&chosen.name, revision).await?;
        }
    }
    let labels = labels(&current.labels, &chosen.labels);
    let stored = storage.create(record, None, labels, releases.clock.now()).await?;
    let server = method == ApplyMethod::ServerSide;
    let mut work = Work {
        releases,
        options,
        stored,
        objects,
        previous,
        method,
        migrate: server && current.record.apply_method() != ApplyMethod::ServerSide.as_str(),
        before: Event::PreUpgrade,
        after: Event::PostUpgrade,
    };
    match work.run("Upgrade").await {
        Ok(()) => finish(releases, options, current, work.stored).await,
        Err(error) if options.rollback_on_failure => {
            take_back(releases, chosen, options, &history, error).await
        }
        Err(error) => Err(error),
    }
}

/// Finds out all about the next revision, and writes nothing but that a dead one is closed.
pub async fn prepare(
    releases: &Releases<'_>,
    chosen: &Chosen,
    options: &ChangeOptions,
    reuse: Reuse,
) -> Result<Upgrade, ActionError> {
    if !is_release_name(&chosen.name) {
        return Err(ActionError::Name(chosen.name.clone()));
    }
    let storage = releases.storage();
    let mut history = storage.history(&chosen.name).await?;
    if options.dry_run == DryRun::None {
        recover(releases, &chosen.name, &mut history, options.timeout).await?;
    }
    let none = || ActionError::NotDeployed(chosen.name.clone());
    let (last, counts) = current(&history).ok_or_else(none)?;
    let revision = last.version + 1;
    let current = storage.read(&chosen.name, counts.version).await?.ok_or_else(none)?;
    let target = Target {
        name: chosen.name.clone(),
        namespace: releases.namespace.to_owned(),
        revision,
        upgrade: true,
    };
    let reused = Some((&current.record, reuse));
    let mut material = render(releases, chosen, target, options.dry_run, reused).await?;
    let objects = std::mem::take(&mut material.objects);
    let previous = objects_of(releases.client, &current.record).await?;
    let method = options.server_side.decide(current.record.apply_method());
    let record = record(releases, &current.record, revision, method, material);
    Ok(Upgrade { record, objects, previous, current, history, method })
}

/// Returns the last revision and the one that counts: the one that is deployed, or one that failed over nothing.
fn current(history: &[Revision]) -> Option<(&Revision, &Revision)> {
    let last = history.last()?;
    let deployed = history.iter().rev().find(|revision| revision.status == Status::Deployed);
    let failed = Some(last).filter(|last| matches!(last.status, Status::Failed | Status::Superseded));
    Some((last, deployed.or(failed)?))
}

fn record(
    releases: &Releases<'_>,
    current: &Record,
    version: u64,
    method: ApplyMethod,
    material: Material,
) -> Record {
    Record::new(NewRecord {
        name: current.name().to_owned(),
        namespace: current.namespace().to_owned(),
        version,
        chart: material.chart,
        config: material.config,
        manifest: material.manifest,
        hooks: material.hooks,
        info: Info {
            first_deployed: current.info.first_deployed.clone(),
            last_deployed: Some(now(releases.clock.now())),
            description: "Preparing upgrade".into(),
            status: Status::PendingUpgrade,
            notes: material.notes,
            ..Info::default()
        },
        method,
    })
}

/// Says which revision counts. The earlier one goes first, so that never two do.
async fn finish(
    releases: &Releases<'_>,
    options: &ChangeOptions,
    mut current: Stored,
    mut stored: Stored,
) -> Result<Record, ActionError> {
    let storage = releases.storage();
    let time = releases.clock.now();
    current.record.info.status = Status::Superseded;
    storage.update(&mut current, time).await?;
    let description = options.description.clone().unwrap_or_else(|| "Upgrade complete".into());
    stored.record.set_status(Status::Deployed, description);
    storage.update(&mut stored, time).await?;
    Ok(stored.record)
}

/// Takes the last revision up again that came about.
async fn take_back(
    releases: &Releases<'_>,
    chosen: &Chosen,
    options: &ChangeOptions,
    history: &[Revision],
    error: ActionError,
) -> Result<Record, ActionError> {
    let came_about = |revision: &&Revision| matches!(revision.status, Status::Deployed | Status::Superseded);
    let Some(good) = history.iter().rev().find(came_about) else { return Err(error) };
    let back = ChangeOptions { wait: true, rollback_on_failure: false, description: None, ..options.clone() };
    rollback(releases, &chosen.name, good.version, &back).await?;
    Err(ActionError::TakenBack { name: chosen.name.clone(), how: "rolled back", source: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deployed_counts_and_else_what_failed_last() {
        let revision = |version, status| Revision::told(version, status);
        let counts =
            |history: &[Revision]| current(history).map(|(last, counts)| (last.version, counts.version));
        let deployed = revision(1, Status::Deployed);
        assert_eq!(counts(&[deployed.clone(), revision(2, Status::Failed)]), Some((2, 1)));
        assert_eq!(counts(&[revision(1, Status::Superseded), revision(2, Status::Failed)]), Some((2, 2)));
        assert_eq!(counts(&[revision(1, Status::Uninstalled)]), None);
        assert_eq!(counts(&[]), None);
    }
}
