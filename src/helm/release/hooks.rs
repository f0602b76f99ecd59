//! Running hooks: one after the other, each until it is done.

use std::time::Duration;

use serde_json::Value as Json;

use super::prepare::ReleaseError;
use super::{logs, objects, waves};
use crate::clock::Clock;
use crate::helm::hooks::{Event, Execution, Hook, Policy, places};
use crate::kubernetes::{Client, Manifest, Propagation, WaitOptions};
use crate::resource::Progress;
use crate::yaml;

/// How long a hook may take where nobody says otherwise.
pub(super) const DEADLINE: Duration = Duration::from_mins(5);

/// What hooks run with.
#[derive(Clone, Copy)]
pub(in crate::helm) struct Course<'a> {
    pub(in crate::helm) client: &'a Client,
    pub(in crate::helm) clock: &'a Clock,
    /// The namespace of objects that name none.
    pub(in crate::helm) namespace: &'a str,
    /// How long each may take.
    pub(in crate::helm) limit: Duration,
    pub(in crate::helm) progress: &'a dyn Progress,
}

impl Course<'_> {
    /// Runs the hooks of an event, and notes in each when it ran and how that ended. When one fails, those that
    /// succeeded before are still cleaned up.
    pub(in crate::helm) async fn run(self, hooks: &mut [Hook], event: Event) -> Result<(), ReleaseError> {
        let all = places(hooks, event);
        self.run_these(hooks, all).await
    }

    /// Runs the hooks at these places, in this order.
    pub(in crate::helm) async fn run_these(
        self,
        hooks: &mut [Hook],
        these: Vec<usize>,
    ) -> Result<(), ReleaseError> {
        let mut done: Vec<usize> = Vec::new();
        let mut failure = None;
        for place in these {
            let hook = &mut hooks[place];
            hook.settle_policies();
            let started_at = Some(self.clock.now().to_string());
            let ended = self.run_one(hook).await;
            let phase = if ended.is_ok() { Execution::SUCCEEDED } else { Execution::FAILED };
            let completed_at = Some(self.clock.now().to_string());
            hook.last_run = Execution { started_at, completed_at, phase: phase.into() };
            if let Err(error) = ended {
                logs::tell(self, hook).await;
                if hook.is_deleted(Policy::FAILED) {
                    self.remove(hook).await?;
                }
                failure = Some(ReleaseError::Hook { path: hook.path.clone(), source: Box::new(error) });
                break;
            }
            done.push(place);
        }
        for place in done.into_iter().rev() {
            let hook = &hooks[place];
            if hook.shows_logs(Policy::SUCCEEDED) {
                logs::tell(self, hook).await;
            }
            if hook.is_deleted(Policy::SUCCEEDED) {
                self.remove(hook).await?;
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn run_one(self, hook: &Hook) -> Result<(), ReleaseError> {
        if hook.is_deleted(Policy::BEFORE_CREATION) {
            self.remove(hook).await?;
        }
        let objects = self.objects(hook).await?;
        let objects: Vec<&Manifest> = objects.iter().collect();
        let applied = waves::apply(self.client, &objects, waves::Method::SERVER, self.progress).await?;
        let options = WaitOptions { deadline: self.limit, jobs: true, pods: true, logs: false };
        self.client.wait_ready(applied, options, self.progress).await?;
        Ok(())
    }

    async fn remove(self, hook: &Hook) -> Result<(), ReleaseError> {
        for object in self.objects(hook).await? {
            let resource = self.client.resource_of(&object).await?;
            let name = object.object_name();
            let Some(live) = self.client.get(&resource, &name).await? else { continue };
            if self.client.delete(&resource, &name, live.uid(), Propagation::Background).await? {
                self.client.wait_gone(&[live], self.limit, self.progress).await?;
            }
        }
        Ok(())
    }

    /// Returns the hook's objects with their namespace.
    pub(super) async fn objects(self, hook: &Hook) -> Result<Vec<Manifest>, ReleaseError> {
        let documents = yaml::read_json_stream(&hook.manifest, yaml::Flavour::GoYamlV2)
            .map_err(ReleaseError::Manifest)?;
        let discovery = self.client.discovery().await?;
        let documents = documents.into_iter().filter(Json::is_object);
        Ok(objects::manifests(documents, None, self.namespace, &discovery)?)
    }
}
