//! Waiting until objects are ready: by watching, with deadlines, saying why it is not so yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream, FuturesUnordered},
};
use tokio::time::{Instant, sleep_until};

use super::gone::keeper;
use super::list::side_by_side;
use super::{ApiResource, Client, Key, KubernetesError, Manifest, Readiness, Selection, Watched};
use crate::resource::{ObjectName, Progress};

/// How to wait.
#[derive(Clone, Copy, Debug)]
pub struct WaitOptions {
    /// How long at most.
    pub deadline: Duration,
    /// Whether a Job must be done, not only started.
    pub jobs: bool,
    /// Whether a Pod must have ended well, not only be ready.
    pub pods: bool,
    /// Whether the last log lines of containers that end in vain are told when it is over.
    pub logs: bool,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_mins(5), jobs: true, pods: false, logs: false }
    }
}

/// After this long without news the pods of a workload are asked what is wrong.
const EXPLAIN: Duration = Duration::from_secs(2);
/// How often a wait for many objects is told again: as they come one by one, each would be a line.
pub(super) const AGAIN: Duration = Duration::from_secs(5);
pub(super) const RECONNECT: Duration = Duration::from_millis(250);

/// The objects of one kind and namespace that are not ready yet.
pub(super) struct Group {
    pub(super) resource: ApiResource,
    pub(super) namespace: Option<String>,
    pub(super) pending: BTreeMap<ObjectName, Manifest>,
    ready: Vec<Manifest>,
    pub(super) resource_version: String,
}

/// What failed for good, and why.
type Lost = Box<(Manifest, String)>;

/// What became of a group.
struct Waited {
    ready: Vec<Manifest>,
    /// What was not ready in time, and why not.
    late: Vec<(Key, String)>,
}

impl Client {
    /// Waits until all objects are ready, side by side; `applied` is what the server last answered.
    ///
    /// Fails at once when one fails for good. Returns the objects as they then are, in no order.
    pub async fn wait_ready(
        &self,
        applied: Vec<Manifest>,
        options: WaitOptions,
        progress: &dyn Progress,
    ) -> Result<Vec<Manifest>, KubernetesError> {
        let end = Instant::now() + options.deadline;
        let groups = self.groups(applied).await?;
        let mut waits: FuturesUnordered<_> =
            groups.into_iter().map(|group| self.wait_group(group, options, end, progress).boxed()).collect();
        let (mut ready, mut late) = (Vec::new(), Vec::new());
        while let Some(waited) = waits.next().await {
            let Waited { ready: these, late: those } = waited?;
            ready.extend(these);
            late.extend(those);
        }
        if late.is_empty() { Ok(ready) } else { Err(overdue(late, "", options.deadline)) }
    }

    pub(super) async fn groups(&self, applied: Vec<Manifest>) -> Result<Vec<Group>, KubernetesError> {
        let mut groups: BTreeMap<(ApiResource, Option<String>), Vec<Manifest>> = BTreeMap::new();
        for object in applied {
            let resource = self.resource_of(&object).await?;
            groups.entry((resource, object.namespace().map(Into::into))).or_default().push(object);
        }
        Ok(groups
            .into_iter()
            .map(|((resource, namespace), objects)| Group {
                resource,
                namespace,
                resource_version: oldest(objects.iter()),
                pending: objects.into_iter().map(|object| (object.object_name(), object)).collect(),
                ready: Vec::new(),
            })
            .collect())
    }

