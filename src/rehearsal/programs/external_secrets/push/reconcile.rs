//! The controller of PushSecrets.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::api::ListParams;
use kube::{Api, Resource};

use crate::rehearsal::programs::external_secrets::{
    duration,
    error::Failure,
    hash,
    queue::Next,
    recorder::{Notice, Recorder},
    resource::{
        Condition, GROUP, Kind, Object, Place, PushDeletion, PushSecret, PushSecretStatus, PushUpdate, Store,
        StoreReference, Synced, matches, set_condition,
    },
    secret::{apply_template, gather, seconds_of},
    store::{Stores, belongs_to},
    world::{World, reference},
};

use super::deliver::{Stopped, delete, merged, push};

/// Set where what was pushed is to be deleted.
const FINALIZER: &str = "pushsecret.externalsecrets.io/finalizer";
const INTERVAL: Duration = Duration::from_hours(1);
/// A refresh that is skipped is looked at so much later than it is due.
const GRACE: Duration = Duration::from_secs(5);

/// Pushes Secrets.
pub(crate) struct Controller {
    world: World,
    recorder: Recorder,
}

impl Controller {
    pub(crate) fn new(world: World) -> Self {
        let recorder = Recorder::new(world.client(), world.clock.clone(), "pushsecret");
        Self { world, recorder }
    }

    pub(crate) async fn reconcile(&self, place: &Place) -> Result<Next, Failure> {
        let kind = Kind::PushSecret;
        let Some(mut object) = self.world.read::<PushSecret>(kind, place).await? else {
            return Ok(Next::Wait);
        };
        let mut status = object.status.clone();
        let result = self.process(&mut object, &mut status).await;
        let written = self.world.write_status::<PushSecret>(kind, place, &object.status, &status, None).await;
        if let Err(failure) = written
            && !failure.is_missing()
        {
            let error = failure.to_string();
            self.world.journal.error("controllers.PushSecret", "error merging", &place.to_string(), &error);
        }
        result
    }

    async fn process(
        &self,
        object: &mut Object<PushSecret>,
        status: &mut PushSecretStatus,
    ) -> Result<Next, Failure> {
        let has_finalizer = object.has_finalizer(FINALIZER);
        match (object.spec.deletion_policy, object.is_deleted()) {
            (PushDeletion::Delete, false) if !has_finalizer => {
                self.set_finalizer(object, true).await?;
                return Ok(Next::Again);
            }
            (PushDeletion::Delete, true) if has_finalizer => return self.clean_up(object, status).await,
            (PushDeletion::None, _) if has_finalizer => *object = self.set_finalizer(object, false).await?,
            _ => {}
        }
        let interval = object.spec.refresh_interval.as_deref().and_then(duration::parse).unwrap_or(INTERVAL);
        let start = self.world.now();
        if !should_refresh(object, interval, start) {
            let refreshed = object.status.refresh_time.as_deref().and_then(seconds_of);
            let since = refreshed.map_or(0, |refreshed| start.as_second() - refreshed);
            let since = Duration::from_secs(u64::try_from(since).unwrap_or_default());
            return Ok(Next::After(interval.saturating_sub(since) + GRACE));
        }
        let secrets = match self.sources(object).await {
            Ok(secrets) => secrets,
            Err(failure) => {
                self.mark_failed(object, status, "could not get source secret".to_owned(), None).await;
                return Err(failure);
            }
        };
        let targets = match self.targets(object).await {
            Ok(targets) => targets,
            Err(failure) => {
                self.mark_failed(object, status, failure.to_string(), None).await;
                return Err(failure);
            }
        };
        if targets.is_empty() {
            return Ok(Next::Wait);
        }
        let all = self.deliver(object, status, secrets, &targets).await?;
        self.mark_done(object, status, all, start).await;
        Ok(if interval.is_zero() { Next::Wait } else { Next::After(interval) })
    }

    async fn deliver(
        &self,
        object: &Object<PushSecret>,
        status: &mut PushSecretStatus,
        secrets: Vec<Secret>,
        targets: &[StoreReference],
    ) -> Result<Synced, Failure> {
        let mut stores = Stores::new(&self.world, false);
        let mut all = Synced::new();
        for mut secret in secrets {
            self.template(object, &mut secret).await?;
            let pushed = push(&object.spec, object.namespace(), &secret, targets, &mut stores).await;
            let synced = match pushed {
                Ok(synced) => synced,
                Err(Stopped { synced, cause }) => {
                    let synced = merged(synced, &object.status.synced_push_secrets);
                    let text = format!("set secret failed: {cause}");
                    self.mark_failed(object, status, text, Some(synced)).await;
                    return Err(cause);
                }
            };
            if object.spec.deletion_policy == PushDeletion::Delete {
                let before = &object.status.synced_push_secrets;
                let deleted = delete(object.namespace(), before, &synced, &mut stores).await;
                if let Err(Stopped { synced, cause }) = deleted {
                    return self.undeleted(object, status, synced, cause).await;
                }
            }
            all = merged(all, &synced);
        }
        Ok(all)
    }

    async fn undeleted<T>(
        &self,
        object: &Object<PushSecret>,
        status: &mut PushSecretStatus,
        left: Synced,
        cause: Failure,
    ) -> Result<T, Failure> {
        let text = format!("Failed to Delete Secrets from Provider: {cause}");
        self.mark_failed(object, status, text, Some(left)).await;
        Err(cause)
    }

