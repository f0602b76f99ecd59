//! StatefulSets: pods with names that stay, one after the other.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating, label, name, namespace, number};

use super::decision::Decision;
use super::{hash, pods};

const REVISION: &str = "controller-revision-hash";

/// Decides for a StatefulSet with the pods that it controls; `has_claim` says whether a claim is there.
pub(super) fn decide(
    set: &Arc<Json>,
    owned: &[Arc<Json>],
    has_claim: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    if is_terminating(set) {
        return decision;
    }
    let spec = &set["spec"];
    let wanted = number(&spec["replicas"], 1);
    let first = number(&spec["ordinals"]["start"], 0);
    let revision = format!("{}-{}", name(set), hash::of_template(&spec["template"]));
    let at = |ordinal: i64| {
        let pod = format!("{}-{ordinal}", name(set));
        owned.iter().find(|one| name(one) == pod)
    };
    let parallel = spec["podManagementPolicy"] == "Parallel";
    let min_ready = number(&spec["minReadySeconds"], 0);
    let is_up = |pod: &Arc<Json>| {
        !is_terminating(pod) && pods::available_at(pod, min_ready).is_some_and(|at| at <= now)
    };
    let mut steady = true;
    for ordinal in first..first + wanted {
        if !(steady || parallel) {
            break;
        }
        match at(ordinal) {
            Some(pod) if matches!(pods::phase(pod), "Failed" | "Succeeded") => {
                decision.delete(Kind::Pod, pod);
                steady = false;
            }
            Some(pod) => steady &= is_up(pod),
            None => {
                claims(&mut decision, set, ordinal, &has_claim);
                decision.create_for(Kind::Pod, pod(set, ordinal, &revision), (Kind::StatefulSet, set));
                steady = false;
            }
        }
    }
    let ordinal = |pod: &Json| name(pod).rsplit('-').next().and_then(|text| text.parse::<i64>().ok());
    let mut surplus: Vec<&Arc<Json>> = owned
        .iter()
        .filter(|pod| !ordinal(pod).is_some_and(|ordinal| (first..first + wanted).contains(&ordinal)))
        .collect();
    surplus.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod)));
    if steady || parallel {
        let at_once = if parallel { surplus.len() } else { 1 };
        for pod in surplus.iter().take(at_once).filter(|pod| !is_terminating(pod)) {
            decision.delete(Kind::Pod, pod);
        }
    }
    let rolling = &spec["updateStrategy"]["rollingUpdate"];
    let partition = number(&rolling["partition"], 0).max(first);
    let is_current = |pod: &Arc<Json>| label(pod, REVISION) == revision;
    if steady && surplus.is_empty() && spec["updateStrategy"]["type"] != "OnDelete" {
        let outdated = (partition..first + wanted).rev().filter_map(at).find(|pod| !is_current(pod));
        if let Some(pod) = outdated {
            decision.delete(Kind::Pod, pod);
        }
    }
    let active: Vec<Arc<Json>> = owned.iter().filter(|pod| pods::is_active(pod)).cloned().collect();
    let count = pods::count(&active, min_ready, now);
    if let Some(next) = count.next {
        decision.look_again(next);
    }
    let updated = active.iter().filter(|pod| is_current(pod)).count() as i64;
    let done = updated == wanted && count.ready == wanted && count.all == wanted;
    let before = set["status"]["currentRevision"].as_str();
    let current = if done { revision.as_str() } else { before.unwrap_or(&revision) };
    let of_current = active.iter().filter(|pod| label(pod, REVISION) == current).count();
    let some = |count: i64| if count == 0 { Json::Null } else { count.into() };
    let status = json!({
        "observedGeneration": set["metadata"]["generation"], "collisionCount": 0, "replicas": count.all,
        "readyReplicas": some(count.ready), "availableReplicas": count.available,
        "currentReplicas": some(of_current as i64), "updatedReplicas": some(updated),
        "currentRevision": current, "updateRevision": revision,
    });
    decision.status(Kind::StatefulSet, set, status);
    decision
}

