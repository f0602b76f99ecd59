//! The moments of a run at which something is done to it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

use crate::event::{Event, Listener};

/// Tells when so many events have happened.
#[derive(Default)]
pub(super) struct Alarms {
    heard: AtomicUsize,
    set: Vec<(usize, Arc<Notify>)>,
}

impl Alarms {
    /// Returns what is notified once so many events have happened.
    pub(super) fn after(&mut self, events: usize) -> Arc<Notify> {
        let alarm = Arc::new(Notify::new());
        self.set.push((events, Arc::clone(&alarm)));
        alarm
    }
}

impl Listener for Alarms {
    fn hear(&self, event: &Event) {
        // Waits are told as often as their reasons change: only what is done counts.
        let counts = matches!(event, Event::Started { .. } | Event::Finished { .. } | Event::Verdict { .. });
        if !counts {
            return;
        }
        let heard = self.heard.fetch_add(1, Ordering::Relaxed) + 1;
        for (_, alarm) in self.set.iter().filter(|(events, _)| *events == heard) {
            alarm.notify_one();
        }
    }
}
