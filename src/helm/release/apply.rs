//! Making a release: record, definitions, objects, record.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::delete::{going, remove};
use super::difference::LiveRelease;
use super::hooks::{self, Course};
use super::prepare::{Next, Prepared, ReleaseError, fingerprint_now, stamp};
use super::waves::{self, Method};
use super::{crds, objects};
use crate::clock::Clock;
use crate::helm::hooks::Event;
use crate::helm::record::{ApplyMethod, Info, MANAGER, NewRecord, Record, Status, Storage, Stored, surplus};
use crate::kubernetes::{Client, Comparison, KubernetesError, Manifest, Propagation, Settled, WaitOptions};
use crate::resource::Progress;

/// How many revisions Helm keeps.
const HISTORY: usize = 10;
/// How long an object that is made anew may take to go: a pod may use all of its grace period.
const GONE: Duration = Duration::from_mins(5);

/// What became of a release.
pub(super) struct Made {
    /// The revision that counts now.
    pub(super) revision: u64,
    /// The objects as the server last told them, to wait for.
    pub(super) objects: Vec<Manifest>,
    /// What is remembered of each object, by its key.
    pub(super) settled: BTreeMap<String, Settled>,
}

/// One run over a release.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) clock: &'a Clock,
    pub(super) live: &'a LiveRelease,
    pub(super) settled: BTreeMap<String, Settled>,
    pub(super) progress: &'a dyn Progress,
}