fn pod(set: &Json, ordinal: i64, revision: &str) -> Json {
    let own = format!("{}-{ordinal}", name(set));
    let mut pod = pods::from_template(Kind::StatefulSet, set, &set["spec"]["template"]);
    let labels = &mut pod["metadata"]["labels"];
    labels["statefulset.kubernetes.io/pod-name"] = own.clone().into();
    labels["apps.kubernetes.io/pod-index"] = ordinal.to_string().into();
    labels[REVISION] = revision.into();
    pod["spec"]["hostname"] = own.clone().into();
    pod["spec"]["subdomain"] = set["spec"]["serviceName"].clone();
    let mut volumes = pod["spec"]["volumes"].as_array().cloned().unwrap_or_default();
    for template in templates(set) {
        let volume = name(template);
        volumes.retain(|one| one["name"] != volume);
        let claim = format!("{volume}-{own}");
        volumes.push(json!({ "name": volume, "persistentVolumeClaim": { "claimName": claim } }));
    }
    pod["spec"]["volumes"] = volumes.into();
    pod["metadata"]["name"] = own.into();
    pod
}

/// Claims outlive the set, which is why nobody owns them.
fn claims(decision: &mut Decision, set: &Arc<Json>, ordinal: i64, has_claim: impl Fn(&str) -> bool) {
    for template in templates(set) {
        let claim = format!("{}-{}-{ordinal}", name(template), name(set));
        if has_claim(&claim) {
            continue;
        }
        let mut object = template.clone();
        object["apiVersion"] = "v1".into();
        object["kind"] = "PersistentVolumeClaim".into();
        object["metadata"]["name"] = claim.into();
        object["metadata"]["namespace"] = namespace(set).into();
        decision.create_for(Kind::PersistentVolumeClaim, object, (Kind::StatefulSet, set));
    }
}

fn templates(set: &Json) -> impl Iterator<Item = &Json> {
    set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::workloads::decision::Write;
    use crate::rehearsal::workloads::testing::{deleted, now, pod as testing_pod, status, template};

    fn set(replicas: i64) -> Arc<Json> {
        Arc::new(json!({ "metadata": { "name": "db", "namespace": "ns", "uid": "uid-db", "generation": 1 },
            "spec": { "replicas": replicas, "serviceName": "db", "template": template("db"),
                "volumeClaimTemplates": [{ "metadata": { "name": "data" }, "spec": {} }] } }))
    }

    fn member(ordinal: i64, ready: bool, current: bool) -> Arc<Json> {
        let mut pod = Json::clone(&testing_pod(&format!("db-{ordinal}"), ready));
        let hash = hash::of_template(&template("db"));
        let revision = if current { format!("db-{hash}") } else { "db-old".to_owned() };
        pod["metadata"]["labels"] = json!({ REVISION: revision });
        Arc::new(pod)
    }

    fn created(decision: &Decision) -> Vec<&str> {
        let creates = decision.writes.iter().filter_map(|write| match write {
            Write::Create { object, .. } => Some(name(object)),
            _ => None,
        });
        creates.collect()
    }

    #[test]
    fn the_next_pod_comes_when_the_one_before_is_ready_each_with_its_claim() {
        assert_eq!(created(&decide(&set(2), &[], |_| false, now())), ["data-db-0", "db-0"]);
        assert_eq!(created(&decide(&set(2), &[member(0, false, true)], |_| true, now())), [""; 0]);
        assert_eq!(created(&decide(&set(2), &[member(0, true, true)], |_| true, now())), ["db-1"]);
    }

    #[test]
    fn an_update_goes_from_the_last_pod_to_the_first() {
        let decision = decide(&set(2), &[member(0, true, false), member(1, true, false)], |_| true, now());
        assert_eq!(deleted(&decision), ["db-1"]);
        let halfway = decide(&set(2), &[member(0, true, false), member(1, false, true)], |_| true, now());
        assert_eq!(deleted(&halfway), [""; 0]);
    }

    #[test]
    fn the_highest_ordinals_go_first_when_there_are_too_many() {
        let pods = [member(0, true, true), member(1, true, true), member(2, true, true)];
        assert_eq!(deleted(&decide(&set(1), &pods, |_| true, now())), ["db-2"]);
    }

    #[test]
    fn a_finished_update_is_the_current_revision() {
        let done = decide(&set(1), &[member(0, true, true)], |_| true, now());
        assert_eq!(status(&done)["currentRevision"], status(&done)["updateRevision"]);
        assert_eq!(status(&done)["currentReplicas"], 1);
    }
}
