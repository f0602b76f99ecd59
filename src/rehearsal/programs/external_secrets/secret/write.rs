//! Writing a Secret: made where it is not there, replaced where it differs.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use serde_json::json;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    hash,
    recorder::{Notice, Recorder},
    resource::{ExternalSecret, Kind, Object},
    world::{World, reference},
};

use super::keys::Data;
use super::refresh::{MANAGED, OWNER};
use super::target::{self, TargetError};
use super::template::Gathered;

/// Why a Secret was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    /// It cannot become what is wanted.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// As before, for one that is there.
    #[error("unable to mutate secret {name}: {source}")]
    Mutate { name: String, source: TargetError },
    /// Its data would change, and it is immutable.
    #[error("unable to update secret {0}: secret is immutable")]
    Immutable(String),
    /// The API server, or a template's source.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl WriteError {
    /// Returns what is wrong with the target itself.
    pub(super) fn target(&self) -> Option<&TargetError> {
        match self {
            Self::Target(error) | Self::Mutate { source: error, .. } => Some(error),
            Self::Immutable(_) | Self::Failed(_) => None,
        }
    }
}

/// What is written, and for whom.
pub(super) struct Write<'a> {
    pub(super) world: &'a World,
    pub(super) recorder: &'a Recorder,
    pub(super) object: &'a Object<ExternalSecret>,
    pub(super) data: &'a Data,
    pub(super) gathered: &'a [Gathered],
}

impl Write<'_> {
    /// Makes the Secret.
    pub(super) async fn create(&self) -> Result<(), WriteError> {
        let wanted = target::wanted(self.object, None, self.data, self.gathered, &self.world.clock)?;
        let parameters = PostParams { field_manager: Some(self.manager()), ..PostParams::default() };
        self.secrets().create(&parameters, &wanted).await.map_err(Failure::from)?;
        self.record(Notice::normal("Created", "secret created")).await;
        Ok(())
    }

    /// Makes the Secret that is there what is wanted. Of an immutable one only labels and annotations can change.
    pub(super) async fn update(&self, existing: &Secret) -> Result<(), WriteError> {
        let name = target::name_of(self.object).to_owned();
        let wanted = target::wanted(self.object, Some(existing), self.data, self.gathered, &self.world.clock);
        let wanted = wanted.map_err(|source| WriteError::Mutate { name: name.clone(), source })?;
        if wanted == *existing {
            return Ok(());
        }
        if existing.immutable == Some(true) {
            let mut labelled = existing.clone();
            labelled.metadata = wanted.metadata.clone();
            if labelled.metadata != existing.metadata {
                self.replace(&name, &labelled).await?;
            }
            if labelled != wanted {
                return Err(WriteError::Immutable(name));
            }
            self.record(Notice::normal("Updated", "secret updated")).await;
            return Ok(());
        }
        self.replace(&name, &wanted).await?;
        self.record(Notice::normal("Updated", "secret updated")).await;
        Ok(())
    }

    async fn replace(&self, name: &str, wanted: &Secret) -> Result<(), WriteError> {
        let parameters = PostParams { field_manager: Some(self.manager()), ..PostParams::default() };
        let replaced = self.secrets().replace(name, &parameters, wanted).await.map_err(Failure::from);
        replaced.map_err(|failure| {
            // A conflict is not a failure: it is tried again.
            let is_conflict = failure.is_conflict();
            if is_conflict { failure } else { failure.within(format!("unable to update secret {name}")) }
        })?;
        Ok(())
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.world.client(), self.object.namespace())
    }

    fn manager(&self) -> String {
        hash::field_manager(self.object.name())
    }

    async fn record(&self, notice: Notice) {
        self.recorder.record(&reference(Kind::ExternalSecret, self.object), &notice).await;
    }
}

/// Deletes the Secrets of this ExternalSecret that are not its target any more.
pub(super) async fn delete_orphaned(
    world: &World,
    recorder: &Recorder,
    object: &Object<ExternalSecret>,
) -> Result<(), Failure> {
    let secrets: Api<Secret> = Api::namespaced(world.client(), object.namespace());
    let own = ListParams::default().labels(&format!("{OWNER}={}", target::owner_label(object)));
    for secret in secrets.list_metadata(&own).await?.items {
        let name = secret.metadata.name.unwrap_or_default();
        if name == target::name_of(object) {
            continue;
        }
        delete(&secrets, &name, None).await?;
        let notice = Notice::normal("Deleted", "secret deleted because it was orphaned");
        recorder.record(&reference(Kind::ExternalSecret, object), &notice).await;
    }
    Ok(())
}

/// Deletes a Secret, and of that name only the one with that uid; one that is gone needs nothing.
pub(super) async fn delete(secrets: &Api<Secret>, name: &str, uid: Option<String>) -> Result<(), Failure> {
    let preconditions = uid.map(|uid| Preconditions { uid: Some(uid), resource_version: None });
    let parameters = DeleteParams { preconditions, ..DeleteParams::default() };
    match secrets.delete(name, &parameters).await.map_err(Failure::from) {
        Err(failure) if failure.is_missing() => Ok(()),
        other => other.map(drop),
    }
}

/// Puts the operator's label on a Secret that lacks it.
pub(super) async fn adopt(
    secrets: &Api<Secret>,
    object: &Object<ExternalSecret>,
    name: &str,
) -> Result<(), Failure> {
    let patch = json!({ "metadata": { "labels": { (MANAGED): "true" } } });
    let manager = hash::field_manager(object.name());
    let parameters = PatchParams { field_manager: Some(manager), ..PatchParams::default() };
    secrets.patch(name, &parameters, &Patch::Merge(patch)).await?;
    Ok(())
}
