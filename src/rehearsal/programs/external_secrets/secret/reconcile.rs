//! The controller of ExternalSecrets.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    hash,
    queue::Next,
    recorder::{Notice, Recorder},
    resource::{
        Condition, CreationPolicy, DeletionPolicy, ExternalSecret, Kind, Object, Place, Store,
        StoreReference, set_condition,
    },
    store::belongs_to,
    world::{World, reference},
};

use super::keys::Data;
use super::provider_data::fetch;
use super::refresh;
use super::target::{self, TargetError};
use super::template;
use super::write::{self, Write, WriteError};

/// Set on every ExternalSecret.
const FINALIZER: &str = "externalsecrets.external-secrets.io/externalsecret-cleanup";

const LOGGER: &str = "controllers.ExternalSecret";

/// Keeps Secrets as their ExternalSecrets want them.
pub(crate) struct Controller {
    world: World,
    recorder: Recorder,
}

/// How a refresh ended, when not with an error that is tried again.
enum End {
    /// With what the condition says.
    Done { reason: &'static str, message: &'static str },
    /// With something that another try does not mend.
    Stuck { message: &'static str, cause: String },
    /// With a write that somebody else's got ahead of.
    Conflict,
}

impl End {
    fn done(reason: &'static str, message: &'static str) -> Self {
        Self::Done { reason, message }
    }
}

/// A failure that is tried again, and what the condition says of it.
struct Failed {
    message: &'static str,
    cause: Failure,
}

impl Controller {
    pub(crate) fn new(world: World) -> Self {
        let recorder = Recorder::new(world.client(), world.clock.clone(), "external-secrets");
        Self { world, recorder }
    }

    /// Refreshes an ExternalSecret if its time has come, and cleans up after one that goes.
    pub(crate) async fn reconcile(&self, place: &Place) -> Result<Next, Failure> {
        let kind = Kind::ExternalSecret;
        let Some(mut object) = self.world.read::<ExternalSecret>(kind, place).await? else {
            return Ok(Next::Wait);
        };
        if object.is_deleted() {
            return self.clean_up(&object).await;
        }
        if !object.has_finalizer(FINALIZER) {
            object = self.world.write_finalizer(kind, &object, FINALIZER, true).await?;
        }
        let is_clustered = object.spec.secret_store_ref.kind == Kind::ClusterSecretStore.name();
        if is_clustered && !self.world.flags.cluster_stores || self.is_unmanaged(&object).await? {
            return Ok(Next::Wait);
        }
        let secrets: Api<Secret> = Api::namespaced(self.world.client(), object.namespace());
        let name = target::name_of(&object).to_owned();
        let existing = secrets.get_opt(&name).await?;
        if existing.as_ref().is_some_and(|secret| !refresh::is_managed(secret)) {
            write::adopt(&secrets, &object, &name).await?;
            return Ok(Next::Again);
        }
        let now = self.world.now();
        if !refresh::should_refresh(&object, now) && refresh::is_valid(existing.as_ref(), &object.spec) {
            return Ok(refresh::next(&object, now));
        }
        self.refresh(place, object, existing.as_ref(), now).await
    }

