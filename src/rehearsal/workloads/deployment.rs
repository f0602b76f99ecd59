//! Deployments: a ReplicaSet for each template, and the way from one to the next.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, annotation, is_terminating, name, namespace, number};

use super::conditions::{Condition, find, time};
use super::decision::Decision;
use super::hash;
use super::pods::owner_reference;
use super::rollout::{Bounds, replicas};

const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
/// What a Deployment keeps to itself.
const OWN_ANNOTATIONS: [&str; 2] = ["kubectl.kubernetes.io/last-applied-configuration", REVISION];

/// Decides for a Deployment with the ReplicaSets that it controls; `pods_left` says whether pods of old ones live.
pub(super) fn decide(
    deployment: &Arc<Json>,
    owned: &[Arc<Json>],
    pods_left: impl Fn(&Json) -> bool,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    if is_terminating(deployment) {
        return decision;
    }
    let template = &deployment["spec"]["template"];
    let mut old: Vec<Arc<Json>> = owned.to_vec();
    old.sort_by_key(|set| {
        (set["metadata"]["creationTimestamp"].as_str().map(str::to_owned), name(set).to_owned())
    });
    let new = old.iter().position(|set| same_template(&set["spec"]["template"], template));
    let new = new.map(|index| old.remove(index));
    let bounds = Bounds::of(deployment);
    let paused = deployment["spec"]["paused"] == true;
    let mut made = None;
    if paused {
        if let Some(set) = new.as_ref().filter(|set| replicas(set) != bounds.wanted) {
            scale(&mut decision, deployment, set, bounds.wanted);
        }
    } else if let Some(set) = &new {
        note_revision(&mut decision, deployment, set, &old);
        roll(&mut decision, deployment, bounds, set, &old, &pods_left);
    } else if deployment["spec"]["strategy"]["type"] == "Recreate" && !ended(&old, &pods_left) {
        for set in old.iter().filter(|set| replicas(set) > 0) {
            scale(&mut decision, deployment, set, 0);
        }
    } else {
        made = Some(create(&mut decision, deployment, bounds, &old));
    }
    let made = made.as_deref();
    status(&mut decision, deployment, bounds, new.as_ref(), made, &old, now);
    decision
}

fn roll(
    decision: &mut Decision,
    deployment: &Arc<Json>,
    bounds: Bounds,
    new: &Arc<Json>,
    old: &[Arc<Json>],
    pods_left: impl Fn(&Json) -> bool,
) {
    let all = replicas(new) + old.iter().map(|set| replicas(set)).sum::<i64>();
    if deployment["spec"]["strategy"]["type"] == "Recreate" {
        for set in old.iter().filter(|set| replicas(set) > 0) {
            scale(decision, deployment, set, 0);
        }
        if ended(old, pods_left) && replicas(new) != bounds.wanted {
            scale(decision, deployment, new, bounds.wanted);
        }
    } else {
        let grown = bounds.grow(replicas(new), all);
        if grown != replicas(new) {
            // One step at a time: what the old ones may lose depends on what the new one has.
            return scale(decision, deployment, new, grown);
        }
        for (set, kept) in old.iter().zip(bounds.shrink(new, old)) {
            if kept != replicas(set) {
                scale(decision, deployment, set, kept);
            }
        }
    }
    let history = number(&deployment["spec"]["revisionHistoryLimit"], 10);
    let empty: Vec<&Arc<Json>> = old
        .iter()
        .filter(|set| {
            replicas(set) == 0 && number(&set["status"]["replicas"], 0) == 0 && !is_terminating(set)
        })
        .collect();
    for set in empty.iter().take(empty.len().saturating_sub(usize::try_from(history).unwrap_or(0))) {
        decision.delete(Kind::ReplicaSet, set);
    }
}

/// Returns whether none of these sets has pods any more, also none that are still ending.
fn ended(old: &[Arc<Json>], pods_left: impl Fn(&Json) -> bool) -> bool {
    old.iter().all(|set| replicas(set) == 0 && !pods_left(set))
}

