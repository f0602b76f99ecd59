//! The states of a pod's containers, and the status that they add up to.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::network::Place;

/// What one container does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) now: Now,
    pub(crate) last: Option<Ended>,
    pub(crate) restarts: u32,
    pub(crate) ready: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Now {
    Waiting { reason: &'static str, message: String },
    Running { since: Timestamp },
    Ended(Ended),
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) started: Timestamp,
    pub(crate) finished: Timestamp,
}

impl State {
    pub(crate) fn creating() -> Self {
        let now = Now::Waiting { reason: "ContainerCreating", message: String::new() };
        Self { now, last: None, restarts: 0, ready: false }
    }

    fn json(&self) -> Value {
        match &self.now {
            Now::Waiting { reason, message } => {
                json!({ "waiting": { "reason": reason, "message": message } })
            }
            Now::Running { since } => json!({ "running": { "startedAt": since.to_string() } }),
            Now::Ended(ended) => ended.json(),
        }
    }
}

impl Ended {
    fn json(&self) -> Value {
        let reason = if self.code == 0 { "Completed" } else { "Error" };
        json!({ "terminated": {
            "exitCode": self.code, "reason": reason,
            "startedAt": self.started.to_string(), "finishedAt": self.finished.to_string(),
        }})
    }
}

/// A pod's status from its containers'.
pub(crate) struct Status<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) init: &'a [State],
    pub(crate) containers: &'a [State],
    pub(crate) place: Option<&'a Place>,
    pub(crate) host: Ipv4Addr,
    pub(crate) started: Timestamp,
}

impl Status<'_> {
    pub(crate) fn phase(&self) -> &'static str {
        let ended = |state: &State| match &state.now {
            Now::Ended(ended) => Some(ended.code),
            Now::Waiting { .. } | Now::Running { .. } => None,
        };
        if self.init.iter().filter_map(ended).any(|code| code != 0) {
            return "Failed";
        }
        let codes: Vec<i32> = self.containers.iter().filter_map(ended).collect();
        if codes.len() == self.containers.len() {
            return if codes.iter().all(|code| *code == 0) { "Succeeded" } else { "Failed" };
        }
        let begun = |state: &State| state.last.is_some() || !matches!(state.now, Now::Waiting { .. });
        if self.containers.iter().all(begun) { "Running" } else { "Pending" }
    }

    /// The patch of the status subresource; it fits only the pod with this uid.
    pub(crate) fn patch(&self, previous: Option<&Value>) -> Value {
        let ready = self.containers.iter().all(|state| state.ready);
        let initialized =
            self.init.iter().all(|state| matches!(&state.now, Now::Ended(ended) if ended.code == 0));
        let reason = if self.phase() == "Succeeded" { "PodCompleted" } else { "ContainersNotReady" };
        let condition = |kind: &str, holds: bool, reason: &str| {
            let status = if holds { "True" } else { "False" };
            json!({ "type": kind, "status": status, "reason": if holds { "" } else { reason },
                "lastTransitionTime": transition(previous, kind, status) })
        };
        let address = self.place.map(|place| place.address);
        let status = json!({
            "phase": self.phase(),
            "hostIP": self.host.to_string(), "hostIPs": addresses(Some(self.host)),
            "podIP": address.map(|address| address.to_string()), "podIPs": addresses(address),
            "startTime": self.started.to_string(),
            "conditions": [
                condition("PodReadyToStartContainers", self.place.is_some(), "Sandbox"),
                condition("Initialized", initialized, "ContainersNotInitialized"),
                condition("ContainersReady", ready, reason),
                condition("Ready", ready, reason),
            ],
            "containerStatuses": self.statuses(self.containers, false),
            "initContainerStatuses": self.statuses(self.init, true),
        });
        json!({ "metadata": { "uid": self.pod.metadata.uid }, "status": status })
    }

    fn statuses(&self, states: &[State], init: bool) -> Vec<Value> {
        let spec = self.pod.spec.as_ref().expect("a pod has a spec");
        let containers =
            if init { spec.init_containers.as_deref().unwrap_or_default() } else { &spec.containers };
        let status = |(container, state): (&k8s_openapi::api::core::v1::Container, &State)| {
            json!({
                "name": container.name, "image": container.image, "imageID": "", "restartCount": state.restarts,
                "ready": state.ready, "started": matches!(state.now, Now::Running { .. }),
                "state": state.json(),
                "lastState": state.last.as_ref().map_or(json!({}), Ended::json),
            })
        };
        containers.iter().zip(states).map(status).collect()
    }
}

/// A list of addresses instead of the old one: a strategic merge would keep both.
fn addresses(address: Option<Ipv4Addr>) -> Value {
    let replace = json!({ "$patch": "replace" });
    let address = address.map(|address| json!({ "ip": address.to_string() }));
    std::iter::once(replace).chain(address).collect()
}

/// Keeps the time of a condition that did not change.
fn transition(previous: Option<&Value>, kind: &str, status: &str) -> Value {
    previous
        .and_then(|patch| patch["status"]["conditions"].as_array())
        .and_then(|conditions| conditions.iter().find(|condition| condition["type"] == kind))
        .filter(|condition| condition["status"] == status)
        .map_or_else(
            || Timestamp::now().to_string().into(),
            |condition| condition["lastTransitionTime"].clone(),
        )
}
