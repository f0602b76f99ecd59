//! What a store's check means for its status: a function of the provider's answer.

use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

use crate::rehearsal::programs::external_secrets::{
    duration,
    error::Failure,
    providers::Access,
    queue::Next,
    recorder::Notice,
    resource::{Condition, StoreStatus, set_condition},
};

/// What the check found. The causes go into an Event; the condition says only that there is one.
#[derive(Debug)]
pub(super) enum Finding {
    /// The provider has nothing against it.
    Ready(Access),
    /// No client could be made: a Secret is missing, say.
    NoClient(Failure),
    /// The provider refuses.
    Refused(Failure),
    /// The provider could not tell. The store passes for ready, its capabilities stay what they were.
    Unknown(Failure),
}

/// The status, the event and the next check.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: StoreStatus,
    pub(super) notice: Notice,
    pub(super) next: Next,
    /// What the controller prints.
    pub(super) error: Option<String>,
}

/// Decides.
pub(super) fn outcome(
    finding: Finding,
    mut status: StoreStatus,
    interval: Duration,
    now: Timestamp,
) -> Outcome {
    let invalid = "InvalidProviderConfig";
    let (condition, notice, next, error) = match finding {
        Finding::Ready(access) => {
            status.capabilities = Some(access.name().to_owned());
            let message = "store validated";
            let notice = Notice::normal("Valid", message);
            (Condition::ready(true, "Valid", message), notice, Next::After(interval), None)
        }
        Finding::NoClient(failure) => {
            let condition = Condition::ready(false, invalid, "unable to create client");
            let error = format!("could not get provider client: {failure}");
            (condition, Notice::warning(invalid, failure.to_string()), Next::Again, Some(error))
        }
        Finding::Refused(failure) => {
            let condition = Condition::ready(false, invalid, "unable to validate store");
            let error = format!("could not validate provider: {failure}");
            (condition, Notice::warning(invalid, failure.to_string()), Next::Again, Some(error))
        }
        Finding::Unknown(failure) => {
            let message = "could not determine validation status";
            let condition = Condition::ready(true, "ValidationUnknown", message);
            let notice = Notice::warning("ValidationUnknown", failure.to_string());
            (condition, notice, Next::After(interval), Some(message.to_owned()))
        }
    };
    set_condition(&mut status.conditions, condition, now);
    Outcome { status, notice, next, error }
}

/// Returns how often a store is checked: seconds, or a duration in Go's form. Nothing and zero are the default.
pub(crate) fn interval(written: Option<&Value>, default: Duration) -> Result<Duration, Failure> {
    let invalid = |why: &str| Failure::said(format!("invalid refreshInterval: {why}"));
    match written {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(0) => Ok(default),
            Some(seconds) => {
                u64::try_from(seconds).map(Duration::from_secs).map_err(|_| invalid("must not be negative"))
            }
            None => Err(invalid("must be a whole number of seconds")),
        },
        Some(Value::String(text)) => match duration::parse(text) {
            _ if text.starts_with('-') => Err(invalid("must not be negative")),
            Some(Duration::ZERO) => Ok(default),
            Some(interval) => Ok(interval),
            None => Err(invalid(&format!("time: invalid duration {text:?}"))),
        },
        Some(_) => Err(invalid("must be a number or a duration")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const INTERVAL: Duration = Duration::from_mins(5);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn check(finding: Finding) -> (Condition, Outcome) {
        let outcome = outcome(finding, StoreStatus::default(), INTERVAL, at(0));
        (outcome.status.conditions[0].clone(), outcome)
    }

    #[test]
    fn a_valid_store_says_so_in_condition_event_and_capabilities() {
        let (condition, outcome) = check(Finding::Ready(Access::ReadWrite));
        assert_eq!((condition.status.as_str(), condition.reason.as_str()), ("True", "Valid"));
        assert_eq!(condition.message, "store validated");
        assert_eq!(outcome.notice, Notice::normal("Valid", "store validated"));
        assert_eq!(outcome.status.capabilities.as_deref(), Some("ReadWrite"));
        assert_eq!(outcome.next, Next::After(INTERVAL));
    }

    #[test]
    fn the_condition_is_generic_and_the_event_has_the_cause() {
        let cause = || Failure::said("status 401: Invalid token signature");
        let (condition, outcome) = check(Finding::Refused(cause()));
        assert_eq!(condition.message, "unable to validate store");
        assert_eq!(outcome.notice.message, "status 401: Invalid token signature");
        assert_eq!((outcome.notice.reason, outcome.next), ("InvalidProviderConfig", Next::Again));
        let (condition, outcome) = check(Finding::NoClient(cause()));
        assert_eq!(condition.message, "unable to create client");
        assert_eq!(outcome.status.capabilities, None);
    }

    #[test]
    fn a_store_that_cannot_be_checked_passes_for_ready_without_capabilities() {
        let (condition, outcome) = check(Finding::Unknown(Failure::said("unable to validate")));
        assert_eq!((condition.status.as_str(), condition.reason.as_str()), ("True", "ValidationUnknown"));
        assert_eq!(condition.message, "could not determine validation status");
        assert_eq!(outcome.status.capabilities, None);
        assert_eq!(outcome.next, Next::After(INTERVAL));
    }

    #[test]
    fn a_broken_store_keeps_the_capabilities_that_it_had() {
        let first = outcome(Finding::Ready(Access::ReadOnly), StoreStatus::default(), INTERVAL, at(0));
        let then = outcome(Finding::Refused(Failure::NoSecret), first.status, INTERVAL, at(60));
        assert_eq!(then.status.capabilities.as_deref(), Some("ReadOnly"));
        assert_eq!(then.status.conditions[0].last_transition_time.as_deref(), Some("1970-01-01T00:01:00Z"));
    }

    #[test]
    fn the_interval_is_a_number_or_a_duration() {
        assert_eq!(interval(Some(&json!(60)), INTERVAL).unwrap(), Duration::from_mins(1));
        assert_eq!(interval(Some(&json!("90s")), INTERVAL).unwrap(), Duration::from_secs(90));
        assert_eq!(interval(Some(&json!(0)), INTERVAL).unwrap(), INTERVAL);
        assert_eq!(interval(None, INTERVAL).unwrap(), INTERVAL);
        for wrong in [json!(-1), json!("-1s"), json!("soon"), json!(1.5)] {
            let error = interval(Some(&wrong), INTERVAL).unwrap_err().to_string();
            assert!(error.starts_with("invalid refreshInterval: "), "{error}");
        }
    }
}