    async fn wait_group(
        &self,
        mut group: Group,
        options: WaitOptions,
        end: Instant,
        progress: &dyn Progress,
    ) -> Result<Waited, KubernetesError> {
        let mut reasons = self.settle(&mut group, options, progress).await?;
        if reasons.is_empty() {
            return Ok(Waited { ready: group.ready, late: Vec::new() });
        }
        let mut events = self.follow(&mut group).await?;
        let mut teller = Teller::new("", progress);
        loop {
            teller.tell(&reasons);
            let explain = Instant::now() + EXPLAIN;
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(Watched::Applied(object))) => group.update(object),
                    Some(Ok(Watched::Deleted(object))) => group.lost(&object)?,
                    Some(Err(_)) | None => {
                        tokio::time::sleep(RECONNECT).await;
                        self.reread(&mut group).await?;
                        events = self.follow(&mut group).await?;
                    }
                },
                () = sleep_until(explain) => {
                    for (object, why) in self.troubles(group.pending.values()).await {
                        progress.waiting(&object.to_string(), &why);
                    }
                    if Instant::now() < end {
                        continue;
                    }
                }
                () = sleep_until(end) => {}
            }
            reasons = self.settle(&mut group, options, progress).await?;
            if reasons.is_empty() {
                return Ok(Waited { ready: group.ready, late: Vec::new() });
            }
            if Instant::now() >= end {
                for (key, trouble) in self.troubles(group.pending.values()).await {
                    if let Some((_, why)) = reasons.iter_mut().find(|(late, _)| *late == key) {
                        *why = trouble;
                    }
                }
                if options.logs {
                    self.tell_last_words(group.pending.values(), progress).await;
                }
                return Ok(Waited { ready: group.ready, late: reasons });
            }
        }
    }

    /// Moves what is ready out of what is pending; returns why the rest is not. What fails for good is explained by its
    /// pods.
    async fn settle(
        &self,
        group: &mut Group,
        options: WaitOptions,
        progress: &dyn Progress,
    ) -> Result<Vec<(Key, String)>, KubernetesError> {
        let (object, reason) = match group.settle(options) {
            Ok(reasons) => return Ok(reasons),
            Err(failed) => *failed,
        };
        let trouble = self.trouble(&object).await.unwrap_or_default();
        if options.logs {
            self.tell_last_words(std::iter::once(&object), progress).await;
        }
        let reason = match trouble.filter(|trouble| !reason.contains(trouble.as_str())) {
            Some(trouble) => format!("{reason}; {trouble}"),
            None => reason,
        };
        Err(KubernetesError::Failed { what: object.to_string(), reason })
    }

    async fn follow(
        &self,
        group: &mut Group,
    ) -> Result<BoxStream<'static, Result<Watched, KubernetesError>>, KubernetesError> {
        match self.open(group).await {
            Err(error) if error.status().is_some_and(|status| status.code == 410) => {
                self.reread(group).await?;
                self.open(group).await
            }
            other => other,
        }
    }

    /// One object is watched by its name; of several the whole kind in the namespace is one watch, if that is allowed.
    pub(super) async fn open(
        &self,
        group: &Group,
    ) -> Result<BoxStream<'static, Result<Watched, KubernetesError>>, KubernetesError> {
        if group.pending.len() > 1 {
            match self.watch_in(group, None).await {
                Err(error) if error.is_refused() => {}
                opened => return opened,
            }
        }
        let names: Vec<String> =
            group.pending.keys().map(|name| format!("metadata.name={}", name.name)).collect();
        let opened = names.iter().map(|name| self.watch_in(group, Some(name)).boxed()).collect();
        Ok(stream::select_all(side_by_side(opened).await?).boxed())
    }

    async fn watch_in(
        &self,
        group: &Group,
        fields: Option<&str>,
    ) -> Result<BoxStream<'static, Result<Watched, KubernetesError>>, KubernetesError> {
        let selection = Selection { namespace: group.namespace.as_deref(), labels: None, fields };
        self.watch(&group.resource, selection, &group.resource_version).await
    }

    async fn reread(&self, group: &mut Group) -> Result<(), KubernetesError> {
        let names: Vec<ObjectName> = group.pending.keys().cloned().collect();
        let wanted: Vec<_> = names.iter().map(|name| (group.resource.clone(), name.clone())).collect();
        for (name, object) in names.iter().zip(self.get_many(&wanted).await?) {
            let Some(object) = object else {
                return Err(vanished(&group.pending[name]));
            };
            // Newer than all that was pending: no event is needed from before.
            object.resource_version().clone_into(&mut group.resource_version);
            group.update(object);
        }
        Ok(())
    }
}

