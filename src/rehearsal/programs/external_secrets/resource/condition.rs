//! Conditions, and how a new one replaces an old one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One condition of a status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_transition_time: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reason: String,
    pub(crate) status: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

impl Condition {
    /// Returns the condition `Ready`.
    pub(crate) fn ready(is_true: bool, reason: &str, message: &str) -> Self {
        Self {
            last_transition_time: None,
            message: message.to_owned(),
            reason: reason.to_owned(),
            status: if is_true { "True" } else { "False" }.to_owned(),
            kind: "Ready".to_owned(),
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        self.status == "True"
    }
}

/// Puts `new` into `conditions`. Nothing changes where it says the same as the old one, and the time of transition
/// changes only with the status: a new reason alone keeps the old time.
pub(crate) fn set_condition(conditions: &mut Vec<Condition>, mut new: Condition, now: Timestamp) {
    let current = conditions.iter().find(|condition| condition.kind == new.kind);
    if let Some(current) = current {
        if current.status == new.status && current.reason == new.reason && current.message == new.message {
            return;
        }
        if current.status == new.status {
            new.last_transition_time.clone_from(&current.last_transition_time);
        }
    }
    if new.last_transition_time.is_none() {
        new.last_transition_time = Some(seconds(now));
    }
    conditions.retain(|condition| condition.kind != new.kind);
    conditions.push(new);
}

/// Returns the time as Kubernetes writes it: whole seconds.
pub(crate) fn seconds(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_new_reason_keeps_the_time_of_transition_and_a_new_status_does_not() {
        let mut conditions = Vec::new();
        set_condition(&mut conditions, Condition::ready(false, "A", "a"), at(0));
        set_condition(&mut conditions, Condition::ready(false, "B", "b"), at(60));
        assert_eq!(conditions[0].reason, "B");
        assert_eq!(conditions[0].last_transition_time.as_deref(), Some("1970-01-01T00:00:00Z"));
        set_condition(&mut conditions, Condition::ready(true, "C", "c"), at(120));
        assert_eq!(conditions.len(), 1);
        assert_eq!(conditions[0].last_transition_time.as_deref(), Some("1970-01-01T00:02:00Z"));
    }

    #[test]
    fn the_same_condition_again_changes_nothing() {
        let mut conditions = Vec::new();
        set_condition(&mut conditions, Condition::ready(true, "Valid", "store validated"), at(0));
        let before = conditions.clone();
        set_condition(&mut conditions, Condition::ready(true, "Valid", "store validated"), at(60));
        assert_eq!(conditions, before);
    }
}
