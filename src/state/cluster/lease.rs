//! The lock: a Lease that its holder renews, and that ends by itself when the holder died.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta};
use tokio::task::AbortHandle;

use super::documents::post;
use super::{ClusterBackend, NAMESPACE, failed, is_code, unless_missing};
use crate::clock::Clock;
use crate::resource::{Forbidden, Permit, Progress};
use crate::state::holder::Life;
use crate::state::{Holder, Lock, Locked, StateError};

/// How long a lease lasts that is not renewed.
const DURATION: Duration = Duration::from_secs(15);
/// How often it is renewed.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long before its end nothing is written any more: a request that was sent may still be under way.
const MARGIN: Duration = Duration::from_secs(3);
/// How often a run that waits looks again.
const LOOK: Duration = Duration::from_millis(500);
/// By how much clocks of two machines may differ before a lease is taken to have ended by its times alone.
const SKEW: Duration = Duration::from_mins(1);
/// The annotation that says who holds the lease.
const HOLDER: &str = "eggtooth.dev/holder";

/// What a lease tells of its lock.
enum State {
    Free,
    Held(Box<Holder>),
}

impl ClusterBackend {
    /// Takes the lease and reads the documents; the read starts when the lease was seen free.
    pub(super) async fn take_lease(
        &self,
        holder: Holder,
        progress: &dyn Progress,
    ) -> Result<Locked, StateError> {
        let (mut lease, namespace) = futures::try_join!(self.lease(), self.namespace())?;
        if namespace.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()) {
            self.make_namespace(progress).await?;
            lease = None;
        }
        loop {
            if let Some(held) = lease {
                lease = self.ended(held, progress).await?;
            }
            let begun = Moment::now(&self.clock);
            let (taken, documents) = tokio::join!(self.write_lease(lease, &holder), self.read_documents());
            match taken {
                Ok(lease) => {
                    let held = HeldLease::new(self.clone(), holder, lease, begun);
                    return match documents {
                        Ok(documents) => Ok((held, documents)),
                        Err(error) => {
                            held.release().await?;
                            Err(error)
                        }
                    };
                }
                // Another run was faster: see who.
                Err(error) if is_code(&error, 409) => lease = self.lease().await?,
                Err(error) if is_code(&error, 404) || is_ending(&error) => {
                    self.make_namespace(progress).await?;
                    lease = self.lease().await?;
                }
                Err(error) => return Err(failed("take the", self.lease_place())(error)),
            }
        }
    }

    async fn lease(&self) -> Result<Option<Lease>, StateError> {
        self.leases().get_opt(&self.name()).await.map_err(failed("read the", self.lease_place()))
    }

    /// Makes or overwrites the lease in the holder's name.
    async fn write_lease(&self, before: Option<Lease>, holder: &Holder) -> Result<Lease, kube::Error> {
        let now = Some(MicroTime(self.clock.now()));
        let transitions = before.as_ref().and_then(|lease| lease.spec.as_ref()?.lease_transitions);
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(self.name()),
                labels: Some(self.labels().into()),
                annotations: serde_json::to_string(holder)
                    .ok()
                    .map(|text| [(HOLDER.to_owned(), text)].into()),
                resource_version: before.as_ref().and_then(|lease| lease.metadata.resource_version.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(holder.id.clone()),
                lease_duration_seconds: Some(DURATION.as_secs() as i32),
                acquire_time: now.clone(),
                renew_time: now,
                lease_transitions: Some(transitions.map_or(0, |transitions| transitions.saturating_add(1))),
                ..LeaseSpec::default()
            }),
        };
        match before {
            Some(_) => self.leases().replace(&self.name(), &post(), &lease).await,
            None => self.leases().create(&post(), &lease).await,
        }
    }

    /// Waits until the lease has ended and returns what is left of it; an error if its holder is alive.
    async fn ended(&self, first: Lease, progress: &dyn Progress) -> Result<Option<Lease>, StateError> {
        let State::Held(holder) = state(&first) else { return Ok(Some(first)) };
        match holder.life() {
            Life::Dead => return Ok(Some(first)),
            Life::Alive => return Err(self.locked(holder)),
            Life::Unknown => {}
        }
        let duration = duration(&first);
        if renewed(&first).is_none_or(|renewed| self.clock.now() > renewed + duration + SKEW) {
            return Ok(Some(first));
        }
        // Whether the holder lives shows only in a renewal: times of other machines can't be compared with ours.
        let until = self.clock.elapsed() + duration;
        loop {
            let left = until.saturating_sub(self.clock.elapsed());
            let why = format!("{holder} shows no sign of life; its lock ends in {} s", left.as_secs());
            progress.waiting(&self.lease_place(), &why);
            self.clock.sleep(LOOK.min(left)).await;
            let Some(now) = self.lease().await? else { return Ok(None) };
            match state(&now) {
                State::Free => return Ok(Some(now)),
                State::Held(other) if other.id != holder.id => return Err(self.locked(other)),
                State::Held(holder) if renewed(&now) != renewed(&first) => return Err(self.locked(holder)),
                State::Held(_) if self.clock.elapsed() >= until => return Ok(Some(now)),
                State::Held(_) => {}
            }
        }
    }

    fn locked(&self, holder: Box<Holder>) -> StateError {
        let unlock = format!("eggtooth unlock {}", self.environment);
        StateError::Locked { stack: self.name(), holder, unlock }
    }

    pub(super) async fn lease_holder(&self) -> Result<Option<Holder>, StateError> {
        Ok(self.lease().await?.and_then(|lease| match state(&lease) {
            State::Held(holder) => Some(*holder),
            State::Free => None,
        }))
    }

    pub(super) async fn break_lease(&self) -> Result<Option<Holder>, StateError> {
        loop {
            let Some(lease) = self.lease().await? else { return Ok(None) };
            let State::Held(holder) = state(&lease) else { return Ok(None) };
            match self.leases().replace(&self.name(), &post(), &freed(lease)).await {
                Ok(_) => return Ok(Some(*holder)),
                Err(error) if is_code(&error, 409) => {}
                Err(error) => return Err(failed("free the", self.lease_place())(error)),
            }
        }
    }

    pub(super) async fn remove_lease(&self) -> Result<(), StateError> {
        let deleted = self.leases().delete(&self.name(), &DeleteParams::default()).await;
        unless_missing(deleted).map(drop).map_err(failed("delete the", self.lease_place()))
    }
}

