//! ReplicaSets: as many pods as wanted.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating, name, number};

use super::conditions::Condition;
use super::decision::Decision;
use super::pods;

/// Decides for a ReplicaSet with the pods that it controls; `failure` is why its last pod could not be made.
pub(super) fn decide(
    set: &Arc<Json>,
    owned: &[Arc<Json>],
    failure: Option<&str>,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    if is_terminating(set) {
        return decision;
    }
    let mut active: Vec<Arc<Json>> = owned.iter().filter(|pod| pods::is_active(pod)).cloned().collect();
    let wanted = number(&set["spec"]["replicas"], 1);
    let count = pods::count(&active, number(&set["spec"]["minReadySeconds"], 0), now);
    if let Some(next) = count.next {
        decision.look_again(next);
    }
    let mut status = json!({
        "observedGeneration": set["metadata"]["generation"],
        "replicas": count.all, "fullyLabeledReplicas": count.all,
        "readyReplicas": count.ready, "availableReplicas": count.available,
        "conditions": null,
    });
    if let Some(message) = failure {
        let (kind, reason) = ("ReplicaFailure", "FailedCreate");
        let condition = Condition { kind, status: "True", reason, message: message.to_owned() };
        status["conditions"] = json!([condition.over(&set["status"], None, now)]);
    }
    decision.status(Kind::ReplicaSet, set, status);
    for _ in count.all..wanted {
        let mut pod = pods::from_template(Kind::ReplicaSet, set, &set["spec"]["template"]);
        pod["metadata"]["generateName"] = format!("{}-", name(set)).into();
        decision.create_for(Kind::Pod, pod, (Kind::ReplicaSet, set));
    }
    pods::sort_for_removal(&mut active);
    for pod in active.iter().take(usize::try_from(count.all - wanted).unwrap_or(0)) {
        decision.delete(Kind::Pod, pod);
        decision.tell(Kind::ReplicaSet, set, "SuccessfulDelete", format!("Deleted pod: {}", name(pod)));
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::workloads::decision::Write;
    use crate::rehearsal::workloads::testing::{deleted, now, pod, replica_set};

    fn created(decision: &Decision) -> usize {
        decision.writes.iter().filter(|write| matches!(write, Write::Create { .. })).count()
    }

    #[test]
    fn missing_pods_are_made_from_the_template_and_belong_to_the_set() {
        let decision = decide(&replica_set("web", 2), &[], None, now());
        assert_eq!(created(&decision), 2);
        let made = decision.writes.iter().find_map(|write| match write {
            Write::Create { object, .. } => Some(object),
            _ => None,
        });
        let made = made.unwrap();
        assert_eq!(made["metadata"]["generateName"], "web-");
        assert_eq!(made["metadata"]["ownerReferences"][0]["uid"], "uid-web");
        assert_eq!(made["metadata"]["labels"]["app"], "web");
    }

    #[test]
    fn of_too_many_pods_those_that_are_not_ready_go_first() {
        let pods = [pod("a", true), pod("b", false), pod("c", true)];
        let decision = decide(&replica_set("web", 2), &pods, None, now());
        assert_eq!(deleted(&decision), ["b"]);
        assert_eq!(created(&decision), 0);
    }

    #[test]
    fn pods_that_ended_or_are_to_end_do_not_count() {
        let mut ended = Json::clone(&pod("a", true));
        ended["status"]["phase"] = "Failed".into();
        let mut ending = Json::clone(&pod("b", true));
        ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let pods = [Arc::new(ended), Arc::new(ending)];
        assert_eq!(created(&decide(&replica_set("web", 1), &pods, None, now())), 1);
    }

    #[test]
    fn why_no_pod_can_be_made_is_a_condition() {
        let decision = decide(&replica_set("web", 1), &[], Some("no such service account"), now());
        let Some(Write::Status { status, .. }) = decision.writes.first() else {
            unreachable!("a status comes first")
        };
        assert_eq!(status["conditions"][0]["type"], "ReplicaFailure");
        assert_eq!(status["conditions"][0]["message"], "no such service account");
    }
}
