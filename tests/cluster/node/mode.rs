//! How patient the node is.

use std::time::Duration;

/// The environment variable that picks the mode for `serve` and `run`.
const VARIABLE: &str = "EGGTOOTH_CLUSTER_NODE";

/// Which of a kubelet's delays the node keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// No delays: probes run at once and often, volumes follow their Secrets at once.
    #[default]
    Fast,
    /// Probes keep `initialDelaySeconds` and `periodSeconds`, volumes are refreshed every 60 s, restarts back off from 10 s.
    KubeletLike,
}

impl Mode {
    /// `fast` or `kubelet` in `EGGTOOTH_CLUSTER_NODE`.
    pub(crate) fn from_environment() -> Result<Self, String> {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("fast") => Ok(Self::Fast),
            Ok("kubelet") => Ok(Self::KubeletLike),
            Ok(other) => Err(format!("{VARIABLE} is `{other}`; known are `fast` and `kubelet`")),
        }
    }

    /// The time before a container's next start, after it ended `restarts` + 1 times.
    pub(crate) fn back_off(self, restarts: u32) -> Duration {
        let (first, most) = match self {
            Self::Fast => (Duration::from_millis(250), Duration::from_secs(4)),
            Self::KubeletLike => (Duration::from_secs(10), Duration::from_mins(5)),
        };
        // The first restart is immediate, as a kubelet's.
        if restarts == 0 { Duration::ZERO } else { most.min(first * 2_u32.saturating_pow(restarts - 1)) }
    }

    /// The time before the next attempt to mount a volume whose Secret is missing.
    pub(crate) fn mount_retry(self, attempts: u32) -> Duration {
        match self {
            Self::Fast => Duration::from_mins(1),
            Self::KubeletLike => {
                Duration::from_secs(122).min(Duration::from_millis(500) * 2_u32.saturating_pow(attempts))
            }
        }
    }

    /// Whether volumes and retries follow a change at once instead of their timers.
    pub(crate) fn follows_changes(self) -> bool {
        self == Self::Fast
    }
}
