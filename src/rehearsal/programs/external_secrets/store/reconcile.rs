//! The controller of one kind of stores.

use kube::api::ListParams;

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    providers::{self, Validation},
    queue::Next,
    recorder::{Notice, Recorder},
    resource::{Kind, Object, Place, PushSecret, Store},
    world::{World, reference},
};

use super::check::{Finding, interval, outcome};
use super::finalizer::{FINALIZER, concerns, is_held};
use super::users::belongs_to;

/// Silences the warning about providers that nobody maintains.
const IGNORE_MAINTENANCE: &str = "external-secrets.io/ignore-maintenance-checks";
const UNMAINTAINED: &str = "store isn't currently maintained. Please plan and prepare accordingly.";

/// Checks SecretStores or ClusterSecretStores.
pub(crate) struct Controller {
    world: World,
    kind: Kind,
    recorder: Recorder,
}

impl Controller {
    pub(crate) fn new(world: World, kind: Kind) -> Self {
        let component = match kind {
            Kind::ClusterSecretStore => "cluster-secret-store",
            _ => "secret-store",
        };
        let recorder = Recorder::new(world.client(), world.clock.clone(), component);
        Self { world, kind, recorder }
    }

    pub(crate) fn logger(&self) -> String {
        format!("controllers.{}", self.kind.name())
    }

    /// Checks a store. A store of another class is left alone.
    pub(crate) async fn reconcile(&self, place: &Place) -> Result<Next, Failure> {
        let world = &self.world;
        let Some(mut store) = world.read::<Store>(self.kind, place).await? else { return Ok(Next::Wait) };
        if !belongs_to(&store, &world.flags.controller_class) {
            return Ok(Next::Wait);
        }
        if world.flags.push_secrets {
            store = self.hold(store).await?;
        }
        let interval = interval(store.spec.refresh_interval.as_ref(), world.flags.store_requeue_interval)?;
        let finding = self.check(&store).await;
        if matches!(finding, Finding::Ready(_)) && is_unmaintained(&store) {
            let notice = Notice::warning("StoreUnmaintained", UNMAINTAINED);
            self.recorder.record(&reference(self.kind, &store), &notice).await;
        }
        let outcome = outcome(finding, store.status.clone(), interval, world.now());
        self.recorder.record(&reference(self.kind, &store), &outcome.notice).await;
        if let Some(error) = &outcome.error {
            let message = "unable to validate store";
            world.journal.error(&self.logger(), message, &place.to_string(), error);
        }
        let written =
            world.write_status::<Store>(self.kind, place, &store.status, &outcome.status, None).await;
        if let Err(failure) = written {
            let error = failure.to_string();
            world.journal.error(&self.logger(), "unable to patch status", &place.to_string(), &error);
        }
        Ok(outcome.next)
    }

    async fn check(&self, store: &Object<Store>) -> Finding {
        let client = providers::open(&self.world.around, self.kind, store, store.namespace()).await;
        let client = match client {
            Ok(client) => client,
            Err(failure) => return Finding::NoClient(failure),
        };
        match client.validate().await {
            Validation::Ready => match providers::capabilities(store) {
                Ok(access) => Finding::Ready(access),
                Err(failure) => Finding::NoClient(failure),
            },
            Validation::Unknown(failure) => Finding::Unknown(failure),
            Validation::Error(failure) => Finding::Refused(failure),
        }
    }

    /// Sets or takes away the finalizer, as the PushSecrets want it.
    async fn hold(&self, store: Object<Store>) -> Result<Object<Store>, Failure> {
        let namespace = store.metadata.namespace.as_deref();
        let pushes = self.world.objects::<PushSecret>(Kind::PushSecret, namespace);
        let pushes = pushes
            .list(&ListParams::default())
            .await
            .map_err(|error| Failure::from(error).within("failed to check PushSecrets"))?;
        let is_held = is_held(self.kind, &store, &pushes.items);
        let has_finalizer = store.has_finalizer(FINALIZER);
        if is_held == has_finalizer || is_held && store.is_deleted() {
            return Ok(store);
        }
        self.world.write_finalizer(self.kind, &store, FINALIZER, is_held).await
    }

    /// Returns the stores that a PushSecret concerns.
    pub(crate) async fn concerned(&self, push: &Object<PushSecret>) -> Vec<Place> {
        let namespace = match self.kind {
            Kind::ClusterSecretStore => None,
            _ => push.metadata.namespace.as_deref(),
        };
        let stores = self.world.objects::<Store>(self.kind, namespace).list(&ListParams::default()).await;
        let stores = stores.map(|list| list.items).unwrap_or_default();
        let concerned = stores.iter().filter(|store| concerns(self.kind, store, push));
        concerned.filter_map(|store| Place::of(&store.metadata)).collect()
    }
}

/// The operator says of its fake provider that nobody maintains it.
fn is_unmaintained(store: &Object<Store>) -> bool {
    let annotations = store.metadata.annotations.as_ref();
    let is_silenced = annotations.is_some_and(|annotations| annotations.contains_key(IGNORE_MAINTENANCE));
    store.spec.provider.0.contains_key("fake") && !is_silenced
}