fn scale(decision: &mut Decision, deployment: &Arc<Json>, set: &Arc<Json>, to: i64) {
    let way = if to > replicas(set) { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {} from {} to {to}", name(set), replicas(set));
    decision.patch(Kind::ReplicaSet, set, json!({ "spec": { "replicas": to } }));
    decision.tell(Kind::Deployment, deployment, "ScalingReplicaSet", message);
}

/// Makes the ReplicaSet of the Deployment's template, and returns its name.
fn create(decision: &mut Decision, deployment: &Arc<Json>, bounds: Bounds, old: &[Arc<Json>]) -> String {
    let hash = hash::of_template(&deployment["spec"]["template"]);
    let set = format!("{}-{hash}", name(deployment));
    let all: i64 = old.iter().map(|set| replicas(set)).sum();
    let count = bounds.grow(0, all);
    let revision = next_revision(old);
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"][HASH] = hash.clone().into();
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = hash.into();
    let mut annotations = json!({
        REVISION: revision.to_string(), DESIRED: bounds.wanted.to_string(),
        MOST: (bounds.wanted + bounds.surge).to_string(),
    });
    for (key, value) in deployment["metadata"]["annotations"].as_object().into_iter().flatten() {
        if !OWN_ANNOTATIONS.contains(&key.as_str()) {
            annotations[key] = value.clone();
        }
    }
    let object = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": set, "namespace": namespace(deployment), "labels": template["metadata"]["labels"],
            "annotations": annotations, "ownerReferences": [owner_reference(Kind::Deployment, deployment)],
        },
        "spec": {
            "replicas": count, "minReadySeconds": number(&deployment["spec"]["minReadySeconds"], 0),
            "selector": selector, "template": template,
        },
    });
    decision.create_for(Kind::ReplicaSet, object, (Kind::Deployment, deployment));
    let message = format!("Scaled up replica set {set} from 0 to {count}");
    decision.tell(Kind::Deployment, deployment, "ScalingReplicaSet", message);
    set_revision(decision, deployment, revision);
    set
}

fn next_revision(old: &[Arc<Json>]) -> i64 {
    1 + old.iter().filter_map(|set| annotation(set, REVISION)?.parse().ok()).max().unwrap_or(0)
}

/// A template that comes back is a new revision.
fn note_revision(decision: &mut Decision, deployment: &Arc<Json>, new: &Arc<Json>, old: &[Arc<Json>]) {
    let own = annotation(new, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0);
    let revision = next_revision(old).max(own);
    if revision != own {
        let annotations = json!({ REVISION: revision.to_string() });
        decision.patch(Kind::ReplicaSet, new, json!({ "metadata": { "annotations": annotations } }));
    }
    set_revision(decision, deployment, revision);
}

fn set_revision(decision: &mut Decision, deployment: &Arc<Json>, revision: i64) {
    let revision = revision.to_string();
    if annotation(deployment, REVISION) != Some(&revision) {
        let annotations = json!({ REVISION: revision });
        decision.patch(Kind::Deployment, deployment, json!({ "metadata": { "annotations": annotations } }));
    }
}

/// Compares the template of a ReplicaSet with a Deployment's: they differ in the hash that only the former has.
fn same_template(of_set: &Json, of_deployment: &Json) -> bool {
    let metadata = |template: &Json, key: &str| {
        let mut values = template["metadata"][key].as_object().cloned().unwrap_or_default();
        values.remove(HASH);
        values
    };
    of_set["spec"] == of_deployment["spec"]
        && ["labels", "annotations"].iter().all(|key| metadata(of_set, key) == metadata(of_deployment, key))
}

