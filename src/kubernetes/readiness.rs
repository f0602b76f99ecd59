//! Whether an object has become what it says: the rules of kstatus, which `helm --wait` and Flux use too.
//!
//! Source: `kstatus/status` of fluxcd/cli-utils v1.2. A paused Deployment counts as ready, as in Helm's watcher.

use serde_json::Value as Json;

use super::Manifest;

/// How far an object has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is what its spec says.
    Ready,
    /// It is on its way; why it is not there yet.
    Waiting(String),
    /// It will not get there by itself; why.
    Failed(String),
    /// It is being deleted.
    Terminating,
}

/// How long a pod may be unschedulable before it counts as failed.
const SCHEDULING: jiff::SignedDuration = jiff::SignedDuration::from_secs(15);

impl Manifest {
    /// Returns how far the object has come; `now` judges how long a pod could not be scheduled.
    pub fn readiness(&self, now: jiff::Timestamp) -> Readiness {
        if let Some(decided) = self.generic_readiness() {
            return decided;
        }
        let path = (self.group(), self.kind());
        let waiting = match path {
            ("apps" | "extensions", "Deployment") => self.deployment(),
            ("apps", "StatefulSet") => self.stateful_set(),
            ("apps" | "extensions", "DaemonSet") => self.daemon_set(),
            ("apps" | "extensions", "ReplicaSet") => self.replica_set(),
            ("", "Pod") => self.pod(now),
            ("", "PersistentVolumeClaim") => self.claim(),
            ("", "Service") => self.service(),
            ("batch", "Job") => self.job(),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => self.definition(),
            ("", "Secret" | "ConfigMap") | ("batch", "CronJob") | ("policy", "PodDisruptionBudget") => Ok(()),
            _ => match self.condition("Ready") {
                Some(condition) if condition.status != "True" => Err(waiting(condition.text())),
                _ => Ok(()),
            },
        };
        waiting.err().unwrap_or(Readiness::Ready)
    }

    fn generic_readiness(&self) -> Option<Readiness> {
        if !self.text(&["metadata", "deletionTimestamp"]).is_empty() {
            return Some(Readiness::Terminating);
        }
        let observed = self.get(&["status", "observedGeneration"]).and_then(Json::as_i64);
        if let (Some(generation), Some(observed)) = (self.generation(), observed)
            && generation != observed
        {
            return Some(waiting(format!("generation {generation} is not yet observed, only {observed}")));
        }
        if let Some(condition) = self.condition("Reconciling").filter(|condition| condition.status == "True")
        {
            return Some(waiting(condition.text()));
        }
        let stalled = self.condition("Stalled").filter(|condition| condition.status == "True")?;
        Some(Readiness::Failed(stalled.text()))
    }

    fn deployment(&self) -> Result<(), Readiness> {
        if self.get(&["spec", "paused"]).and_then(Json::as_bool) == Some(true) {
            return Ok(());
        }
        let progressing = self.condition("Progressing");
        if let Some(condition) = &progressing
            && condition.reason == "ProgressDeadlineExceeded"
        {
            return Err(Readiness::Failed(condition.text()));
        }
        let wanted = self.number(&["spec", "replicas"], 1);
        let made = self.number(&["status", "replicas"], 0);
        let updated = self.number(&["status", "updatedReplicas"], 0);
        let available = self.number(&["status", "availableReplicas"], 0);
        at_least(made, wanted, "made")?;
        at_least(updated, wanted, "updated")?;
        no_more(made, wanted)?;
        at_least(available, updated, "available")?;
        at_least(self.number(&["status", "readyReplicas"], 0), wanted, "ready")?;
        // Without a deadline the controller reports no progress.
        let deadline = self.number(&["spec", "progressDeadlineSeconds"], i64::from(i32::MAX));
        let done = progressing.is_some_and(|condition| {
            condition.status == "True" && condition.reason == "NewReplicaSetAvailable"
        });
        if deadline != i64::from(i32::MAX) && !done {
            return Err(waiting("the new ReplicaSet is not available"));
        }
        if self.condition("Available").is_none_or(|condition| condition.status != "True") {
            return Err(waiting("the Deployment is not available"));
        }
        Ok(())
    }

