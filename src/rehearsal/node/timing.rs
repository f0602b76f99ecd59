//! How long a node takes for what it does.

use std::time::Duration;

/// The delays of a node. [`Timing::default`] is a node as people have it, [`Timing::instant`] one that has no delays
/// of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a pod's creation until it is bound.
    pub schedule: Duration,
    /// For an image that the node has not got yet.
    pub pull: Duration,
    /// From a pulled image to a running process.
    pub start: Duration,
    /// From the start of a pretended container until it is ready.
    pub pretended: Duration,
    /// Between two looks at the sources of mounted Secrets and `ConfigMap`s.
    pub refresh: Duration,
    /// The pause before the second restart of a container; it doubles with each one.
    pub back_off: Duration,
    /// The longest of these pauses.
    pub longest_back_off: Duration,
    /// Whether `initialDelaySeconds` of probes is kept.
    pub initial_delays: bool,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            schedule: Duration::from_millis(20),
            pull: Duration::from_secs(2),
            start: Duration::from_millis(300),
            pretended: Duration::from_secs(1),
            refresh: Duration::from_mins(1),
            back_off: Duration::from_secs(10),
            longest_back_off: Duration::from_mins(5),
            initial_delays: true,
        }
    }
}

impl Timing {
    /// Returns a node that does everything at once; Secrets are refreshed every second.
    pub fn instant() -> Self {
        Self {
            schedule: Duration::ZERO,
            pull: Duration::ZERO,
            start: Duration::ZERO,
            pretended: Duration::ZERO,
            refresh: Duration::from_secs(1),
            back_off: Duration::from_millis(250),
            longest_back_off: Duration::from_secs(4),
            initial_delays: false,
        }
    }

    /// Returns the pause before a container starts again that was started again `restarts` times before.
    pub(super) fn pause(&self, restarts: u32) -> Duration {
        // The first restart is immediate, as a kubelet's.
        let Some(doublings) = restarts.checked_sub(1) else { return Duration::ZERO };
        self.longest_back_off.min(self.back_off.saturating_mul(2_u32.saturating_pow(doublings)))
    }

    /// Returns the pause before the next attempt to mount a volume.
    pub(super) fn mount_retry(attempts: u32) -> Duration {
        let most = Duration::from_secs(122);
        most.min(Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(attempts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses: Vec<u64> = (0..8).map(|restarts| Timing::default().pause(restarts).as_secs()).collect();
        assert_eq!(pauses, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(Timing::mount_retry(20), Duration::from_secs(122));
    }
}