fn state(lease: &Lease) -> State {
    let id = lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone()).unwrap_or_default();
    if id.is_empty() {
        return State::Free;
    }
    let told = lease.metadata.annotations.as_ref().and_then(|annotations| annotations.get(HOLDER));
    let holder =
        told.and_then(|told| serde_json::from_str(told).ok()).filter(|holder: &Holder| holder.id == id);
    State::Held(Box::new(holder.unwrap_or_else(|| Holder {
        id: id.clone(),
        who: id,
        host: "an unknown host".into(),
        since: renewed(lease).unwrap_or_default(),
        run: None,
        process: None,
    })))
}

/// Says whether the namespace takes nothing in because it is going away.
fn is_ending(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403 && status.message.contains("being terminated"))
}

fn duration(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(DURATION, Duration::from_secs)
}

fn renewed(lease: &Lease) -> Option<Timestamp> {
    lease.spec.as_ref()?.renew_time.as_ref().map(|time| time.0)
}

/// Returns the lease as nobody's. It stays, so that the next run need not make one.
fn freed(mut lease: Lease) -> Lease {
    if let Some(annotations) = &mut lease.metadata.annotations {
        annotations.remove(HOLDER);
    }
    if let Some(spec) = &mut lease.spec {
        spec.holder_identity = None;
        spec.acquire_time = None;
        spec.renew_time = None;
    }
    lease
}

/// A moment on both clocks: the steady one stands still while a machine sleeps, the other can be set.
#[derive(Clone, Copy)]
struct Moment {
    elapsed: Duration,
    now: Timestamp,
}

impl Moment {
    fn now(clock: &Clock) -> Self {
        Self { elapsed: clock.elapsed(), now: clock.now() }
    }

    /// Returns how long ago it was, by the clock that says more.
    fn age(self, clock: &Clock) -> Duration {
        let by_day = clock.now().duration_since(self.now);
        let by_day = Duration::try_from(by_day).unwrap_or_default();
        clock.elapsed().saturating_sub(self.elapsed).max(by_day)
    }
}

/// A lease that is ours as long as it is renewed.
struct HeldLease {
    backend: ClusterBackend,
    heart: Arc<Heart>,
    heartbeat: AbortHandle,
}

struct Validity {
    /// When the last successful renewal was sent.
    renewed: Moment,
    /// Why the lease is ours no longer.
    lost: Option<String>,
}

