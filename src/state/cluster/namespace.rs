//! The namespace of the state: made when it is missing, and taken away by the last that leaves it, if we made it.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Preconditions};

use super::documents::post;
use super::{ClusterBackend, NAMESPACE, failed, is_code, unless_missing};
use crate::resource::{Access, GroupKind, Progress};
use crate::state::StateError;

/// Says of the namespace that we made it.
const MADE: &str = "eggtooth.dev/made";
/// How long the namespace may take to go away.
const PATIENCE: Duration = Duration::from_mins(1);
const PLACE: &str = "Namespace eggtooth-system";

impl ClusterBackend {
    fn namespaces(&self) -> Api<Namespace> {
        Api::all(self.client.clone())
    }

    /// Returns the namespace, if it is there.
    pub(super) async fn namespace(&self) -> Result<Option<Namespace>, StateError> {
        self.namespaces().get_opt(NAMESPACE).await.map_err(failed("read the", PLACE))
    }

    /// Returns what it takes to keep a stack in the namespace, which may have to be made.
    pub(super) fn accesses_in(there: Option<&Namespace>, ending: bool) -> Vec<Access> {
        let namespace = GroupKind::new("", "Namespace");
        let to = |group: &str, kind: &str, verbs: &[&'static str]| -> Vec<Access> {
            let access = |verb: &&'static str| Access::to(verb, GroupKind::new(group, kind), Some(NAMESPACE));
            verbs.iter().map(access).collect()
        };
        let lease = |verbs| to("coordination.k8s.io", "Lease", verbs);
        let mut accesses = to("", "Namespace", &["get"]);
        accesses.extend(to("", "Secret", &["list", "create", "update", "delete"]));
        accesses.extend(lease(&["get", "create", "update"]));
        if there.is_none() {
            accesses.push(Access::to("create", namespace, None));
        }
        if ending {
            accesses.extend(lease(&["list", "delete"]));
            if there.is_none_or(is_made) {
                accesses.extend(to("", "Namespace", &["delete"]));
            }
        }
        accesses
    }

    /// Makes the namespace, once one that is going away is gone.
    pub(super) async fn make_namespace(&self, progress: &dyn Progress) -> Result<(), StateError> {
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(NAMESPACE.into()),
                annotations: Some([(MADE.to_owned(), "true".to_owned())].into()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        loop {
            match self.namespaces().create(&post(), &namespace).await {
                Ok(_) => return Ok(()),
                Err(error) if is_code(&error, 409) => {}
                Err(error) => return Err(failed("make the", PLACE)(error)),
            }
            match self.namespace().await? {
                Some(there) if there.metadata.deletion_timestamp.is_some() => {
                    progress.waiting(PLACE, "the former one is still going away");
                    self.gone(there.metadata.uid.as_deref()).await?;
                }
                Some(_) => return Ok(()),
                None => {}
            }
        }
    }

    /// Deletes the namespace if we made it and it keeps nobody's state any more, and waits until it is gone.
    pub(super) async fn remove_namespace_if_ours_and_empty(&self) -> Result<(), StateError> {
        let Some(namespace) = self.namespace().await? else { return Ok(()) };
        if !is_made(&namespace) || self.is_used().await? {
            return Ok(());
        }
        let uid = namespace.metadata.uid;
        let preconditions = Preconditions { uid: uid.clone(), resource_version: None };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        unless_missing(self.namespaces().delete(NAMESPACE, &params).await)
            .map_err(failed("delete the", PLACE))?;
        self.gone(uid.as_deref()).await
    }

    async fn is_used(&self) -> Result<bool, StateError> {
        let any = ListParams::default().limit(1);
        let (secrets, leases) = (self.secrets(), self.leases());
        let (secrets, leases) = futures::try_join!(secrets.list_metadata(&any), leases.list_metadata(&any))
            .map_err(failed("look into the", PLACE))?;
        Ok(!secrets.items.is_empty() || !leases.items.is_empty())
    }

    async fn gone(&self, uid: Option<&str>) -> Result<(), StateError> {
        let until = self.clock.elapsed() + PATIENCE;
        let mut pause = Duration::from_millis(50);
        loop {
            let there = self.namespace().await?;
            let Some(there) = there.filter(|there| there.metadata.uid.as_deref() == uid) else {
                return Ok(());
            };
            if self.clock.elapsed() >= until {
                let conditions = there.status.and_then(|status| status.conditions).unwrap_or_default();
                let why = conditions.into_iter().filter(|condition| condition.status == "True");
                let why: Vec<String> = why.filter_map(|condition| condition.message).collect();
                return Err(StateError::Backend {
                    act: "wait for the end of the",
                    place: PLACE.into(),
                    source: format!("still there after {} s: {}", PATIENCE.as_secs(), why.join("; ")).into(),
                });
            }
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}

fn is_made(namespace: &Namespace) -> bool {
    namespace.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(MADE))
}
