//! A lease that is held: renewed by a heartbeat, asked before each write, given back at the end.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use tokio::task::AbortHandle;

use super::documents::post;
use super::lease::{DURATION, LOOK, State, freed, state};
use super::{ClusterBackend, NAMESPACE, failed, is_code};
use crate::clock::Clock;
use crate::resource::{Forbidden, Permit};
use crate::state::{Holder, Lock, StateError};

/// How often it is renewed.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long ago the last renewal may be for a write: after a longer while, as that of a process that was stopped, the
/// lease is renewed first. Longer than a heartbeat, so that a run which goes on undisturbed waits for none.
const FRESH: Duration = Duration::from_secs(3);
/// How long an answer to a renewal is waited for.
const ANSWER: Duration = Duration::from_secs(5);
/// How long before its end nothing is written any more: a request that was sent may still be under way.
const MARGIN: Duration = Duration::from_secs(3);

/// A moment on both clocks: the steady one stands still while a machine sleeps, the other can be set.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    elapsed: Duration,
    now: Timestamp,
}

impl Moment {
    pub(super) fn now(clock: &Clock) -> Self {
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
pub(super) struct HeldLease {
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
    pub(super) fn new(backend: ClusterBackend, holder: Holder, lease: Lease, begun: Moment) -> Arc<Self> {
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

    fn assure(&self) -> BoxFuture<'_, Result<(), Forbidden>> {
        Box::pin(async move {
            loop {
                self.check()?;
                if self.heart.is_fresh() {
                    return Ok(());
                }
                if !self.heart.renew_unless_fresh().await {
                    self.check()?;
                    self.backend.clock.sleep(LOOK).await;
                }
            }
        })
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

    fn is_fresh(&self) -> bool {
        lock(&self.validity).renewed.age(&self.clock) < FRESH
    }

    /// Renews the lease, if nobody did while this one waited for its turn.
    async fn renew_unless_fresh(&self) -> bool {
        let mut lease = self.lease.lock().await;
        self.is_fresh() || self.renew_this(&mut lease).await
    }

    /// Says whether the lease was renewed; where it is lost for good, that is noted.
    async fn renew_or_lose(&self) -> bool {
        let mut lease = self.lease.lock().await;
        self.renew_this(&mut lease).await
    }

    async fn renew_this(&self, lease: &mut Lease) -> bool {
        match self.renew(lease).await {
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
        let written = self.clock.within(ANSWER, self.api.replace(&self.name, &post(), &next)).await;
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
