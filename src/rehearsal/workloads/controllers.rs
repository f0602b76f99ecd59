//! The loop that looks after all workloads.

use std::{collections::BTreeMap, future::pending, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::clock::Clock;
use crate::rehearsal::cache::{Cache, Kind, Recorder, Regarding, Severity, Writer, name, namespace, uid};
use crate::rehearsal::node;

use super::decision::{Decision, Write};
use super::{claim, daemon_set, deployment, endpoints, job, replica_set, stateful_set};

/// Changes that come together are looked at once.
const SETTLE: Duration = Duration::from_millis(5);

/// The pause after a write that failed: the first, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The controllers of workloads.
struct Controllers {
    cache: Cache,
    clock: Clock,
    recorder: Recorder,
    /// Why the last pod of an owner could not be made.
    failures: BTreeMap<String, String>,
}

/// Runs the controllers; never returns.
pub(in crate::rehearsal) async fn run(cache: Cache, clock: Clock) {
    let recorder = Recorder::new(cache.clone(), clock.clone(), "controller-manager", None);
    let mut changes = cache.changes();
    let mut controllers = Controllers { cache, clock, recorder, failures: BTreeMap::new() };
    let mut pause = PAUSE.0;
    loop {
        changes.mark_unchanged();
        let decision = controllers.decide();
        let again = decision.again;
        let wait = if controllers.carry_out(decision.writes).await {
            pause = PAUSE.0;
            again.map(|at| Duration::try_from(at.duration_since(controllers.clock.now())).unwrap_or_default())
        } else {
            pause = PAUSE.1.min(pause * 2);
            Some(pause / 2)
        };
        let timer = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => pending().await,
            }
        };
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = timer => {}
        }
        tokio::time::sleep(SETTLE).await;
    }
}

impl Controllers {
    fn decide(&self) -> Decision {
        let now = self.clock.now();
        let mut all = Decision::default();
        let pods = self.cache.list(Kind::Pod);
        for deployment in self.cache.list(Kind::Deployment) {
            let sets = self.cache.controlled(Kind::ReplicaSet, &deployment);
            let pods_left = |set: &Json| pods.iter().any(|pod| controls(set, pod));
            all.extend(deployment::decide(&deployment, &sets, pods_left, now));
        }
        self.decide_owners(&pods, now, &mut all);
        let slices = self.cache.list(Kind::EndpointSlice);
        for service in self.cache.list(Kind::Service) {
            let here: Vec<Arc<Json>> =
                pods.iter().filter(|pod| namespace(pod) == namespace(&service)).cloned().collect();
            let known = self.cache.get(Kind::Endpoints, namespace(&service), name(&service));
            all.extend(endpoints::decide(&service, &here, &slices, known.as_ref()));
        }
        for one in self.cache.list(Kind::PersistentVolumeClaim) {
            all.extend(claim::decide(&one));
        }
        all
    }

    /// What owns pods.
    fn decide_owners(&self, pods: &[Arc<Json>], now: Timestamp, all: &mut Decision) {
        let owned = |owner: &Json| -> Vec<Arc<Json>> {
            pods.iter().filter(|pod| controls(owner, pod)).cloned().collect()
        };
        for set in self.cache.list(Kind::ReplicaSet) {
            let failure = self.failures.get(uid(&set)).map(String::as_str);
            all.extend(replica_set::decide(&set, &owned(&set), failure, now));
        }
        for set in self.cache.list(Kind::StatefulSet) {
            let has_claim =
                |claim: &str| self.cache.get(Kind::PersistentVolumeClaim, namespace(&set), claim).is_some();
            all.extend(stateful_set::decide(&set, &owned(&set), has_claim, now));
        }
        for set in self.cache.list(Kind::DaemonSet) {
            let fits = node::fits(&set["spec"]["template"]["spec"]);
            all.extend(daemon_set::decide(&set, &owned(&set), node::NAME, fits, now));
        }
        for one in self.cache.list(Kind::Job) {
            all.extend(job::decide(&one, &owned(&one), now));
        }
    }

    /// Makes the writes; false if one failed, which is tried again.
    async fn carry_out(&mut self, writes: Vec<Write>) -> bool {
        let mut all = true;
        for write in writes {
            if let Err(error) = self.write(&write).await {
                tracing::debug!(%error, "a controller tries again");
                all = false;
            }
        }
        all
    }

    async fn write(&mut self, write: &Write) -> Result<(), kube::Error> {
        let by = Writer::ControllerManager;
        match write {
            Write::Create { kind: Kind::Pod, object, owner: Some((kind, owner)) } => {
                self.create_pod(object, *kind, owner).await
            }
            Write::Create { kind, object, .. } => self.cache.create(*kind, object, by).await.map(drop),
            Write::Patch { kind, object, patch } => self.cache.patch(*kind, object, patch, by).await,
            Write::Status { kind, object, status } => {
                self.cache.patch_status(*kind, object, status, by).await
            }
            Write::Delete { kind, object } => self.cache.delete(*kind, object, None).await,
            Write::Tell { kind, object, severity, reason, message } => {
                let about = Regarding { kind: *kind, object };
                self.recorder.tell(about, *severity, reason, message).await;
                Ok(())
            }
        }
    }

    async fn create_pod(&mut self, pod: &Json, kind: Kind, owner: &Json) -> Result<(), kube::Error> {
        let about = Regarding { kind, object: owner };
        let made = if let Some(refused) = self.missing_account(pod) {
            Err((refused, None))
        } else {
            let made = self.cache.create(Kind::Pod, pod, Writer::ControllerManager).await;
            made.map_err(|error| (message(&error), Some(error)))
        };
        match made {
            Ok(made) => {
                self.failures.remove(uid(owner));
                let told = format!("Created pod: {}", name(&made));
                self.recorder.tell(about, Severity::Normal, "SuccessfulCreate", &told).await;
                Ok(())
            }
            Err((why, error)) => {
                let told = format!("Error creating: {why}");
                self.recorder.tell(about, Severity::Warning, "FailedCreate", &told).await;
                self.failures.insert(uid(owner).to_owned(), why);
                error.map_or(Ok(()), Err)
            }
        }
    }

    /// What the admission of service accounts says to a pod whose account does not exist.
    fn missing_account(&self, pod: &Json) -> Option<String> {
        let account = pod["spec"]["serviceAccountName"].as_str().filter(|account| *account != "default")?;
        let namespace = namespace(pod);
        if self.cache.get(Kind::ServiceAccount, namespace, account).is_some() {
            return None;
        }
        let base = pod["metadata"]["generateName"].as_str().unwrap_or_else(|| name(pod));
        Some(format!(
            "pods \"{base}\" is forbidden: error looking up service account {namespace}/{account}: serviceaccount \
             \"{account}\" not found"
        ))
    }
}

fn controls(owner: &Json, pod: &Json) -> bool {
    namespace(owner) == namespace(pod) && crate::rehearsal::cache::controller(pod) == uid(owner)
}

/// The server's own words, without those of the client around them.
fn message(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}
