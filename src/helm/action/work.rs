//! A revision that is being made: hooks, objects, waiting, hooks.

use std::collections::BTreeMap;

use super::{ActionError, ChangeOptions, Releases};
use crate::helm::hooks::Event;
use crate::helm::record::{ApplyMethod, MANAGER, Status, Stored};
use crate::helm::release::{Method, apply_objects, going, live_of, remove_gone};
use crate::kubernetes::{Comparison, Key, Manifest, Propagation, WaitOptions, Wanted};

/// A revision whose record is written, and what leads to it.
pub(super) struct Work<'a> {
    pub(super) releases: &'a Releases<'a>,
    pub(super) options: &'a ChangeOptions,
    pub(super) stored: Stored,
    pub(super) objects: Vec<Manifest>,
    /// The objects of the revision that counted until now.
    pub(super) previous: Vec<Manifest>,
    pub(super) method: ApplyMethod,
    /// Whether what a client merged before is handed to the server.
    pub(super) migrate: bool,
    pub(super) before: Event,
    pub(super) after: Event,
}

impl Work<'_> {
    /// Does it. When it fails, the record says so, and what it made is deleted where that is wanted.
    pub(super) async fn run(&mut self, failed: &str) -> Result<(), ActionError> {
        let mut created = Vec::new();
        let Err(error) = self.steps(&mut created).await else { return Ok(()) };
        let name = self.stored.record.name().to_owned();
        let description = format!("{failed} {name:?} failed: {}", error.chain());
        self.stored.record.set_status(Status::Failed, description);
        self.releases.storage().update(&mut self.stored, self.releases.clock.now()).await?;
        if self.options.cleanup_on_fail {
            let live = live_of(self.releases.client, &created).await?;
            remove_gone(self.releases.client, &live, Propagation::Background).await?;
        }
        Err(error)
    }

    async fn steps(&mut self, created: &mut Vec<Manifest>) -> Result<(), ActionError> {
        let Releases { client, progress, .. } = *self.releases;
        let course = self.releases.course(self.options.timeout);
        if !self.options.no_hooks {
            course.run(&mut self.stored.record.hooks, self.before).await?;
        }
        let applied = self.apply(created).await?;
        self.delete_gone().await?;
        if self.options.wait || self.options.wait_for_jobs {
            let options = WaitOptions {
                deadline: self.options.timeout,
                jobs: self.options.wait_for_jobs,
                pods: false,
                logs: true,
            };
            client.wait_ready(applied, options, progress).await?;
        }
        if !self.options.no_hooks {
            course.run(&mut self.stored.record.hooks, self.after).await?;
        }
        Ok(())
    }

    /// Applies what differs, and returns all objects as they now are.
    async fn apply(&self, created: &mut Vec<Manifest>) -> Result<Vec<Manifest>, ActionError> {
        let Releases { client, progress, .. } = *self.releases;
        let wanted: Vec<Wanted<'_>> =
            self.objects.iter().map(|desired| Wanted { desired, settled: None, dry_run: false }).collect();
        let comparisons = client.compare(&wanted, MANAGER).await?;
        let server = self.method == ApplyMethod::ServerSide;
        let mut current = Vec::new();
        let mut different: Vec<&Manifest> = Vec::new();
        for (object, comparison) in self.objects.iter().zip(comparisons) {
            match comparison {
                // What the server would make of it is there already.
                Comparison::Same(live) if server && !self.migrate => current.push(live),
                Comparison::Absent => {
                    created.push(object.clone());
                    different.push(object);
                }
                _ => different.push(object),
            }
        }
        // Only an install comes so far; what it merely creates is not replaced.
        if created.len() < self.objects.len() {
            self.options.allow(self.method)?;
        }
        let before: BTreeMap<Key, Manifest> =
            self.previous.iter().map(|object| (object.key(), object.clone())).collect();
        let method = match self.method {
            ApplyMethod::ServerSide => {
                Method::ServerSide { force: self.options.force_conflicts, migrate: self.migrate }
            }
            ApplyMethod::ClientSide if self.options.force_replace => Method::Replace,
            ApplyMethod::ClientSide => Method::ClientSide(&before),
        };
        current.extend(apply_objects(client, &different, method, progress).await?);
        Ok(current)
    }

    /// Deletes what the revision does not have any more, when it is still the release's.
    async fn delete_gone(&self) -> Result<(), ActionError> {
        let dropped: Vec<Manifest> = self
            .previous
            .iter()
            .filter(|known| self.objects.iter().all(|object| object.key() != known.key()))
            .cloned()
            .collect();
        let live = live_of(self.releases.client, &dropped).await?;
        let record = &self.stored.record;
        let owner = (record.name(), record.namespace());
        let (going, _) = going(owner, live, self.releases.progress);
        Ok(remove_gone(self.releases.client, &going, Propagation::Background).await?)
    }
}