impl Run<'_> {
    /// Makes the release what it should be. Nothing that is as it should be is written.
    pub(super) async fn apply(mut self) -> Result<Made, ReleaseError> {
        self.refuse()?;
        let prepared = &self.live.prepared;
        let Some(next) = &prepared.next else {
            // Only objects strayed: the record is still true.
            let objects = self.objects().await?;
            self.delete_gone().await?;
            let revision = prepared.history.last().map_or(0, |last| last.version);
            return Ok(Made { revision, objects, settled: self.settled });
        };
        let mut stored = self.begin(next).await?;
        match self.make(&mut stored).await {
            Ok(objects) => {
                self.finish(&mut stored).await?;
                Ok(Made { revision: next.revision, objects, settled: self.settled })
            }
            Err(error) => {
                let word = if prepared.deployed.is_some() { "Upgrade" } else { "Release" };
                let description = format!("{word} {:?} failed: {error}", prepared.name);
                stored.record.set_status(Status::Failed, description);
                Storage::new(self.client, &prepared.namespace).update(&mut stored, self.clock.now()).await?;
                Err(error)
            }
        }
    }

    /// Stops before the first write where it is known that something will be refused.
    fn refuse(&self) -> Result<(), ReleaseError> {
        let prepared = &self.live.prepared;
        if let Some(last) = prepared.history.last()
            && last.status.is_pending()
            && prepared.interrupted().is_none()
        {
            return Err(ReleaseError::Pending { revision: last.version, status: last.status });
        }
        let foreign = self.live.foreign();
        if !foreign.is_empty() {
            return Err(ReleaseError::NotOwned(foreign));
        }
        let stuck = self.live.stuck();
        if stuck.is_empty() { Ok(()) } else { Err(ReleaseError::Immutable(stuck)) }
    }

    /// Writes the record of the revision that is being made: from here on a kill leaves a trace.
    async fn begin(&self, next: &Next) -> Result<Stored, ReleaseError> {
        let prepared = &self.live.prepared;
        let storage = Storage::new(self.client, &prepared.namespace);
        let now = self.clock.now();
        let config = prepared.inputs.as_ref().map(|inputs| inputs.values.clone()).unwrap_or_default();
        let first =
            prepared.deployed.as_ref().and_then(|deployed| deployed.record.info.first_deployed.clone());
        let (status, description) = match prepared.deployed {
            None => (Status::PendingInstall, "Initial install underway"),
            Some(_) => (Status::PendingUpgrade, "Preparing upgrade"),
        };
        let record = Record::new(NewRecord {
            name: prepared.name.clone(),
            namespace: prepared.namespace.clone(),
            version: next.revision,
            chart: next.chart.clone(),
            config,
            manifest: Arc::clone(&next.manifest),
            hooks: prepared.hooks.clone(),
            info: Info {
                first_deployed: Some(first.unwrap_or_else(|| stamp(now))),
                last_deployed: Some(stamp(now)),
                description: description.into(),
                status,
                notes: next.notes.clone(),
                ..Info::default()
            },
            method: ApplyMethod::ServerSide,
        });
        let rendered_from = Some(prepared.rendered_from.clone());
        if let Some(interrupted) = prepared.interrupted() {
            self.progress.note(&format!(
                "revision {} of {} was left half done by a killed run; it is made again",
                interrupted.version, prepared.name
            ));
            storage.delete(&prepared.name, interrupted).await?;
        } else {
            for revision in surplus(&prepared.history, HISTORY) {
                storage.delete(&prepared.name, revision).await?;
            }
        }
        // Labels of the earlier revision stay with the release, as Helm has it.
        let labels = prepared.deployed.as_ref().map(|deployed| deployed.labels.clone()).unwrap_or_default();
        Ok(storage.create(record, rendered_from, labels, now).await?)
    }

    async fn make(&mut self, stored: &mut Stored) -> Result<Vec<Manifest>, ReleaseError> {
        let prepared = &self.live.prepared;
        let upgrade = prepared.deployed.is_some();
        let (before, after) = if upgrade {
            (Event::PreUpgrade, Event::PostUpgrade)
        } else {
            (Event::PreInstall, Event::PostInstall)
        };
        crds::create_missing(self.client, &prepared.crds, self.progress).await?;
        let course = Course {
            client: self.client,
            clock: self.clock,
            namespace: &prepared.namespace,
            limit: hooks::DEADLINE,
            progress: self.progress,
        };
        course.run(&mut stored.record.hooks, before).await?;
        let objects = self.objects().await?;
        self.delete_gone().await?;
        course.run(&mut stored.record.hooks, after).await?;
        Ok(objects)
    }

    /// Applies what differs: definitions first, then kind after kind in Helm's order, what is of one kind at once.
    async fn objects(&mut self) -> Result<Vec<Manifest>, ReleaseError> {
        let prepared: &Prepared = &self.live.prepared;
        let mut current = Vec::new();
        let mut different = Vec::new();
        for (object, comparison) in prepared.objects.iter().zip(&self.live.comparisons) {
            match comparison {
                // Of an untouched definition only the metadata was read, and it is established.
                Comparison::Same(_) if objects::is_definition(object) => {}
                Comparison::Same(live) => current.push(live.clone()),
                Comparison::Absent | Comparison::Different { .. } | Comparison::Immutable { .. } => {
                    different.push(object);
                }
            }
        }
        self.make_room().await?;
        let applied = waves::apply(self.client, &different, Method::SERVER, self.progress).await?;
        self.remember(&different, &applied);
        let to_wait_for = applied.into_iter().filter(|object| !objects::is_definition(object));
        current.extend(to_wait_for);
        Ok(current)
    }

    /// Deletes what can't become what it is to be in place, and waits until it is gone.
    async fn make_room(&self) -> Result<(), KubernetesError> {
        let replaced = self.live.comparisons.iter().filter_map(|comparison| match comparison {
            Comparison::Immutable { live, .. } => Some(live.clone()),
            Comparison::Absent | Comparison::Same(_) | Comparison::Different { .. } => None,
        });
        let replaced: Vec<Manifest> = replaced.collect();
        remove(self.client, &replaced, Propagation::Background).await?;
        self.client.wait_gone(&replaced, GONE, self.progress).await
    }

    fn remember(&mut self, wanted: &[&Manifest], applied: &[Manifest]) {
        for (wanted, applied) in wanted.iter().zip(applied) {
            if let Some(settled) = Settled::new(wanted, applied) {
                self.settled.insert(wanted.key().to_string(), settled);
            }
        }
    }

    /// Deletes objects that the chart does not have any more, when they are still the release's.
    async fn delete_gone(&self) -> Result<(), ReleaseError> {
        let prepared = &self.live.prepared;
        let owner = (prepared.name.as_str(), prepared.namespace.as_str());
        for definition in &self.live.inhabited {
            self.keep(definition).await?;
        }
        let (going, _) = going(owner, self.live.gone.clone(), self.progress);
        Ok(remove(self.client, &going, Propagation::Background).await?)
    }

    /// Marks a definition that the chart does not have any more as one that stays, for Helm and for us.
    async fn keep(&self, definition: &Manifest) -> Result<(), KubernetesError> {
        let resource = self.client.resource_of(definition).await?;
        let patch = json!({"metadata": {"annotations": {objects::RESOURCE_POLICY: objects::KEEP}}});
        self.client.merge(&resource, &definition.object_name(), &patch, MANAGER).await?;
        self.progress.note(&format!("{definition} stays: there are objects of its kind"));
        Ok(())
    }

    /// Says which revision counts. The earlier one goes first, as Helm has it, so that never two do.
    async fn finish(&self, stored: &mut Stored) -> Result<(), ReleaseError> {
        let prepared = &self.live.prepared;
        let storage = Storage::new(self.client, &prepared.namespace);
        let now = self.clock.now();
        let upgraded = match &prepared.deployed {
            Some(deployed) if deployed.record.info.status == Status::Deployed => {
                let mut earlier = deployed.clone();
                earlier.record.info.status = Status::Superseded;
                storage.update(&mut earlier, now).await?;
                true
            }
            earlier => earlier.is_some(),
        };
        if let Some(inputs) = &prepared.inputs {
            stored.rendered_from = Some(fingerprint_now(self.client, inputs).await?);
        }
        let description = if upgraded { "Upgrade complete" } else { "Install complete" };
        stored.record.set_status(Status::Deployed, description);
        Ok(storage.update(stored, now).await?)
    }
}

/// Waits until the objects are ready.
pub(super) async fn wait(
    client: &Client,
    objects: Vec<Manifest>,
    deadline: Duration,
    progress: &dyn Progress,
) -> Result<(), KubernetesError> {
    client
        .wait_ready(objects, WaitOptions { deadline, jobs: false, pods: false, logs: true }, progress)
        .await?;
    Ok(())
}
