//! Jobs: pods until enough of them have succeeded, or too many have failed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating, name, number, uid};

use super::conditions::{Condition, find, holds, seconds, time};
use super::decision::Decision;
use super::pods;

/// The pause after the first failed pod, and the longest.
const BACK_OFF: (i64, i64) = (10, 600);

/// How a Job ended.
struct Verdict {
    first: &'static str,
    last: &'static str,
    reason: &'static str,
    message: &'static str,
}

const REACHED: Verdict = Verdict {
    first: "SuccessCriteriaMet",
    last: "Complete",
    reason: "CompletionsReached",
    message: "Reached expected number of succeeded pods",
};
const EXHAUSTED: Verdict = Verdict {
    first: "FailureTarget",
    last: "Failed",
    reason: "BackoffLimitExceeded",
    message: "Job has reached the specified backoff limit",
};
const LATE: Verdict = Verdict {
    reason: "DeadlineExceeded",
    message: "Job was active longer than specified deadline",
    ..EXHAUSTED
};

/// Decides for a Job with the pods that it controls.
pub(super) fn decide(job: &Arc<Json>, owned: &[Arc<Json>], now: Timestamp) -> Decision {
    let mut decision = Decision::default();
    if is_terminating(job) {
        return decision;
    }
    let (spec, before) = (&job["spec"], &job["status"]);
    if holds(before, "Complete") || holds(before, "Failed") {
        expire(&mut decision, job, now);
        return decision;
    }
    let active: Vec<&Arc<Json>> = owned.iter().filter(|pod| pods::is_active(pod)).collect();
    let ended = |phase: &str| owned.iter().filter(|pod| pods::phase(pod) == phase).count() as i64;
    let (succeeded, failed) = (ended("Succeeded"), ended("Failed"));
    let parallelism = number(&spec["parallelism"], 1);
    let completions = spec["completions"].as_i64();
    let start = time(&before["startTime"]).unwrap_or(now);
    let deadline =
        spec["activeDeadlineSeconds"].as_i64().map(|limit| start + SignedDuration::from_secs(limit));
    if let Some(deadline) = deadline {
        decision.look_again(deadline);
    }
    let limit = number(&spec["backoffLimit"], 6);
    let restarts: i64 = active.iter().map(|pod| pods::restarts(pod)).sum();
    let done = match completions {
        Some(completions) => succeeded >= completions,
        None => succeeded > 0 && active.is_empty(),
    };
    let verdict = if done {
        Some(&REACHED)
    } else if failed + restarts > limit {
        Some(&EXHAUSTED)
    } else if deadline.is_some_and(|deadline| deadline <= now) {
        Some(&LATE)
    } else {
        None
    };
    let suspended = spec["suspend"] == true;
    if verdict.is_some() || suspended {
        for pod in &active {
            decision.delete(Kind::Pod, pod);
        }
    } else {
        let missing = completions.map_or(if succeeded > 0 { 0 } else { parallelism }, |completions| {
            parallelism.min(completions - succeeded)
        });
        let pause = pause_until(owned, failed).filter(|until| *until > now);
        match pause {
            Some(until) => decision.look_again(until),
            None => {
                for _ in active.len() as i64..missing {
                    decision.create_for(Kind::Pod, pod(job), (Kind::Job, job));
                }
            }
        }
    }
    let running = if verdict.is_some() || suspended { 0 } else { active.len() as i64 };
    let ready = active.iter().filter(|pod| pods::is_ready(pod)).count();
    let count = |count: i64| if count == 0 { Json::Null } else { count.into() };
    let mut status = json!({
        "startTime": if suspended { Json::Null } else { seconds(start).into() },
        "active": count(running), "succeeded": count(succeeded), "failed": count(failed),
        "ready": if running == 0 { 0 } else { ready }, "terminating": 0, "uncountedTerminatedPods": {},
    });
    if let Some(verdict) = verdict {
        let condition = |kind| {
            let (reason, message) = (verdict.reason, verdict.message.to_owned());
            Condition { kind, status: "True", reason, message }.over(before, Some("lastProbeTime"), now)
        };
        status["conditions"] = json!([condition(verdict.first), condition(verdict.last)]);
        if verdict.last == "Complete" {
            status["completionTime"] = seconds(now).into();
            decision.tell(Kind::Job, job, "Completed", "Job completed".to_owned());
        } else {
            decision.tell(Kind::Job, job, verdict.reason, verdict.message.to_owned());
        }
    }
    decision.status(Kind::Job, job, status);
    decision
}

/// A Job that is done goes some time later, if it says so.
fn expire(decision: &mut Decision, job: &Arc<Json>, now: Timestamp) {
    let Some(seconds) = job["spec"]["ttlSecondsAfterFinished"].as_i64() else { return };
    let ended = ["Complete", "Failed"].iter().find_map(|kind| find(&job["status"], kind));
    let Some(ended) = ended.and_then(|condition| time(&condition["lastTransitionTime"])) else { return };
    let at = ended + SignedDuration::from_secs(seconds);
    if at <= now { decision.delete(Kind::Job, job) } else { decision.look_again(at) }
}