    async fn refresh(
        &self,
        place: &Place,
        mut object: Object<ExternalSecret>,
        existing: Option<&Secret>,
        start: Timestamp,
    ) -> Result<Next, Failure> {
        let before = object.status.clone();
        let ended = self.synchronize(&mut object, existing).await;
        let next = match ended {
            Ok(End::Done { reason, message }) => {
                let condition = Condition::ready(true, reason, message);
                set_condition(&mut object.status.conditions, condition, self.world.now());
                object.status.refresh_time = Some(start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                object.status.synced_resource_version = hash::synced_version(&object.metadata);
                Ok(refresh::next(&object, self.world.now()))
            }
            Ok(End::Stuck { message, cause }) => {
                self.mark_failed(&mut object, message, &cause).await;
                Ok(Next::Wait)
            }
            Ok(End::Conflict) => Ok(Next::Again),
            Err(Failed { message, cause }) => {
                self.mark_failed(&mut object, message, &cause.to_string()).await;
                Err(cause)
            }
        };
        if object.status == before {
            return next;
        }
        let version = object.metadata.resource_version.as_deref();
        let kind = Kind::ExternalSecret;
        let written =
            self.world.write_status::<ExternalSecret>(kind, place, &before, &object.status, version).await;
        match written {
            Err(failure) if failure.is_conflict() => next.map(|_| Next::Again),
            Err(failure) => next.and(Err(failure)),
            Ok(()) => next,
        }
    }

    async fn synchronize(
        &self,
        object: &mut Object<ExternalSecret>,
        existing: Option<&Secret>,
    ) -> Result<End, Failed> {
        let data = fetch(&self.world, &self.recorder, object).await;
        let data =
            data.map_err(|cause| Failed { message: "could not get secret data from provider", cause })?;
        if data.is_empty() {
            match object.spec.target.deletion_policy {
                DeletionPolicy::Delete => return self.delete(object, existing).await,
                DeletionPolicy::Retain => {
                    let message = "secret retained due to DeletionPolicy=Retain";
                    return Ok(End::done("SecretSynced", message));
                }
                DeletionPolicy::Merge => {}
            }
        }
        let synced = End::done("SecretSynced", "secret synced");
        let policy = object.spec.target.creation_policy;
        match (policy, existing) {
            (CreationPolicy::None, _) => return Ok(synced),
            (CreationPolicy::Merge, None) => {
                let message = "secret will not be created due to CreationPolicy=Merge";
                return Ok(End::done("SecretMissing", message));
            }
            (CreationPolicy::Owner, _) => {
                let deleted = write::delete_orphaned(&self.world, &self.recorder, object).await;
                let message = "could not delete orphaned secrets";
                deleted.map_err(|cause| Failed { message, cause })?;
            }
            (CreationPolicy::Orphan | CreationPolicy::Merge | CreationPolicy::CreateOrMerge, _) => {}
        }
        let written = self.write(object, existing, &data).await;
        // The binding names the Secret also where it could not be changed, but not where it could not be made.
        if existing.is_some() || written.is_ok() {
            let name = target::name_of(object).to_owned();
            object.status.binding.name = name;
        }
        match written {
            Ok(()) => Ok(synced),
            Err(WriteError::Failed(failure)) if failure.is_conflict() => Ok(End::Conflict),
            Err(error) => stuck_or_failed(error),
        }
    }

    async fn write(
        &self,
        object: &Object<ExternalSecret>,
        existing: Option<&Secret>,
        data: &Data,
    ) -> Result<(), WriteError> {
        let gathered = match &object.spec.target.template {
            Some(template) => {
                let gathered = template::gather(&self.world.client(), object.namespace(), template).await;
                gathered.map_err(|failure| {
                    let error = TargetError::Template(failure);
                    match existing {
                        Some(_) => {
                            WriteError::Mutate { name: target::name_of(object).to_owned(), source: error }
                        }
                        None => WriteError::Target(error),
                    }
                })?
            }
            None => Vec::new(),
        };
        let (world, recorder) = (&self.world, &self.recorder);
        let write = Write { world, recorder, object, data, gathered: &gathered };
        match existing {
            Some(existing) => write.update(existing).await,
            None => write.create().await,
        }
    }

    /// Deletes the Secret, because the providers have nothing for it any more.
    async fn delete(
        &self,
        object: &Object<ExternalSecret>,
        existing: Option<&Secret>,
    ) -> Result<End, Failed> {
        let name = target::name_of(object);
        let message = "could not delete secret";
        let policy = object.spec.target.creation_policy;
        if policy != CreationPolicy::Owner {
            let policy = policy.name();
            let cause = format!("unable to delete secret {name}: creationPolicy={policy} is not Owner");
            return Ok(End::Stuck { message, cause });
        }
        let done = "secret deleted due to DeletionPolicy=Delete";
        if let Some(existing) = existing {
            let secrets = Api::namespaced(self.world.client(), object.namespace());
            let deleted = write::delete(&secrets, name, existing.metadata.uid.clone()).await;
            deleted.map_err(|cause| Failed { message, cause })?;
            self.record(object, Notice::normal("Deleted", done)).await;
        }
        Ok(End::done("SecretDeleted", done))
    }

    /// Lets an ExternalSecret go. Its Secret goes first where that is the policy; else the garbage collector sees to
    /// what it owned.
    async fn clean_up(&self, object: &Object<ExternalSecret>) -> Result<Next, Failure> {
        if object.spec.target.deletion_policy == DeletionPolicy::Delete {
            let secrets: Api<Secret> = Api::namespaced(self.world.client(), object.namespace());
            let name = target::name_of(object);
            let secret = secrets.get_opt(name).await?;
            let owners = secret.as_ref().and_then(|secret| secret.metadata.owner_references.as_ref());
            let is_ours = owners.into_iter().flatten().any(|owner| {
                owner.controller == Some(true) && Some(&owner.uid) == object.metadata.uid.as_ref()
            });
            if is_ours {
                write::delete(&secrets, name, None).await?;
            }
        }
        if object.has_finalizer(FINALIZER) {
            let gone = self.world.write_finalizer(Kind::ExternalSecret, object, FINALIZER, false).await;
            gone.map(drop).or_else(|failure| if failure.is_missing() { Ok(()) } else { Err(failure) })?;
        }
        Ok(Next::Wait)
    }

    /// Tells whether any of the stores is another controller's. One that is not there is nobody's.
    async fn is_unmanaged(&self, object: &Object<ExternalSecret>) -> Result<bool, Failure> {
        let spec = &object.spec;
        let own = Some(&spec.secret_store_ref).filter(|store| !store.name.is_empty());
        let of_data =
            spec.data.iter().filter_map(|entry| entry.source_ref.as_ref()).map(|source| &source.store);
        let sources = spec.data_from.iter().filter_map(|from| from.source_ref.as_ref());
        let of_data_from = sources.filter_map(|source| source.store.as_ref());
        let mut stores: Vec<&StoreReference> = own.into_iter().chain(of_data).chain(of_data_from).collect();
        stores.sort_by_key(|store| (&store.kind, &store.name));
        stores.dedup();
        for store in stores {
            let kind = Kind::of_store(&store.kind)
                .ok_or_else(|| Failure::said(format!("unsupported secret store kind: {}", store.kind)))?;
            let is_clustered = kind == Kind::ClusterSecretStore;
            let namespace = (!is_clustered).then(|| object.namespace().to_owned());
            let place = Place { namespace, name: store.name.clone() };
            let found = self.world.read::<Store>(kind, &place).await?;
            if found.is_some_and(|store| !belongs_to(&store, &self.world.flags.controller_class)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn mark_failed(&self, object: &mut Object<ExternalSecret>, message: &str, cause: &str) {
        self.record(object, Notice::warning("UpdateFailed", cause)).await;
        let condition = Condition::ready(false, "SecretSyncedError", message);
        set_condition(&mut object.status.conditions, condition, self.world.now());
        self.world.journal.error(LOGGER, message, object.name(), cause);
    }

    async fn record(&self, object: &Object<ExternalSecret>, notice: Notice) {
        self.recorder.record(&reference(Kind::ExternalSecret, object), &notice).await;
    }
}

/// Sorts what another try may mend from what it does not.
fn stuck_or_failed(error: WriteError) -> Result<End, Failed> {
    let cause = error.to_string();
    let message = match (error.target(), &error) {
        (Some(TargetError::Controlled { .. }), _) => "failed to take ownership of target secret",
        (Some(TargetError::Owned(_)), _) => "target is owned by another ExternalSecret",
        (_, WriteError::Immutable(_)) => "could not update secret, target is immutable",
        _ => {
            let message = "could not update secret";
            return Err(Failed { message, cause: Failure::said(cause) });
        }
    };
    Ok(End::Stuck { message, cause })
}
