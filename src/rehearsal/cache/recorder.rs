//! Events, as client-go's recorder writes them: the same event again only counts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::Method;
use serde_json::{Value as Json, json};

use crate::clock::Clock;

use super::{Cache, Kind, object};

/// Writes the Events of one component; cheap to clone.
#[derive(Clone)]
pub(in crate::rehearsal) struct Recorder {
    cache: Cache,
    clock: Clock,
    component: &'static str,
    host: Option<&'static str>,
    /// The Events so far, by object, reason and message: their name and count.
    written: Arc<Mutex<HashMap<String, (String, u64)>>>,
}

/// What an Event is about.
#[derive(Clone, Copy)]
pub(in crate::rehearsal) struct Regarding<'a> {
    pub(in crate::rehearsal) kind: Kind,
    pub(in crate::rehearsal) object: &'a Json,
}

/// Whether an Event is trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum Severity {
    Normal,
    Warning,
}

impl Recorder {
    pub(in crate::rehearsal) fn new(
        cache: Cache,
        clock: Clock,
        component: &'static str,
        host: Option<&'static str>,
    ) -> Self {
        Self { cache, clock, component, host, written: Arc::default() }
    }

    /// Tells of something. That it can't be told must not trouble who tells it: it is dropped then, as client-go does.
    pub(in crate::rehearsal) async fn tell(
        &self,
        about: Regarding<'_>,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        let now = self.clock.now();
        let second = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
        let (name, uid) = (object::name(about.object), object::uid(about.object));
        // The Events of what has no namespace are kept in `default`.
        let namespace =
            Some(object::namespace(about.object)).filter(|one| !one.is_empty()).unwrap_or("default");
        let (event, count) = {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            let known = written.len();
            let entry = written
                .entry(format!("{uid}/{reason}/{message}"))
                .or_insert_with(|| (format!("{name}.{:x}{known:04x}", now.as_nanosecond()), 0));
            entry.1 += 1;
            entry.clone()
        };
        let path = format!("/api/v1/namespaces/{namespace}/events");
        let sent = if count > 1 {
            let again = json!({ "count": count, "lastTimestamp": second });
            self.cache
                .send(Method::PATCH, &format!("{path}/{event}"), "application/merge-patch+json", &again)
                .await
        } else {
            let body = json!({
                "apiVersion": "v1", "kind": "Event", "metadata": { "name": event, "namespace": namespace },
                "involvedObject": {
                    "apiVersion": about.kind.api_version(), "kind": about.kind.name(), "name": name,
                    "namespace": object::namespace(about.object), "uid": uid,
                    "resourceVersion": about.object["metadata"]["resourceVersion"],
                },
                "type": match severity { Severity::Normal => "Normal", Severity::Warning => "Warning" },
                "reason": reason, "message": message, "count": count,
                "firstTimestamp": second, "lastTimestamp": second,
                "source": { "component": self.component, "host": self.host },
                "reportingComponent": self.component, "reportingInstance": self.host.unwrap_or_default(),
            });
            self.cache.send(Method::POST, &path, "application/json", &body).await
        };
        if let Err(error) = sent {
            tracing::debug!(%error, reason, "an Event is lost");
        }
    }
}
