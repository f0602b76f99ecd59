//! The conditions of a status.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// A condition before it is compared with the one that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition<'a> {
    pub(super) kind: &'a str,
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
    pub(super) message: String,
}

/// Returns the condition of a type in a status.
pub(super) fn find<'a>(status: &'a Json, kind: &str) -> Option<&'a Json> {
    status["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// Returns whether a status has the condition as `True`.
pub(super) fn holds(status: &Json, kind: &str) -> bool {
    find(status, kind).is_some_and(|condition| condition["status"] == "True")
}

impl Condition<'_> {
    /// Returns the condition as JSON. The time of its transition stays while its status does; `updates` names the
    /// field that follows every change, where the kind has one.
    pub(super) fn over(&self, status: &Json, updates: Option<&str>, now: Timestamp) -> Json {
        let old = find(status, self.kind).filter(|old| old["status"] == self.status);
        if let Some(old) = old.filter(|old| old["reason"] == self.reason && old["message"] == *self.message) {
            return old.clone();
        }
        let now = seconds(now);
        let transition = old.map_or_else(|| now.clone().into(), |old| old["lastTransitionTime"].clone());
        let mut condition = json!({
            "type": self.kind, "status": self.status, "reason": self.reason, "message": self.message,
            "lastTransitionTime": transition,
        });
        if let Some(updates) = updates {
            condition[updates] = now.into();
        }
        condition
    }
}

/// Returns a time as objects have it: whole seconds.
pub(super) fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// Reads a time of an object.
pub(super) fn time(value: &Json) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
