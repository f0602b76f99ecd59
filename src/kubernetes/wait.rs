//! Waiting until objects are ready or gone: by watching, with deadlines, saying why it is not so yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{FutureExt, StreamExt, stream::BoxStream, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

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
const RECONNECT: Duration = Duration::from_millis(250);

/// The objects of one kind and namespace that are not ready yet.
struct Group {
    resource: ApiResource,
    namespace: Option<String>,
    pending: BTreeMap<ObjectName, Manifest>,
    ready: Vec<Manifest>,
    resource_version: String,
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
        if late.is_empty() { Ok(ready) } else { Err(overdue(late, options.deadline)) }
    }

    async fn groups(&self, applied: Vec<Manifest>) -> Result<Vec<Group>, KubernetesError> {
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
                // The oldest of them: what happened to any since is told again.
                resource_version: objects
                    .iter()
                    .map(Manifest::resource_version)
                    .min_by_key(|version| version.parse::<u64>().unwrap_or_default())
                    .unwrap_or_default()
                    .to_owned(),
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
        loop {
            tell(&reasons, progress);
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

    /// One object is watched by its name; of several the whole kind in the namespace is one watch.
    async fn open(
        &self,
        group: &Group,
    ) -> Result<BoxStream<'static, Result<Watched, KubernetesError>>, KubernetesError> {
        let fields = match group.pending.keys().collect::<Vec<_>>().as_slice() {
            [one] => Some(format!("metadata.name={}", one.name)),
            _ => None,
        };
        let namespace = group.namespace.as_deref();
        let selection = Selection { namespace, labels: None, fields: fields.as_deref() };
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

    /// Waits until the object of this uid is gone, and says what keeps it.
    pub async fn wait_gone(
        &self,
        object: &Manifest,
        deadline: Duration,
        progress: &dyn Progress,
    ) -> Result<(), KubernetesError> {
        let end = Instant::now() + deadline;
        let resource = self.resource_of(object).await?;
        let (name, uid) = (object.object_name(), object.uid().to_owned());
        let fields = format!("metadata.name={}", name.name);
        let selection =
            Selection { namespace: name.namespace.as_deref(), labels: None, fields: Some(&fields) };
        loop {
            let current = match self.get(&resource, &name).await {
                // With its definition the kind goes too.
                Err(error) if error.is_not_found() => return Ok(()),
                other => other?,
            };
            let Some(mut current) = current.filter(|current| current.uid() == uid) else { return Ok(()) };
            let mut events = self.watch(&resource, selection, current.resource_version()).await?;
            loop {
                progress.waiting(&format!("{object} to be gone"), &keeper(&current));
                tokio::select! {
                    event = events.next() => match event {
                        Some(Ok(Watched::Applied(newer))) if newer.uid() == uid => current = newer,
                        Some(Ok(_)) => return Ok(()),
                        Some(Err(_)) | None => break,
                    },
                    () = sleep_until(end) => return Err(KubernetesError::Deadline {
                        what: format!("{object} to be gone"),
                        seconds: deadline.as_secs(),
                        reason: keeper(&current),
                    }),
                }
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }
}

/// One line for many: the first tells what kind of wait it is.
fn tell(reasons: &[(Key, String)], progress: &dyn Progress) {
    match reasons {
        [] => {}
        [(key, why)] => progress.waiting(&key.to_string(), why),
        [(first, why), others @ ..] => {
            let kind = &first.kind.kind;
            progress.waiting(&format!("{} objects of kind {kind}", others.len() + 1), why);
        }
    }
}

impl Group {
    fn update(&mut self, object: Manifest) {
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
fn overdue(late: Vec<(Key, String)>, deadline: Duration) -> KubernetesError {
    let seconds = deadline.as_secs();
    match <[(Key, String); 1]>::try_from(late) {
        Ok([(key, reason)]) => KubernetesError::Deadline { what: key.to_string(), seconds, reason },
        Err(late) => {
            let each: Vec<String> = late.iter().map(|(key, why)| format!("{key}: {why}")).collect();
            KubernetesError::Deadline {
                what: format!("{} objects", late.len()),
                seconds,
                reason: each.join("; "),
            }
        }
    }
}

fn vanished(object: &Manifest) -> KubernetesError {
    KubernetesError::Failed { what: object.to_string(), reason: "somebody deleted it".into() }
}

/// Says what keeps an object that is being deleted.
fn keeper(object: &Manifest) -> String {
    if object.kind() == "Namespace" {
        for kind in [
            "NamespaceContentRemaining",
            "NamespaceFinalizersRemaining",
            "NamespaceDeletionContentFailure",
            "NamespaceDeletionDiscoveryFailure",
        ] {
            if let Some(condition) = object.condition(kind).filter(|condition| condition.status == "True") {
                return condition.message.to_owned();
            }
        }
    }
    let finalizers: Vec<&str> = object
        .get(&["metadata", "finalizers"])
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    match finalizers.as_slice() {
        [] => "its controller is still stopping it".into(),
        ["foregroundDeletion"] => "what it owns is deleted first".into(),
        names => format!("waits for whoever has put the finalizer {} on it", names.join(", ")),
    }
}
