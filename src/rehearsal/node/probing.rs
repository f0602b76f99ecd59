//! The probes of a running container: whether it has started, lives and is ready.

use std::future::pending;

use serde_json::Value as Json;

use crate::rehearsal::cache::Severity;

use super::container::Container;
use super::probe::{self, Schedule};
use super::state::State;

impl Container {
    /// Keeps `state.ready` up to date; returns only when the container must be killed.
    pub(super) async fn probe(&self, pretends: Option<bool>, state: &mut State) {
        if self.init {
            return pending().await;
        }
        if pretends.is_none() && !state.started {
            if !self.has_started().await {
                return;
            }
            state.started = true;
            self.tell(state);
        }
        tokio::select! {
            () = self.stays_alive(pretends) => {}
            () = self.follow_readiness(pretends, state) => {}
        }
    }

    /// Waits for the startup probe; false when it failed too often.
    async fn has_started(&self) -> bool {
        let probe = &self.spec["startupProbe"];
        let schedule = Schedule::of(probe, self.node.timing.initial_delays);
        tokio::time::sleep(schedule.delay).await;
        let mut failures = 0;
        while let Err(message) = self.check(probe).await {
            self.unhealthy("Startup", &message).await;
            failures += 1;
            if failures >= schedule.failures {
                return false;
            }
            tokio::time::sleep(schedule.period).await;
        }
        true
    }

    /// Returns when the liveness probe failed too often.
    async fn stays_alive(&self, pretends: Option<bool>) {
        let probe = &self.spec["livenessProbe"];
        if probe.is_null() || pretends.is_some() {
            return pending().await;
        }
        // Nobody waits for this one, so its delay always holds.
        let schedule = Schedule::of(probe, true);
        tokio::time::sleep(schedule.delay).await;
        let mut failures = 0;
        loop {
            match self.check(probe).await {
                Ok(()) => failures = 0,
                Err(message) => {
                    failures += 1;
                    self.unhealthy("Liveness", &message).await;
                }
            }
            if failures >= schedule.failures {
                return;
            }
            tokio::time::sleep(schedule.period).await;
        }
    }

    /// Never returns.
    async fn follow_readiness(&self, pretends: Option<bool>, state: &mut State) {
        let probe = &self.spec["readinessProbe"];
        let schedule = Schedule::of(probe, self.node.timing.initial_delays);
        let container = self.title();
        if let Some(ready) = pretends {
            state.started = true;
            tokio::time::sleep(
                schedule.delay.max(self.node.timing.pretended) + self.node.faults.delay(&container),
            )
            .await;
            while ready && self.node.faults.never_ready(&container) {
                tokio::time::sleep(schedule.period).await;
            }
            self.set_ready(ready, state);
            return pending().await;
        }
        if probe.is_null() {
            while self.node.faults.never_ready(&container) {
                tokio::time::sleep(schedule.period).await;
            }
            self.set_ready(true, state);
            return pending().await;
        }
        tokio::time::sleep(schedule.delay).await;
        let (mut successes, mut failures) = (0, 0);
        loop {
            let checked = if self.node.faults.never_ready(&container) {
                Err("HTTP probe failed with statuscode: 503".to_owned())
            } else {
                self.check(probe).await
            };
            match checked {
                Ok(()) => (successes, failures) = (successes + 1, 0),
                Err(message) => {
                    (successes, failures) = (0, failures + 1);
                    self.unhealthy("Readiness", &message).await;
                }
            }
            if successes >= schedule.successes {
                self.set_ready(true, state);
            } else if failures >= schedule.failures {
                self.set_ready(false, state);
            }
            tokio::time::sleep(schedule.period).await;
        }
    }

    fn set_ready(&self, ready: bool, state: &mut State) {
        if state.ready != ready {
            state.ready = ready;
            self.tell(state);
        }
    }

    async fn check(&self, probe: &Json) -> Result<(), String> {
        probe::check(&self.node.network, probe, &self.spec, &self.address.to_string()).await
    }

    async fn unhealthy(&self, probe: &str, message: &str) {
        self.event(Severity::Warning, "Unhealthy", &format!("{probe} probe failed: {message}")).await;
    }
}
