//! When what was done in an act.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::clock::Clock;
use crate::event::{Event, Events, Listener};
use crate::resource::Urn;

/// Something that took its time, counted from the act's beginning in the cluster's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What was worked on: `Release onepassword/connect`, or the store that was proven.
    pub what: String,
    /// When it began.
    pub begun: Duration,
    /// When it ended.
    pub ended: Duration,
    /// Whether it came to what it must.
    pub ok: bool,
}

/// Listens to an act, and hands on what it hears.
pub(super) struct Timeline {
    clock: Clock,
    begun: Duration,
    next: Events,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    open: BTreeMap<Urn, Duration>,
    bars: Vec<Bar>,
}

impl Timeline {
    pub(super) fn new(clock: &Clock, next: Events) -> Self {
        Self { clock: clock.clone(), begun: clock.elapsed(), next, heard: Mutex::default() }
    }

    /// Returns what was heard so far, in the order in which it began.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let mut bars = std::mem::take(&mut self.heard().bars);
        bars.sort_by_key(|bar| bar.begun);
        bars
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, urn: &Urn, ok: bool) {
        let ended = self.clock.elapsed().saturating_sub(self.begun);
        let mut heard = self.heard();
        let begun = heard.open.remove(urn).unwrap_or(ended);
        let kind = urn.kind().rsplit(':').next().unwrap_or_default();
        heard.bars.push(Bar { what: format!("{kind} {}", urn.name()), begun, ended, ok });
    }
}

impl Listener for Timeline {
    fn hear(&self, event: &Event) {
        let now = self.clock.elapsed().saturating_sub(self.begun);
        match event {
            Event::Started { urn, .. } => {
                self.heard().open.insert(urn.clone(), now);
            }
            Event::Finished { urn, .. } => self.end(urn, true),
            Event::Failed { urn, .. } => self.end(urn, false),
            Event::Verdict { store, usable, elapsed, .. } => self.heard().bars.push(Bar {
                what: format!("proof of {store}"),
                begun: now.saturating_sub(*elapsed),
                ended: now,
                ok: *usable,
            }),
            Event::Phase { .. } | Event::Waiting { .. } | Event::Note { .. } | Event::Skipped { .. } => {}
        }
        self.next.send(event);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::clock::VirtualTime;
    use crate::resource::Operation;

    #[test]
    fn a_bar_is_as_long_as_the_work_took_since_the_act_began() {
        let time = VirtualTime::new(Timestamp::UNIX_EPOCH);
        time.advance(Duration::from_secs(100));
        let timeline = Arc::new(Timeline::new(&time.clock(), Events::nowhere()));
        let events = Events::to(Arc::clone(&timeline) as _);
        let urn = Urn::new("demo", "s", "helm:Release", "a/connect");
        let seconds = |seconds| Duration::from_secs(seconds);
        time.advance(seconds(1));
        events.send(&Event::Started { urn: urn.clone(), operation: Operation::Create });
        time.advance(seconds(2));
        events.send(&Event::Finished { urn, operation: Operation::Create, elapsed: seconds(9) });
        let bar = Bar { what: "Release a/connect".into(), begun: seconds(1), ended: seconds(3), ok: true };
        assert_eq!(timeline.bars(), [bar]);
    }
}