    fn stateful_set(&self) -> Result<(), Readiness> {
        if self.text(&["spec", "updateStrategy", "type"]) == "OnDelete" {
            return Ok(());
        }
        let wanted = self.number(&["spec", "replicas"], 1);
        let made = self.number(&["status", "replicas"], 0);
        at_least(made, wanted, "made")?;
        at_least(self.number(&["status", "readyReplicas"], 0), wanted, "ready")?;
        no_more(made, wanted)?;
        let partition = self.number(&["spec", "updateStrategy", "rollingUpdate", "partition"], -1);
        if partition != -1 {
            return at_least(self.number(&["status", "updatedReplicas"], 0), wanted - partition, "updated");
        }
        at_least(self.number(&["status", "currentReplicas"], 0), wanted, "current")?;
        if self.text(&["status", "currentRevision"]) != self.text(&["status", "updateRevision"]) {
            return Err(waiting("the updated revision is not the current one"));
        }
        Ok(())
    }

    fn daemon_set(&self) -> Result<(), Readiness> {
        if self.generation().is_none() || self.get(&["status", "observedGeneration"]).is_none() {
            return Err(waiting("its controller has not seen it"));
        }
        let wanted = self.number(&["status", "desiredNumberScheduled"], -1);
        if wanted == -1 {
            return Err(waiting("the number of nodes is not known"));
        }
        at_least(self.number(&["status", "currentNumberScheduled"], 0), wanted, "scheduled")?;
        at_least(self.number(&["status", "updatedNumberScheduled"], 0), wanted, "updated")?;
        at_least(self.number(&["status", "numberAvailable"], 0), wanted, "available")?;
        at_least(self.number(&["status", "numberReady"], 0), wanted, "ready")
    }

    fn replica_set(&self) -> Result<(), Readiness> {
        if let Some(condition) = self.condition("ReplicaFailure").filter(|failure| failure.status == "True") {
            return Err(waiting(condition.text()));
        }
        let wanted = self.number(&["spec", "replicas"], 1);
        at_least(self.number(&["status", "fullyLabeledReplicas"], 0), wanted, "labelled")?;
        at_least(self.number(&["status", "availableReplicas"], 0), wanted, "available")?;
        at_least(self.number(&["status", "readyReplicas"], 0), wanted, "ready")?;
        no_more(self.number(&["status", "replicas"], 0), wanted)
    }

    fn pod(&self, now: jiff::Timestamp) -> Result<(), Readiness> {
        match self.text(&["status", "phase"]) {
            // One that has ended is done, however it went: whoever cares looks at the Job.
            "Succeeded" | "Failed" => Ok(()),
            "Running" if self.condition("Ready").is_some_and(|ready| ready.status == "True") => Ok(()),
            "Running" => match self.crash_looping().as_slice() {
                [] => Err(waiting("the pod runs but is not ready")),
                names => {
                    Err(Readiness::Failed(format!("containers crash again and again: {}", names.join(", "))))
                }
            },
            "Pending" => {
                let unschedulable = self
                    .condition("PodScheduled")
                    .filter(|scheduled| scheduled.status == "False" && scheduled.reason == "Unschedulable");
                match unschedulable {
                    Some(condition) if self.age(now).is_some_and(|age| age > SCHEDULING) => {
                        Err(Readiness::Failed(condition.text()))
                    }
                    Some(condition) => Err(waiting(condition.text())),
                    None => Err(waiting("the pod is pending")),
                }
            }
            _ => Err(waiting("no node has seen the pod")),
        }
    }

    fn crash_looping(&self) -> Vec<&str> {
        let containers = self.get(&["status", "containerStatuses"]).and_then(Json::as_array);
        containers
            .into_iter()
            .flatten()
            .filter(|container| container["state"]["waiting"]["reason"] == "CrashLoopBackOff")
            .filter_map(|container| container["name"].as_str())
            .collect()
    }

    fn age(&self, now: jiff::Timestamp) -> Option<jiff::SignedDuration> {
        let created: jiff::Timestamp = self.text(&["metadata", "creationTimestamp"]).parse().ok()?;
        Some(now.duration_since(created))
    }