impl HeldLease {
    fn new(backend: ClusterBackend, holder: Holder, lease: Lease, begun: Moment) -> Arc<Self> {
        let heart = Arc::new(Heart {
            api: backend.leases(),
            name: backend.name(),
            clock: backend.clock.clone(),
            id: holder.id,
            validity: Mutex::new(Validity { renewed: begun, lost: None }),
            lease: tokio::sync::Mutex::new(lease),
        });
        let heartbeat = tokio::spawn(Arc::clone(&heart).beat()).abort_handle();
        Arc::new(Self { backend, heart, heartbeat })
    }
}

impl Permit for HeldLease {
    fn check(&self) -> Result<(), Forbidden> {
        let place = self.backend.lease_place();
        let validity = lock(&self.heart.validity);
        if let Some(lost) = &validity.lost {
            return Err(Forbidden { why: format!("the lock {place} {lost}") });
        }
        let age = validity.renewed.age(&self.backend.clock);
        if age + MARGIN >= DURATION {
            let why = format!("the lock {place} could not be renewed for {} s and ends", age.as_secs());
            return Err(Forbidden { why });
        }
        Ok(())
    }
}

impl Lock for HeldLease {
    fn confirm(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            self.check()?;
            self.heart.renew_or_lose().await;
            Ok(self.check()?)
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            let lease = self.heart.lease.lock().await;
            self.heartbeat.abort();
            lock(&self.heart.validity).lost = Some("was given back".into());
            let place = self.backend.lease_place();
            match self.heart.api.replace(&self.heart.name, &post(), &freed(lease.clone())).await {
                Ok(_) => Ok(()),
                // A heartbeat may have been cut off between the server and us: then the lease still is ours.
                Err(error) if is_code(&error, 409) => {
                    match self.backend.lease().await?.map(|lease| state(&lease)) {
                        Some(State::Held(holder)) if holder.id == self.heart.id => {
                            self.backend.break_lease().await.map(drop)
                        }
                        Some(State::Held(_) | State::Free) | None => Ok(()),
                    }
                }
                Err(error) if is_code(&error, 404) => Ok(()),
                Err(error) => Err(failed("free the", place)(error)),
            }
        })
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// What renews the lease.
struct Heart {
    api: Api<Lease>,
    name: String,
    clock: Clock,
    id: String,
    validity: Mutex<Validity>,
    /// The lease as we wrote it last; held while it is written.
    lease: tokio::sync::Mutex<Lease>,
}

impl Heart {
    async fn beat(self: Arc<Self>) {
        let mut pause = HEARTBEAT;
        loop {
            self.clock.sleep(pause).await;
            let renewed = self.renew_or_lose().await;
            if lock(&self.validity).lost.is_some() {
                return;
            }
            pause = if renewed { HEARTBEAT } else { Duration::from_secs(1) };
        }
    }

    /// Says whether the lease was renewed; where it is lost for good, that is noted.
    async fn renew_or_lose(&self) -> bool {
        let mut lease = self.lease.lock().await;
        match self.renew(&mut lease).await {
            Ok(()) => true,
            Err(lost) => {
                if let Some(lost) = lost {
                    lock(&self.validity).lost = Some(lost);
                }
                false
            }
        }
    }

    /// Renews the lease over our last writing of it. An error says why it is lost, or nothing if it may not be.
    async fn renew(&self, lease: &mut Lease) -> Result<(), Option<String>> {
        let begun = Moment::now(&self.clock);
        let mut next = lease.clone();
        if let Some(spec) = &mut next.spec {
            spec.renew_time = Some(MicroTime(begun.now));
        }
        let written = self.clock.within(HEARTBEAT, self.api.replace(&self.name, &post(), &next)).await;
        match written {
            Some(Ok(written)) => {
                *lease = written;
                lock(&self.validity).renewed = begun;
                return Ok(());
            }
            Some(Err(error)) if is_code(&error, 409) || is_code(&error, 404) => {}
            Some(Err(_)) | None => return Err(None),
        }
        match self.api.get_opt(&self.name).await {
            Ok(None) => Err(Some(format!("is gone from {NAMESPACE}"))),
            Ok(Some(now)) => match state(&now) {
                // Somebody wrote into it, as a label; or an answer to our own writing was lost.
                State::Held(holder) if holder.id == self.id => {
                    *lease = now;
                    Err(None)
                }
                State::Held(holder) => Err(Some(format!("was taken by {holder}"))),
                State::Free => Err(Some("was taken away by `eggtooth unlock`".into())),
            },
            Err(_) => Err(None),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
