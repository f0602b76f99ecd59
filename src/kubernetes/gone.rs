//! Waiting until objects are gone: one list and one watch of each kind, saying what keeps them.

use std::time::Duration;

use futures::{FutureExt, StreamExt, future::try_join_all, stream};
use tokio::time::{Instant, sleep_until};

use super::wait::{AGAIN, Group, RECONNECT, Teller, oldest, overdue};
use super::{Client, Key, KubernetesError, Manifest, Watched};
use crate::resource::{ObjectName, Progress};

impl Client {
    /// Waits until the objects of these uids are gone, side by side, and says what keeps them.
    pub async fn wait_gone(
        &self,
        objects: &[Manifest],
        deadline: Duration,
        progress: &dyn Progress,
    ) -> Result<(), KubernetesError> {
        let end = Instant::now() + deadline;
        let groups = self.groups(objects.to_vec()).await?;
        let waits =
            groups.into_iter().map(|group| self.wait_group_gone(group, end, deadline, progress).boxed());
        try_join_all(waits).await?;
        Ok(())
    }

    async fn wait_group_gone(
        &self,
        mut group: Group,
        end: Instant,
        deadline: Duration,
        progress: &dyn Progress,
    ) -> Result<(), KubernetesError> {
        let mut teller = Teller::new(" to be gone", progress);
        loop {
            self.find_remaining(&mut group).await?;
            let mut events = match self.open(&group).await {
                // The kind's definition goes, or the version is too old: what is there is read anew.
                Err(error) if matches!(error.status(), Some(status) if [404, 410].contains(&status.code)) => {
                    stream::empty().boxed()
                }
                opened => opened?,
            };
            loop {
                let reasons = group.keepers();
                if reasons.is_empty() {
                    return Ok(());
                }
                if Instant::now() >= end {
                    return Err(overdue(reasons, " to be gone", deadline));
                }
                teller.tell(&reasons);
                tokio::select! {
                    event = events.next() => match event {
                        Some(Ok(Watched::Applied(object))) => group.replaced(object),
                        Some(Ok(Watched::Deleted(object))) => group.gone(&object),
                        Some(Err(_)) | None => break,
                    },
                    () = sleep_until(end.min(Instant::now() + AGAIN)) => {}
                }
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// Keeps of what is pending what is still there, as it now is.
    async fn find_remaining(&self, group: &mut Group) -> Result<(), KubernetesError> {
        let names: Vec<ObjectName> = group.pending.keys().cloned().collect();
        let wanted: Vec<_> = names.iter().map(|name| (group.resource.clone(), name.clone())).collect();
        let found = match self.get_many(&wanted).await {
            // With its definition the kind goes too.
            Err(error) if error.is_not_found() => Vec::new(),
            found => found?,
        };
        let before = std::mem::take(&mut group.pending);
        for object in found.into_iter().flatten() {
            let name = object.object_name();
            if before.get(&name).is_some_and(|before| before.uid() == object.uid()) {
                group.pending.insert(name, object);
            }
        }
        group.resource_version = oldest(group.pending.values());
        Ok(())
    }
}

impl Group {
    /// Takes note of an object as it now is; one of another uid has taken the place of what is gone.
    fn replaced(&mut self, object: Manifest) {
        self.gone_unless(&object, |pending| pending.uid() == object.uid());
        self.update(object);
    }

    /// Takes note of an object that is gone.
    fn gone(&mut self, object: &Manifest) {
        self.gone_unless(object, |pending| pending.uid() != object.uid());
    }

    fn gone_unless(&mut self, object: &Manifest, stays: impl Fn(&Manifest) -> bool) {
        let name = object.object_name();
        if self.pending.get(&name).is_some_and(|pending| !stays(pending)) {
            self.pending.remove(&name);
        }
    }

    /// Says of all that is pending what keeps it.
    fn keepers(&self) -> Vec<(Key, String)> {
        self.pending.values().map(|object| (object.key(), keeper(object))).collect()
    }
}

/// Says what keeps an object that is being deleted.
pub(super) fn keeper(object: &Manifest) -> String {
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