fn status(
    decision: &mut Decision,
    deployment: &Arc<Json>,
    bounds: Bounds,
    new: Option<&Arc<Json>>,
    made: Option<&str>,
    old: &[Arc<Json>],
    now: Timestamp,
) {
    let sum = |field: &str| old.iter().chain(new).map(|set| number(&set["status"][field], 0)).sum::<i64>();
    let (all, ready, serving) = (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"));
    let updated = new.map_or(0, |set| number(&set["status"]["replicas"], 0));
    let wanted: i64 = old.iter().chain(new).map(|set| replicas(set)).sum::<i64>();
    let before = &deployment["status"];
    let mut conditions = Vec::new();
    let enough = serving >= bounds.wanted - bounds.unavailable;
    let (status, reason, message) = if enough {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    let message = message.to_owned();
    let availability = Condition { kind: "Available", status, reason, message };
    conditions.push(availability.over(before, Some("lastUpdateTime"), now));
    let counts = json!({
        "replicas": all, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": serving,
    });
    let complete = [updated, all, serving].iter().all(|count| *count == bounds.wanted);
    let progress = Progress { deployment, before, counts: &counts, complete, now };
    conditions.extend(progress.condition(new, made, decision));
    if let Some(failure) = new.and_then(|set| find(&set["status"], "ReplicaFailure")) {
        conditions.push(failure.clone());
    }
    let unavailable = (wanted - serving).max(0);
    let mut status = json!({
        "observedGeneration": deployment["metadata"]["generation"],
        "unavailableReplicas": if unavailable == 0 { Json::Null } else { unavailable.into() },
        "conditions": conditions,
    });
    for (key, value) in counts.as_object().into_iter().flatten() {
        // Go leaves zeros out.
        status[key] = if *value == 0 { Json::Null } else { value.clone() };
    }
    decision.status(Kind::Deployment, deployment, status);
}

/// What the condition `Progressing` is made from.
struct Progress<'a> {
    deployment: &'a Json,
    before: &'a Json,
    counts: &'a Json,
    complete: bool,
    now: Timestamp,
}

impl Progress<'_> {
    fn condition(
        &self,
        new: Option<&Arc<Json>>,
        made: Option<&str>,
        decision: &mut Decision,
    ) -> Option<Json> {
        let deadline = number(&self.deployment["spec"]["progressDeadlineSeconds"], 600);
        if deadline == i64::from(i32::MAX) {
            return None;
        }
        let old = find(self.before, "Progressing");
        let is = |reason: &str| old.is_some_and(|old| old["reason"] == reason);
        if self.deployment["spec"]["paused"] == true {
            return Some(self.progressing("Unknown", "DeploymentPaused", "Deployment is paused".to_owned()));
        }
        if let Some(made) = made {
            let message = format!("Created new replica set \"{made}\"");
            return Some(self.progressing("True", "NewReplicaSetCreated", message));
        }
        let Some(set) = new.map(|set| name(set)) else { return old.cloned() };
        if self.complete {
            let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
            return Some(self.progressing("True", "NewReplicaSetAvailable", message));
        }
        let Some(old) = old else {
            let message = format!("Found new replica set \"{set}\"");
            return Some(self.progressing("True", "FoundNewReplicaSet", message));
        };
        if self.has_moved() && !is("NewReplicaSetAvailable") {
            let message = format!("ReplicaSet \"{set}\" is progressing.");
            let mut condition = self.progressing("True", "ReplicaSetUpdated", message);
            condition["lastUpdateTime"] = super::conditions::seconds(self.now).into();
            return self.watch(condition, deadline, decision);
        }
        let since = time(&old["lastUpdateTime"]).unwrap_or(self.now);
        let waits = !is("NewReplicaSetAvailable") && !is("ProgressDeadlineExceeded");
        if waits && self.now > since + SignedDuration::from_secs(deadline) {
            let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
            return Some(self.progressing("False", "ProgressDeadlineExceeded", message));
        }
        if waits {
            return self.watch(old.clone(), deadline, decision);
        }
        Some(old.clone())
    }

    /// Looks again when the deadline is over.
    #[expect(clippy::unnecessary_wraps, reason = "it ends the ways of a function that returns an option")]
    fn watch(&self, condition: Json, deadline: i64, decision: &mut Decision) -> Option<Json> {
        let since = time(&condition["lastUpdateTime"]).unwrap_or(self.now);
        decision.look_again(since + SignedDuration::from_secs(deadline + 1));
        Some(condition)
    }

    fn progressing(&self, status: &str, reason: &str, message: String) -> Json {
        let kind = "Progressing";
        Condition { kind, status, reason, message }.over(self.before, Some("lastUpdateTime"), self.now)
    }

    /// Progress is a new replica more, an old one less, or one more that serves.
    fn has_moved(&self) -> bool {
        let (now, before) =
            (|key: &str| number(&self.counts[key], 0), |key: &str| number(&self.before[key], 0));
        let old_now = now("replicas") - now("updatedReplicas");
        let old_before = before("replicas") - before("updatedReplicas");
        now("updatedReplicas") > before("updatedReplicas")
            || old_now < old_before
            || now("readyReplicas") > before("readyReplicas")
            || now("availableReplicas") > before("availableReplicas")
    }
}

#[cfg(test)]
#[path = "deployment/tests.rs"]
mod tests;
