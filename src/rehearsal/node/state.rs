//! The states of a pod's containers, and the status that they add up to.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::register::ADDRESS;

/// What one container does now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) now: Now,
    pub(super) last: Option<Ended>,
    pub(super) restarts: u32,
    pub(super) ready: bool,
    /// Its startup probe, if it has one, has succeeded.
    pub(super) started: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Now {
    Waiting { reason: &'static str, message: String },
    Running { since: Timestamp },
    Ended(Ended),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) started: Timestamp,
    pub(super) finished: Timestamp,
}

impl State {
    pub(super) fn new(reason: &'static str) -> Self {
        let now = Now::Waiting { reason, message: String::new() };
        Self { now, last: None, restarts: 0, ready: false, started: false }
    }

    fn json(&self) -> Json {
        match &self.now {
            Now::Waiting { reason, message } if message.is_empty() => {
                json!({ "waiting": { "reason": reason } })
            }
            Now::Waiting { reason, message } => {
                json!({ "waiting": { "reason": reason, "message": message } })
            }
            Now::Running { since } => json!({ "running": { "startedAt": seconds(*since) } }),
            Now::Ended(ended) => ended.json(),
        }
    }

    fn code(&self) -> Option<i32> {
        match &self.now {
            Now::Ended(ended) => Some(ended.code),
            Now::Waiting { .. } | Now::Running { .. } => None,
        }
    }

    /// It has run at least once.
    fn has_begun(&self) -> bool {
        self.last.is_some() || !matches!(self.now, Now::Waiting { .. })
    }
}

impl Ended {
    fn json(&self) -> Json {
        let reason = if self.code == 0 { "Completed" } else { "Error" };
        json!({ "terminated": {
            "exitCode": self.code, "reason": reason,
            "startedAt": seconds(self.started), "finishedAt": seconds(self.finished),
        }})
    }
}

/// What a pod's status is made from.
pub(super) struct Status<'a> {
    pub(super) pod: &'a Json,
    pub(super) init: &'a [State],
    pub(super) containers: &'a [State],
    pub(super) address: Option<Ipv4Addr>,
    pub(super) started: Timestamp,
    pub(super) now: Timestamp,
}

impl Status<'_> {
    pub(super) fn phase(&self) -> &'static str {
        if self.init.iter().filter_map(State::code).any(|code| code != 0) {
            return "Failed";
        }
        let codes: Vec<i32> = self.containers.iter().filter_map(State::code).collect();
        if codes.len() == self.containers.len() {
            return if codes.iter().all(|code| *code == 0) { "Succeeded" } else { "Failed" };
        }
        if self.containers.iter().all(State::has_begun) { "Running" } else { "Pending" }
    }

    /// Returns the status as it follows on `before`.
    pub(super) fn json(&self, before: &Json) -> Json {
        let phase = self.phase();
        let unready = names(self.pod, "containers", self.containers, |state| !state.ready);
        let uninitialized = names(self.pod, "initContainers", self.init, |state| state.code() != Some(0));
        let ready = unready.is_empty();
        let initialized = uninitialized.is_empty();
        let (why, told) = if phase == "Succeeded" {
            ("PodCompleted", String::new())
        } else {
            ("ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
        };
        let incomplete = format!("containers with incomplete status: [{}]", uninitialized.join(" "));
        let condition = |kind: &str, holds: bool, reason: &str, message: &str| {
            let status = if holds { "True" } else { "False" };
            let mut condition = json!({
                "type": kind, "status": status, "lastProbeTime": null,
                "observedGeneration": self.pod["metadata"]["generation"],
                "lastTransitionTime": self.transition(before, kind, status),
            });
            if !holds {
                condition["reason"] = reason.into();
                if !message.is_empty() {
                    condition["message"] = message.into();
                }
            }
            condition
        };
        let addresses = |address: Option<String>| -> Json {
            address.map_or(Json::Null, |address| json!([{ "ip": address }]))
        };
        let address = self.address.map(|address| address.to_string());
        json!({
            "observedGeneration": self.pod["metadata"]["generation"],
            "phase": phase,
            "hostIP": ADDRESS, "hostIPs": addresses(Some(ADDRESS.to_owned())),
            "podIP": address, "podIPs": addresses(address.clone()),
            "startTime": seconds(self.started),
            "conditions": [
                condition("PodReadyToStartContainers", address.is_some(), "", ""),
                condition("Initialized", initialized, "ContainersNotInitialized", &incomplete),
                condition("Ready", ready, why, &told),
                condition("ContainersReady", ready, why, &told),
                condition("PodScheduled", true, "", ""),
            ],
            "containerStatuses": self.statuses("containers", self.containers),
            "initContainerStatuses": if self.init.is_empty() { Json::Null } else {
                self.statuses("initContainers", self.init)
            },
        })
    }

    fn statuses(&self, key: &str, states: &[State]) -> Json {
        let containers = self.pod["spec"][key].as_array().into_iter().flatten();
        containers
            .zip(states)
            .map(|(container, state)| {
                json!({
                    "name": container["name"], "image": container["image"], "imageID": "",
                    "restartCount": state.restarts, "ready": state.ready,
                    "started": state.started && matches!(state.now, Now::Running { .. }),
                    "state": state.json(), "lastState": state.last.as_ref().map_or(json!({}), Ended::json),
                })
            })
            .collect()
    }

    /// Keeps the time of a condition that did not change.
    fn transition(&self, before: &Json, kind: &str, status: &str) -> Json {
        let conditions = before["conditions"].as_array().into_iter().flatten();
        let old = conditions.into_iter().find(|old| old["type"] == kind && old["status"] == status);
        old.map_or_else(|| seconds(self.now).into(), |old| old["lastTransitionTime"].clone())
    }
}