    async fn clean_up(
        &self,
        object: &Object<PushSecret>,
        status: &mut PushSecretStatus,
    ) -> Result<Next, Failure> {
        let mut stores = Stores::new(&self.world, false);
        let before = &object.status.synced_push_secrets;
        let deleted = delete(object.namespace(), before, &Synced::new(), &mut stores).await;
        if let Err(Stopped { synced, cause }) = deleted {
            return self.undeleted(object, status, synced, cause).await;
        }
        self.set_finalizer(object, false).await?;
        Ok(Next::Wait)
    }

    async fn set_finalizer(
        &self,
        object: &Object<PushSecret>,
        is_wanted: bool,
    ) -> Result<Object<PushSecret>, Failure> {
        let written = self.world.write_finalizer(Kind::PushSecret, object, FINALIZER, is_wanted).await;
        written.map_err(|failure| failure.within("could not update finalizers"))
    }

    async fn sources(&self, object: &Object<PushSecret>) -> Result<Vec<Secret>, Failure> {
        let secrets: Api<Secret> = Api::namespaced(self.world.client(), object.namespace());
        let selector = &object.spec.selector;
        if selector.generator_ref.is_some() {
            return Err(Failure::said("a rehearsal has no generators"));
        }
        match &selector.secret {
            Some(source) if !source.name.is_empty() => Ok(vec![secrets.get(&source.name).await?]),
            Some(source) if source.selector.is_some() => {
                let all = secrets.list(&ListParams::default()).await?.items;
                let wanted = source.selector.clone().unwrap_or_default();
                let fits = |secret: &Secret| {
                    matches(&wanted, &secret.meta().labels.clone().unwrap_or_default()).unwrap_or(false)
                };
                Ok(all.into_iter().filter(fits).collect())
            }
            _ => Err(Failure::said("no secret selector provided")),
        }
    }

    /// Returns the stores to push to: not those that go, nor those of another controller.
    async fn targets(&self, object: &Object<PushSecret>) -> Result<Vec<StoreReference>, Failure> {
        let mut targets = Vec::new();
        for reference in &object.spec.secret_store_refs {
            let is_clustered = reference.kind == Kind::ClusterSecretStore.name();
            let kind = if is_clustered { Kind::ClusterSecretStore } else { Kind::SecretStore };
            let namespace = (!is_clustered).then(|| object.namespace());
            let api = self.world.objects::<Store>(kind, namespace);
            let found = match &reference.label_selector {
                Some(selector) => {
                    let all = api.list(&ListParams::default()).await?.items;
                    let fits = |store: &Object<Store>| {
                        let labels = store.metadata.labels.clone().unwrap_or_default();
                        matches(selector, &labels).unwrap_or(false)
                    };
                    all.into_iter().filter(fits).collect()
                }
                None if reference.name.is_empty() => {
                    return Err(Failure::said("refStore Name must be provided"));
                }
                None => {
                    let store = api.get(&reference.name).await.map_err(|error| {
                        let name = &reference.name;
                        let cause = Failure::of_cached(&format!("{}.{GROUP}", kind.name()), name, error);
                        Failure::said(format!("could not get {} {name:?}, {cause}", kind.name()))
                    })?;
                    vec![store]
                }
            };
            let class = &self.world.flags.controller_class;
            for store in found.iter().filter(|store| !store.is_deleted() && belongs_to(store, class)) {
                let target = StoreReference { name: store.name().to_owned(), kind: kind.name().to_owned() };
                if !targets.contains(&target) {
                    targets.push(target);
                }
            }
        }
        Ok(targets)
    }

    async fn template(&self, object: &Object<PushSecret>, secret: &mut Secret) -> Result<(), Failure> {
        let Some(template) = &object.spec.template else { return Ok(()) };
        let gathered = gather(&self.world.client(), object.namespace(), template).await?;
        let data = secret.data.take().unwrap_or_default();
        let data = data.into_iter().map(|(key, value)| (key, value.0)).collect();
        apply_template(template, &gathered, &data, secret, &self.world.clock)
    }

    async fn mark_failed(
        &self,
        object: &Object<PushSecret>,
        status: &mut PushSecretStatus,
        message: String,
        synced: Option<Synced>,
    ) {
        let condition = Condition::ready(false, "Errored", &message);
        set_condition(&mut status.conditions, condition, self.world.now());
        if let Some(synced) = synced {
            status.synced_push_secrets = synced;
        }
        self.record(object, Notice::warning("Errored", message)).await;
    }

    async fn mark_done(
        &self,
        object: &Object<PushSecret>,
        status: &mut PushSecretStatus,
        synced: Synced,
        start: Timestamp,
    ) {
        let mut message = "PushSecret synced successfully".to_owned();
        if object.spec.update_policy == PushUpdate::IfNotExists {
            message.push_str(". Existing secrets in providers unchanged.");
        }
        let condition = Condition::ready(true, "Synced", &message);
        set_condition(&mut status.conditions, condition, self.world.now());
        status.synced_push_secrets = synced;
        status.refresh_time = Some(start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        status.synced_resource_version = hash::synced_version(&object.metadata);
        self.record(object, Notice::normal("Synced", message)).await;
    }

    async fn record(&self, object: &Object<PushSecret>, notice: Notice) {
        self.recorder.record(&reference(Kind::PushSecret, object), &notice).await;
    }
}

fn should_refresh(object: &Object<PushSecret>, interval: Duration, now: Timestamp) -> bool {
    let status = &object.status;
    if status.synced_resource_version != hash::synced_version(&object.metadata) {
        return true;
    }
    if interval.is_zero() {
        return false;
    }
    let refreshed = status.refresh_time.as_deref().and_then(seconds_of);
    refreshed.is_none_or(|refreshed| {
        let due =
            i128::from(refreshed) * 1_000_000_000 + i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX);
        due < now.as_nanosecond()
    })
}