    fn claim(&self) -> Result<(), Readiness> {
        match self.text(&["status", "phase"]) {
            "Bound" => Ok(()),
            "" => Err(waiting("the claim is not bound")),
            phase => Err(waiting(format!("the claim is not bound but {phase}"))),
        }
    }

    fn service(&self) -> Result<(), Readiness> {
        let balanced = self.text(&["spec", "type"]) == "LoadBalancer";
        if balanced && self.text(&["spec", "clusterIP"]).is_empty() {
            return Err(waiting("the load balancer has no cluster IP"));
        }
        Ok(())
    }

    /// A Job that has started counts as ready; see [`completion`](Self::completion) for one that must be done.
    fn job(&self) -> Result<(), Readiness> {
        match self.completion() {
            Readiness::Waiting(_) if !self.text(&["status", "startTime"]).is_empty() => Ok(()),
            Readiness::Ready => Ok(()),
            other => Err(other),
        }
    }

    /// Returns whether a Job is done.
    pub fn completion(&self) -> Readiness {
        let done = |kind: &str| self.condition(kind).filter(|condition| condition.status == "True");
        if done("Complete").is_some() {
            return Readiness::Ready;
        }
        if let Some(condition) = done("Failed") {
            return Readiness::Failed(condition.text());
        }
        let succeeded = self.number(&["status", "succeeded"], 0);
        let wanted = self.number(&["spec", "completions"], self.number(&["spec", "parallelism"], 1));
        match self.text(&["status", "startTime"]) {
            "" => waiting("the Job has not started"),
            _ => waiting(format!("{succeeded} of {wanted} completions")),
        }
    }

    /// Returns whether a Pod has ended, and well.
    pub fn ended(&self) -> Readiness {
        match self.text(&["status", "phase"]) {
            "Succeeded" => Readiness::Ready,
            "Failed" => match self.text(&["status", "message"]) {
                "" => Readiness::Failed("the pod failed".to_owned()),
                message => Readiness::Failed(message.to_owned()),
            },
            "" => waiting("the pod has not started"),
            phase => waiting(format!("the pod is {phase}")),
        }
    }

    fn definition(&self) -> Result<(), Readiness> {
        if let Some(names) = self.condition("NamesAccepted").filter(|names| names.status == "False") {
            return Err(Readiness::Failed(names.text()));
        }
        match self.condition("Established") {
            Some(established) if established.status == "True" => Ok(()),
            Some(established) if established.status == "False" && established.reason != "Installing" => {
                Err(Readiness::Failed(established.text()))
            }
            _ => Err(waiting("the definition is being installed")),
        }
    }

    /// Returns the condition of this type, if the status has it.
    pub fn condition(&self, kind: &str) -> Option<Condition<'_>> {
        let conditions = self.get(&["status", "conditions"])?.as_array()?;
        let found = conditions.iter().find(|condition| condition["type"] == kind)?;
        let text = |key: &str| found[key].as_str().unwrap_or_default();
        Some(Condition { status: text("status"), reason: text("reason"), message: text("message") })
    }

    fn number(&self, path: &[&str], default: i64) -> i64 {
        self.get(path).and_then(Json::as_i64).unwrap_or(default)
    }
}

/// A condition of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition<'a> {
    /// `True`, `False` or `Unknown`.
    pub status: &'a str,
    /// One word.
    pub reason: &'a str,
    /// The sentence.
    pub message: &'a str,
}

impl Condition<'_> {
    /// Returns reason and message as one text.
    pub fn text(&self) -> String {
        match (self.reason, self.message) {
            (reason, "") => reason.to_owned(),
            ("", message) => message.to_owned(),
            (reason, message) => format!("{reason}: {message}"),
        }
    }
}

fn waiting(why: impl Into<String>) -> Readiness {
    Readiness::Waiting(why.into())
}

fn at_least(have: i64, wanted: i64, what: &str) -> Result<(), Readiness> {
    if have < wanted { Err(waiting(format!("{have} of {wanted} replicas {what}"))) } else { Ok(()) }
}

fn no_more(have: i64, wanted: i64) -> Result<(), Readiness> {
    if have > wanted { Err(waiting(format!("{} old replicas have to go", have - wanted))) } else { Ok(()) }
}

#[cfg(test)]
#[path = "readiness/tests.rs"]
mod tests;