fn names<'a>(pod: &'a Json, key: &str, states: &[State], chosen: impl Fn(&State) -> bool) -> Vec<&'a str> {
    let containers = pod["spec"][key].as_array().into_iter().flatten();
    let chosen = containers.zip(states).filter(|(_, state)| chosen(state));
    chosen.filter_map(|(container, _)| container["name"].as_str()).collect()
}

fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(init: &[State], containers: &[State], before: &Json) -> Json {
        let pod = json!({ "metadata": { "generation": 1 }, "spec": {
            "initContainers": [{ "name": "first" }], "containers": [{ "name": "main" }] } });
        let now = "2026-01-01T00:00:07.5Z".parse().unwrap();
        Status { pod: &pod, init, containers, address: Some(Ipv4Addr::new(10, 244, 0, 1)), started: now, now }
            .json(before)
    }

    fn ended(code: i32) -> State {
        let started = "2026-01-01T00:00:00Z".parse().unwrap();
        State { now: Now::Ended(Ended { code, started, finished: started }), ..State::new("") }
    }

    fn running(ready: bool) -> State {
        let since = "2026-01-01T00:00:00Z".parse().unwrap();
        State { now: Now::Running { since }, ready, ..State::new("") }
    }

    #[test]
    fn phases_follow_the_containers() {
        let phase = |init: State, main: State| status(&[init], &[main], &Json::Null)["phase"].clone();
        assert_eq!(phase(State::new("PodInitializing"), State::new("PodInitializing")), "Pending");
        assert_eq!(phase(ended(1), State::new("PodInitializing")), "Failed");
        assert_eq!(phase(ended(0), running(false)), "Running");
        assert_eq!(phase(ended(0), ended(0)), "Succeeded");
        assert_eq!(phase(ended(0), ended(3)), "Failed");
        // One that crashed and waits has begun.
        assert_eq!(
            phase(
                ended(0),
                State {
                    last: Some(Ended {
                        code: 1,
                        started: Timestamp::UNIX_EPOCH,
                        finished: Timestamp::UNIX_EPOCH
                    }),
                    ..State::new("CrashLoopBackOff")
                }
            ),
            "Running"
        );
    }

    #[test]
    fn a_condition_keeps_the_time_since_which_it_holds() {
        let first = status(&[ended(0)], &[running(false)], &Json::Null);
        assert_eq!(first["conditions"][2]["message"], "containers with unready status: [main]");
        let mut before = first.clone();
        before["conditions"][2]["lastTransitionTime"] = "2025-01-01T00:00:00Z".into();
        let same = status(&[ended(0)], &[running(false)], &before);
        assert_eq!(same["conditions"][2]["lastTransitionTime"], "2025-01-01T00:00:00Z");
        let ready = status(&[ended(0)], &[running(true)], &before);
        assert_eq!(ready["conditions"][2]["lastTransitionTime"], "2026-01-01T00:00:07Z");
    }
}