/// Tells of a wait: one line for many objects, of which the first tells what kind of wait it is.
pub(super) struct Teller<'a> {
    /// What follows the objects' names.
    until: &'static str,
    progress: &'a dyn Progress,
    /// When many may be told of again.
    again: Instant,
}

impl<'a> Teller<'a> {
    pub(super) fn new(until: &'static str, progress: &'a dyn Progress) -> Self {
        Self { until, progress, again: Instant::now() }
    }

    pub(super) fn tell(&mut self, reasons: &[(Key, String)]) {
        let until = self.until;
        match reasons {
            [] => {}
            [(key, why)] => self.progress.waiting(&format!("{key}{until}"), why),
            [(first, why), others @ ..] => {
                if Instant::now() < self.again {
                    return;
                }
                let kind = &first.kind.kind;
                self.progress.waiting(&format!("{} objects of kind {kind}{until}", others.len() + 1), why);
                self.again = Instant::now() + AGAIN;
            }
        }
    }
}

/// Returns the oldest version of the objects: what happened to any since is told again.
pub(super) fn oldest<'a>(objects: impl Iterator<Item = &'a Manifest>) -> String {
    let versions = objects.map(Manifest::resource_version);
    versions.min_by_key(|version| version.parse::<u64>().unwrap_or_default()).unwrap_or_default().to_owned()
}

impl Group {
    pub(super) fn update(&mut self, object: Manifest) {
        if let Some(pending) = self.pending.get_mut(&object.object_name()) {
            let version = |object: &Manifest| object.resource_version().parse::<u64>().unwrap_or(u64::MAX);
            if version(&object) >= version(pending) {
                *pending = object;
            }
        }
    }

    fn lost(&self, object: &Manifest) -> Result<(), KubernetesError> {
        match self.pending.get(&object.object_name()) {
            Some(pending) if pending.uid() == object.uid() => Err(vanished(pending)),
            _ => Ok(()),
        }
    }

    /// Moves what is ready out of what is pending; returns why the rest is not, or which failed for good and why.
    fn settle(&mut self, options: WaitOptions) -> Result<Vec<(Key, String)>, Lost> {
        let now = jiff::Timestamp::now();
        let mut reasons = Vec::new();
        let mut ready = BTreeSet::new();
        for (name, object) in &self.pending {
            let readiness = if options.jobs && object.kind() == "Job" && object.group() == "batch" {
                object.completion()
            } else if options.pods && object.kind() == "Pod" && object.group().is_empty() {
                object.ended()
            } else {
                object.readiness(now)
            };
            match readiness {
                Readiness::Ready => {
                    ready.insert(name.clone());
                }
                Readiness::Waiting(why) => reasons.push((object.key(), why)),
                Readiness::Terminating => reasons.push((object.key(), keeper(object))),
                Readiness::Failed(reason) => return Err(Box::new((object.clone(), reason))),
            }
        }
        self.ready.extend(ready.iter().filter_map(|name| self.pending.remove(name)));
        Ok(reasons)
    }
}

/// Tells of all that came too late; one of them alone by its name.
pub(super) fn overdue(late: Vec<(Key, String)>, until: &str, deadline: Duration) -> KubernetesError {
    let seconds = deadline.as_secs();
    match <[(Key, String); 1]>::try_from(late) {
        Ok([(key, reason)]) => KubernetesError::Deadline { what: format!("{key}{until}"), seconds, reason },
        Err(late) => {
            let each: Vec<String> = late.iter().map(|(key, why)| format!("{key}: {why}")).collect();
            KubernetesError::Deadline {
                what: format!("{} objects{until}", late.len()),
                seconds,
                reason: each.join("; "),
            }
        }
    }
}

fn vanished(object: &Manifest) -> KubernetesError {
    KubernetesError::Failed { what: object.to_string(), reason: "somebody deleted it".into() }
}