/// After a failure the next pod waits, twice as long each time.
fn pause_until(owned: &[Arc<Json>], failed: i64) -> Option<Timestamp> {
    let doublings = u32::try_from(failed.checked_sub(1)?).ok()?.min(16);
    let finished = owned.iter().filter(|pod| pods::phase(pod) == "Failed").filter_map(|pod| {
        let statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
        statuses.filter_map(|status| time(&status["state"]["terminated"]["finishedAt"])).max()
    });
    let pause = BACK_OFF.1.min(BACK_OFF.0 << doublings);
    finished.max().map(|finished| finished + SignedDuration::from_secs(pause))
}

fn pod(job: &Json) -> Json {
    let mut pod = pods::from_template(Kind::Job, job, &job["spec"]["template"]);
    pod["metadata"]["generateName"] = format!("{}-", name(job)).into();
    for (key, value) in [("job-name", name(job)), ("controller-uid", uid(job))] {
        pod["metadata"]["labels"][key] = value.into();
        pod["metadata"]["labels"][format!("batch.kubernetes.io/{key}")] = value.into();
    }
    pod
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::workloads::decision::Write;
    use crate::rehearsal::workloads::testing::{deleted, now, pod as testing_pod, status, template};

    fn job(spec: &Json, status: Json) -> Arc<Json> {
        let mut job = json!({
            "metadata": { "name": "once", "namespace": "ns", "uid": "uid-once" },
            "spec": { "completions": 1, "backoffLimit": 1, "template": template("once") }, "status": status,
        });
        json_patch::merge(&mut job["spec"], spec);
        Arc::new(job)
    }

    fn ended(name: &str, phase: &str) -> Arc<Json> {
        let mut pod = Json::clone(&testing_pod(name, false));
        pod["status"]["phase"] = phase.into();
        pod["status"]["containerStatuses"] =
            json!([{ "state": { "terminated": { "finishedAt": "2026-01-01T00:09:55Z" } } }]);
        Arc::new(pod)
    }

    fn creates(decision: &Decision) -> usize {
        decision.writes.iter().filter(|write| matches!(write, Write::Create { .. })).count()
    }

    #[test]
    fn a_job_is_complete_when_enough_pods_have_succeeded() {
        let begun = decide(&job(&json!({}), json!({})), &[], now());
        assert_eq!(creates(&begun), 1);
        assert_eq!(status(&begun)["startTime"], "2026-01-01T00:10:00Z");
        let done = decide(&job(&json!({}), json!({})), &[ended("a", "Succeeded")], now());
        let kinds: Vec<_> =
            status(&done)["conditions"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
        assert_eq!(kinds, ["SuccessCriteriaMet", "Complete"]);
        assert_eq!(status(&done)["completionTime"], "2026-01-01T00:10:00Z");
        assert_eq!(creates(&done), 0);
    }

    #[test]
    fn the_next_try_waits_and_the_last_one_fails_the_job() {
        let once = [ended("a", "Failed")];
        let waiting = decide(&job(&json!({}), json!({})), &once, now());
        assert_eq!(
            (creates(&waiting), waiting.again.unwrap().to_string().as_str()),
            (0, "2026-01-01T00:10:05Z")
        );
        let later = now() + SignedDuration::from_secs(6);
        assert_eq!(creates(&decide(&job(&json!({}), json!({})), &once, later)), 1);
        let twice = [ended("a", "Failed"), ended("b", "Failed"), testing_pod("c", true)];
        let failed = decide(&job(&json!({}), json!({})), &twice, now());
        assert_eq!(status(&failed)["conditions"][1]["reason"], "BackoffLimitExceeded");
        assert_eq!(deleted(&failed), ["c"]);
    }

    #[test]
    fn a_job_that_takes_too_long_fails() {
        let late = json!({ "startTime": "2026-01-01T00:00:00Z" });
        let decision =
            decide(&job(&json!({ "activeDeadlineSeconds": 60 }), late), &[testing_pod("a", true)], now());
        assert_eq!(status(&decision)["conditions"][1]["reason"], "DeadlineExceeded");
    }

    #[test]
    fn a_finished_job_goes_when_its_time_is_over() {
        let done = json!({ "conditions": [{ "type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z" }] });
        let kept = decide(&job(&json!({ "ttlSecondsAfterFinished": 3600 }), done.clone()), &[], now());
        assert_eq!((deleted(&kept), kept.again.is_some()), (vec![], true));
        let gone = decide(&job(&json!({ "ttlSecondsAfterFinished": 60 }), done), &[], now());
        assert_eq!(deleted(&gone), ["once"]);
    }
}
