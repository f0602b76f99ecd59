//! What the operator prints: one JSON object a line, as zap writes it.

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::rehearsal::programs::Log;

/// A log with a clock.
#[derive(Clone)]
pub(super) struct Journal {
    log: Log,
    clock: Clock,
}

impl Journal {
    pub(super) fn new(log: Log, clock: Clock) -> Self {
        Self { log, clock }
    }

    pub(super) fn info(&self, logger: &str, message: &str) {
        self.line("info", logger, message, &[]);
    }

    /// Prints an error about an object; the operator names both so.
    pub(super) fn error(&self, logger: &str, message: &str, about: &str, error: &str) {
        self.line("error", logger, message, &[("object", about), ("error", error)]);
    }

    fn line(&self, level: &str, logger: &str, message: &str, more: &[(&str, &str)]) {
        let now = self.clock.now();
        let mut line = json!({ "level": level, "ts": now.as_microsecond() as f64 / 1e6, "logger": logger, "msg": message });
        for (key, value) in more {
            line[*key] = Value::from(*value);
        }
        self.log.line(&line.to_string());
    }
}
