//! The lock: a Lease that its holder renews, and that ends by itself when the holder died.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{DeleteParams, ObjectMeta};

use super::documents::post;
use super::held_lease::{HeldLease, Moment};
use super::{ClusterBackend, failed, is_code, unless_missing};
use crate::resource::Progress;
use crate::state::holder::Life;
use crate::state::{Holder, Lock, Locked, StateError};

/// How long a lease lasts that is not renewed.
pub(super) const DURATION: Duration = Duration::from_secs(15);
/// How often a run that waits looks again.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// By how much clocks of two machines may differ before a lease is taken to have ended by its times alone.
const SKEW: Duration = Duration::from_mins(1);
/// The annotation of a lease that was taken from a holder who may not know it yet.
const TAKEN: &str = "eggtooth.dev/taken-from";
/// The annotation that says who holds the lease.
const HOLDER: &str = "eggtooth.dev/holder";

/// What a lease tells of its lock.
pub(super) enum State {
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
            let taken_over = lease.as_ref().is_some_and(was_not_given_back);
            let (taken, documents) = tokio::join!(self.write_lease(lease, &holder), self.read_documents());
            match taken {
                Ok(lease) => {
                    let lock = HeldLease::new(self.clone(), holder, lease, begun);
                    return match documents {
                        Ok(documents) => Ok(Locked { lock, documents, taken_over }),
                        Err(error) => {
                            lock.release().await?;
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

    pub(super) async fn lease(&self) -> Result<Option<Lease>, StateError> {
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
            let mut lease = freed(lease);
            lease.metadata.annotations.get_or_insert_default().insert(TAKEN.to_owned(), holder.id.clone());
            match self.leases().replace(&self.name(), &post(), &lease).await {
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

pub(super) fn state(lease: &Lease) -> State {
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

/// Says whether who held the lease last did not free it: such a holder may live on without knowing.
fn was_not_given_back(lease: &Lease) -> bool {
    let taken =
        lease.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(TAKEN));
    taken || matches!(state(lease), State::Held(_))
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
pub(super) fn freed(mut lease: Lease) -> Lease {
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
