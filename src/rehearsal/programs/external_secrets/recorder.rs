//! Events as client-go's recorder writes them: repeated ones are counted, floods are combined or dropped.
//!
//! That is why they explain and prove nothing: what is dropped here is dropped in a real cluster too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::time::Instant;

use crate::clock::Clock;

/// Events of one object: this many at once, then one every [`REFILL`] seconds.
const BURST: f64 = 25.0;
const REFILL: f64 = 300.0;

/// More messages than this of one reason within [`WINDOW`] seconds are combined.
const MESSAGES: usize = 10;
const WINDOW: u64 = 600;

/// Whether an event is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Normal,
    Warning,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) severity: Severity,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Notice {
    pub(super) fn normal(reason: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Normal, reason, message: message.into() }
    }

    pub(super) fn warning(reason: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, reason, message: message.into() }
    }
}

/// Writes the events of one controller.
pub(super) struct Recorder {
    client: Client,
    clock: Clock,
    component: &'static str,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// By object: the tokens left, and since when.
    buckets: BTreeMap<String, (f64, Instant)>,
    /// By object, severity and reason: the messages, and when the last was seen.
    messages: BTreeMap<String, (BTreeSet<String>, Instant)>,
    /// By everything that makes two events the same: the event's name and its count.
    written: BTreeMap<String, (String, i32)>,
    /// Keeps names apart where time stands still.
    serial: i128,
}

/// What becomes of a notice.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Create { name: String, message: String },
    Count { name: String, count: i32, message: String },
    Drop,
}

impl Recorder {
    pub(super) fn new(client: Client, clock: Clock, component: &'static str) -> Self {
        Self { client, clock, component, memory: Mutex::default() }
    }

    /// Records a notice about an object. What cannot be written is lost, as with client-go.
    pub(super) async fn record(&self, about: &ObjectReference, notice: &Notice) {
        let now = self.clock.now();
        let stamp = Time(now);
        let fate = self.memory().observe(about, notice, now.as_nanosecond());
        let namespace = about.namespace.as_deref().filter(|name| !name.is_empty()).unwrap_or("default");
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        match fate {
            Fate::Drop => {}
            Fate::Create { name, message } => {
                let event = self.event(about, notice, namespace, name, message, &stamp);
                let _ = events.create(&PostParams::default(), &event).await;
            }
            Fate::Count { name, count, message } => {
                let patch = json!({ "count": count, "lastTimestamp": stamp, "message": message });
                let patched = events.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await;
                if patched.is_err_and(|error| matches!(error, kube::Error::Api(status) if status.code == 404))
                {
                    let mut event = self.event(about, notice, namespace, name, message, &stamp);
                    event.count = Some(count);
                    let _ = events.create(&PostParams::default(), &event).await;
                }
            }
        }
    }

    fn event(
        &self,
        about: &ObjectReference,
        notice: &Notice,
        namespace: &str,
        name: String,
        message: String,
        stamp: &Time,
    ) -> Event {
        Event {
            metadata: ObjectMeta {
                name: Some(name),
                namespace: Some(namespace.to_owned()),
                ..ObjectMeta::default()
            },
            involved_object: about.clone(),
            reason: Some(notice.reason.to_owned()),
            message: Some(message),
            type_: Some(notice.severity.name().to_owned()),
            count: Some(1),
            first_timestamp: Some(stamp.clone()),
            last_timestamp: Some(stamp.clone()),
            reporting_component: Some(self.component.to_owned()),
            source: Some(EventSource { component: Some(self.component.to_owned()), host: None }),
            ..Event::default()
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn observe(&mut self, about: &ObjectReference, notice: &Notice, nanosecond: i128) -> Fate {
        let object = identity(about);
        let group = format!("{object}|{}|{}", notice.severity.name(), notice.reason);
        let (key, message) = if self.is_flood(&group, &notice.message) {
            (group, format!("(combined from similar events): {}", notice.message))
        } else {
            (format!("{group}|{}", notice.message), notice.message.clone())
        };
        let fate = if let Some((name, count)) = self.written.get_mut(&key) {
            *count += 1;
            Fate::Count { name: name.clone(), count: *count, message }
        } else {
            self.serial += 1;
            let unique = nanosecond + self.serial;
            let name = format!("{}.{unique:x}", about.name.as_deref().unwrap_or_default());
            self.written.insert(key, (name.clone(), 1));
            Fate::Create { name, message }
        };
        if self.has_token(&object) { fate } else { Fate::Drop }
    }

    fn is_flood(&mut self, group: &str, message: &str) -> bool {
        let now = Instant::now();
        let (messages, last) =
            self.messages.entry(group.to_owned()).or_insert_with(|| (BTreeSet::new(), now));
        if now.duration_since(*last).as_secs() > WINDOW {
            messages.clear();
        }
        *last = now;
        messages.insert(message.to_owned());
        if messages.len() < MESSAGES {
            return false;
        }
        // One message may go, so that the number does not grow.
        messages.pop_first();
        true
    }

    fn has_token(&mut self, object: &str) -> bool {
        let now = Instant::now();
        let (tokens, since) = self.buckets.entry(object.to_owned()).or_insert((BURST, now));
        *tokens = (*tokens + now.duration_since(*since).as_secs_f64() / REFILL).min(BURST);
        *since = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}

fn identity(about: &ObjectReference) -> String {
    let parts = [&about.kind, &about.namespace, &about.name, &about.uid, &about.api_version];
    parts.map(|part| part.as_deref().unwrap_or_default()).join("|")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn about() -> ObjectReference {
        ObjectReference {
            kind: Some("ClusterSecretStore".into()),
            name: Some("s".into()),
            ..ObjectReference::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_notice_again_is_counted() {
        let mut memory = Memory::default();
        let notice = Notice::normal("Valid", "store validated");
        let first = memory.observe(&about(), &notice, 0);
        assert_eq!(first, Fate::Create { name: "s.1".into(), message: "store validated".into() });
        let second = memory.observe(&about(), &notice, 0);
        assert_eq!(second, Fate::Count { name: "s.1".into(), count: 2, message: "store validated".into() });
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_has_twenty_five_events_and_then_one_every_five_minutes() {
        let mut memory = Memory::default();
        let notice = Notice::normal("Valid", "store validated");
        let written = (0..40).filter(|_| memory.observe(&about(), &notice, 0) != Fate::Drop).count();
        assert_eq!(written, 25);
        tokio::time::advance(Duration::from_mins(5)).await;
        let later = memory.observe(&about(), &notice, 0);
        assert_eq!(later, Fate::Count { name: "s.1".into(), count: 41, message: "store validated".into() });
        assert_eq!(memory.observe(&about(), &notice, 0), Fate::Drop);
    }

    #[tokio::test(start_paused = true)]
    async fn many_messages_of_one_reason_are_combined() {
        let mut memory = Memory::default();
        let fates: Vec<Fate> = (0..12)
            .map(|number| memory.observe(&about(), &Notice::warning("Bad", format!("no {number}")), 0))
            .collect();
        assert!(matches!(&fates[8], Fate::Create { message, .. } if message == "no 8"));
        assert!(matches!(&fates[9], Fate::Create { message, .. } if message.starts_with("(combined")));
        assert!(matches!(&fates[10], Fate::Count { count: 2, .. }));
    }
}
