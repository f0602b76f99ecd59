//! Leader election: one controller of several works, the others wait for its Lease to end.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Api;
use kube::api::PostParams;
use tokio::time::Instant;

use super::error::Failure;
use crate::clock::Clock;

const DURATION: i32 = 15;
const RENEW_DEADLINE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_secs(2);

/// One candidate for a Lease.
pub(super) struct Candidate {
    pub(super) leases: Api<Lease>,
    pub(super) clock: Clock,
    pub(super) name: String,
    pub(super) identity: String,
}

impl Candidate {
    /// Waits until it leads.
    pub(super) async fn lead(&self) {
        while !self.attempt().await.unwrap_or(false) {
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Stays leader for as long as it can, and returns when it cannot.
    pub(super) async fn stay(&self) {
        let mut renewed = Instant::now();
        while renewed.elapsed() < RENEW_DEADLINE {
            tokio::time::sleep(RETRY).await;
            match self.attempt().await {
                Ok(true) => renewed = Instant::now(),
                Ok(false) => return,
                Err(_) => {}
            }
        }
    }

    /// Takes or renews the Lease; false where another holds it.
    async fn attempt(&self) -> Result<bool, Failure> {
        let now = self.clock.now();
        let parameters = PostParams::default();
        let Some(mut lease) = self.leases.get_opt(&self.name).await? else {
            let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
            let lease = Lease { metadata, spec: Some(self.held(None, now)) };
            self.leases.create(&parameters, &lease).await?;
            return Ok(true);
        };
        let spec = lease.spec.take();
        if !may_take(spec.as_ref(), &self.identity, now) {
            return Ok(false);
        }
        lease.spec = Some(self.held(spec, now));
        self.leases.replace(&self.name, &parameters, &lease).await?;
        Ok(true)
    }

    fn held(&self, before: Option<LeaseSpec>, now: Timestamp) -> LeaseSpec {
        let before = before.unwrap_or_default();
        let is_ours = before.holder_identity.as_ref() == Some(&self.identity);
        let transitions = before.lease_transitions.unwrap_or_default();
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(DURATION),
            acquire_time: if is_ours { before.acquire_time } else { Some(MicroTime(now)) },
            renew_time: Some(MicroTime(now)),
            lease_transitions: Some(if is_ours { transitions } else { transitions + 1 }),
            ..LeaseSpec::default()
        }
    }
}

fn may_take(spec: Option<&LeaseSpec>, identity: &str, now: Timestamp) -> bool {
    let Some(spec) = spec else { return true };
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    if holder.is_empty() || holder == identity {
        return true;
    }
    let seconds = i64::from(spec.lease_duration_seconds.unwrap_or(DURATION));
    spec.renew_time.as_ref().is_none_or(|renewed| renewed.0 + seconds.seconds() < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_taken_when_it_has_ended_and_not_before() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let spec = LeaseSpec {
            holder_identity: Some("other".into()),
            lease_duration_seconds: Some(15),
            renew_time: Some(MicroTime(at(100))),
            ..LeaseSpec::default()
        };
        assert!(!may_take(Some(&spec), "me", at(115)));
        assert!(may_take(Some(&spec), "me", at(116)));
        assert!(may_take(Some(&spec), "other", at(101)));
        assert!(may_take(None, "me", at(0)));
    }
}
