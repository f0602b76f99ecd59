//! What the operator says of an object that is not ready, and what that is worth.

use std::time::Duration;

use super::{
    Change, Class, Explanation, explain,
    prove::Phase,
    status::{Ready, Warning},
};
use crate::external_secrets::Origin;

/// How long a controller may take to react to a touch. It lets 25 Events of an object through and then one in five
/// minutes: after this while the last one counts again, if nothing was written since.
const STALE: Duration = Duration::from_secs(5);

/// What the operator says of an object that is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// In its own words.
    pub(super) cause: String,
    pub(super) explanation: Option<Explanation>,
    /// Whether it is about what is there now, as far as can be known.
    pub(super) counts: bool,
}

impl Told {
    /// Weighs the condition `seen` and the newest `warning`, the one `before` our touch of `since` ago being of old; `origin`
    /// is who it is about.
    pub(super) fn of(
        seen: &Ready,
        warning: Option<Warning>,
        before: Option<&Warning>,
        since: Duration,
        change: Change,
        origin: Origin,
    ) -> Self {
        let explain = |text: &str| explain(text, origin);
        let is_late = since > STALE;
        let Some(warning) = warning else {
            return Self {
                cause: seen.message.clone(),
                explanation: explain(&seen.message),
                counts: is_late,
            };
        };
        if before != Some(&warning) {
            return Self { explanation: explain(&warning.text), cause: warning.text, counts: true };
        }
        let when = warning.at.map_or_else(String::new, |at| format!(" at {at:.0}"));
        if is_late && change != Change::Updated {
            let cause = format!("{} (told{when}, and nothing else since)", warning.text);
            return Self { cause, explanation: explain(&warning.text), counts: true };
        }
        let cause = format!("{} (what was told{when} is from before: {})", seen.message, warning.text);
        Self { cause, explanation: explain(&seen.message), counts: false }
    }

    /// Says whether waiting does not help.
    pub(super) fn is_final(&self) -> bool {
        self.explanation.as_ref().is_some_and(|known| matches!(known.class, Class::Refused | Class::Fix))
    }

    /// Returns what it means where that is known, else what was said.
    pub(super) fn meaning(&self) -> &str {
        self.explanation.as_ref().map_or(&self.cause, |known| &known.meaning)
    }

    pub(super) fn failed(self) -> Phase {
        Phase::Failed { cause: self.cause, explanation: self.explanation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Ready {
        Ready {
            status: false,
            reason: "InvalidProviderConfig".into(),
            message: "unable to validate store".into(),
        }
    }

    fn warning(version: &str, text: &str) -> Warning {
        let at = "2026-01-01T10:00:00Z".parse().ok();
        Warning { uid: Some("e1".into()), version: Some(version.into()), text: text.into(), at }
    }

    #[test]
    fn a_warning_after_our_touch_is_about_today() {
        let told = Told::of(
            &seen(),
            Some(warning("2", "status 401: gone")),
            Some(&warning("1", "status 401: gone")),
            Duration::ZERO,
            Change::None,
            Origin::Connect,
        );
        assert_eq!((told.cause.as_str(), told.counts, told.is_final()), ("status 401: gone", true, true));
    }

    #[test]
    fn a_warning_from_before_counts_only_when_nothing_was_written_and_nothing_else_is_said() {
        let old = warning("1", "status 401: gone");
        let told = |seconds, change| {
            Told::of(
                &seen(),
                Some(old.clone()),
                Some(&old),
                Duration::from_secs(seconds),
                change,
                Origin::Connect,
            )
        };
        assert!(!told(1, Change::None).counts);
        let settled = told(6, Change::None);
        assert!(settled.counts && settled.is_final());
        assert_eq!(settled.cause, "status 401: gone (told at 2026-01-01T10:00:00Z, and nothing else since)");
        let written = told(60, Change::Updated);
        assert!(!written.counts && !written.is_final());
        assert!(
            written.cause.starts_with("unable to validate store (what was told at "),
            "{}",
            written.cause
        );
    }

    #[test]
    fn of_a_new_store_every_warning_counts() {
        let told = Told::of(
            &seen(),
            Some(warning("1", "status 403")),
            None,
            Duration::ZERO,
            Change::Created,
            Origin::Connect,
        );
        assert!(told.counts && told.is_final());
    }
}
