//! DaemonSets: one pod on the node.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating, label, name, number};

use super::decision::Decision;
use super::{hash, pods};

const REVISION: &str = "controller-revision-hash";

/// Decides for a DaemonSet with the pods that it controls. There is one `node`, and `fits` says whether the pods of
/// this set may run on it.
pub(super) fn decide(
    set: &Arc<Json>,
    owned: &[Arc<Json>],
    node: &str,
    fits: bool,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    if is_terminating(set) {
        return decision;
    }
    let template = &set["spec"]["template"];
    let revision = hash::of_template(template);
    let active: Vec<Arc<Json>> = owned.iter().filter(|pod| !is_terminating(pod)).cloned().collect();
    let (broken, living): (Vec<_>, Vec<_>) =
        active.into_iter().partition(|pod| matches!(pods::phase(pod), "Failed" | "Succeeded"));
    let on_delete = set["spec"]["updateStrategy"]["type"] == "OnDelete";
    let is_current = |pod: &Arc<Json>| label(pod, REVISION) == revision;
    let outdated = living.iter().filter(|pod| !on_delete && !is_current(pod));
    for pod in broken.iter().chain(outdated).chain(living.iter().filter(|_| !fits)) {
        decision.delete(Kind::Pod, pod);
    }
    // A daemon's ports are the node's: the next one comes when the last is gone.
    if fits && owned.is_empty() {
        let mut pod = pods::from_template(Kind::DaemonSet, set, template);
        pod["metadata"]["generateName"] = format!("{}-", name(set)).into();
        pod["metadata"]["labels"][REVISION] = revision.clone().into();
        pod["metadata"]["labels"]["pod-template-generation"] =
            set["metadata"]["generation"].to_string().into();
        pod["spec"]["nodeName"] = node.into();
        decision.create_for(Kind::Pod, pod, (Kind::DaemonSet, set));
    }
    let wanted = i64::from(fits);
    let count = pods::count(&living, number(&set["spec"]["minReadySeconds"], 0), now);
    if let Some(next) = count.next {
        decision.look_again(next);
    }
    let some = |count: i64| if count == 0 { Json::Null } else { count.into() };
    let current = living.iter().filter(|pod| is_current(pod)).count() as i64;
    let status = json!({
        "observedGeneration": set["metadata"]["generation"],
        "desiredNumberScheduled": wanted, "currentNumberScheduled": count.all.min(wanted),
        "numberMisscheduled": count.all - count.all.min(wanted), "numberReady": count.ready,
        "updatedNumberScheduled": some(current), "numberAvailable": some(count.available),
        "numberUnavailable": some(wanted - count.available),
    });
    decision.status(Kind::DaemonSet, set, status);
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::workloads::decision::Write;
    use crate::rehearsal::workloads::testing::{deleted, now, pod, status, template};

    fn daemon_set() -> Arc<Json> {
        Arc::new(
            json!({ "metadata": { "name": "agent", "namespace": "ns", "uid": "uid-agent", "generation": 3 },
            "spec": { "template": template("agent") } }),
        )
    }

    #[test]
    fn the_node_gets_one_pod_that_is_bound_to_it() {
        let decision = decide(&daemon_set(), &[], "node", true, now());
        let Some(Write::Create { object, .. }) = decision.writes.first() else {
            unreachable!("a pod is made")
        };
        assert_eq!(object["spec"]["nodeName"], "node");
        assert_eq!(object["metadata"]["labels"]["pod-template-generation"], "3");
        assert_eq!(status(&decision)["desiredNumberScheduled"], 1);
        assert_eq!(status(&decision)["numberUnavailable"], 1);
    }

    #[test]
    fn a_pod_of_an_old_template_goes_before_the_new_one_comes() {
        let old = pod("old", true);
        let decision = decide(&daemon_set(), &[old], "node", true, now());
        assert_eq!(deleted(&decision), ["old"]);
        assert!(!decision.writes.iter().any(|write| matches!(write, Write::Create { .. })));
    }

    #[test]
    fn a_node_that_does_not_fit_needs_none() {
        let decision = decide(&daemon_set(), &[], "node", false, now());
        assert_eq!(status(&decision)["desiredNumberScheduled"], 0);
        assert_eq!(status(&decision)["numberUnavailable"], Json::Null);
    }
}
