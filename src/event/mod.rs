//! What happens while planning, applying, waiting and proving: one stream for displays, JSON output and reports.
//!
//! Whoever works sends [`Event`]s to an [`Events`]; whoever shows decides the words. An event holds no secret.

use std::{fmt, sync::Arc, time::Duration};

use crate::resource::{Operation, Progress, Urn};

/// One thing that happened.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A phase of a verb began (`evaluate`, `plan`, `apply`, `verify`).
    Phase {
        /// The phase's name.
        name: &'static str,
    },
    /// Work on a resource began.
    Started {
        /// Whose.
        urn: Urn,
        /// What is done.
        operation: Operation,
    },
    /// A resource, or a store's proof, waits for something.
    Waiting {
        /// Whose.
        urn: Urn,
        /// What is waited for.
        what: String,
        /// Why it is not there yet.
        why: String,
    },
    /// Something worth a line.
    Note {
        /// Whose.
        urn: Urn,
        /// The line.
        message: String,
    },
    /// Work on a resource is done.
    Finished {
        /// Whose.
        urn: Urn,
        /// What was done.
        operation: Operation,
        /// How long it took.
        #[serde(serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// Work on a resource failed.
    Failed {
        /// Whose.
        urn: Urn,
        /// Why, with its causes.
        error: String,
    },
    /// A resource was left alone because one that it depends on failed.
    Skipped {
        /// Whose.
        urn: Urn,
        /// What failed.
        because: Urn,
    },
    /// A store was proven, or was not.
    Verdict {
        /// The store.
        store: String,
        /// Whether it delivers.
        usable: bool,
        /// How it was proven, or why not.
        proof: String,
        /// How long the proof took.
        #[serde(serialize_with = "seconds")]
        elapsed: Duration,
    },
}

fn seconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((elapsed.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// Who wants to hear of events.
pub trait Listener: Send + Sync {
    /// An event happened; returns at once.
    fn hear(&self, event: &Event);
}

/// Where events are sent; cheap to clone.
#[derive(Clone)]
pub struct Events(Arc<dyn Listener>);

impl Events {
    /// Returns a sender to `listener`.
    pub fn to(listener: Arc<dyn Listener>) -> Self {
        Self(listener)
    }

    /// Returns a sender to nobody.
    pub fn nowhere() -> Self {
        struct Nobody;
        impl Listener for Nobody {
            fn hear(&self, _: &Event) {}
        }
        Self(Arc::new(Nobody))
    }

    /// Sends an event.
    pub fn send(&self, event: &Event) {
        self.0.hear(event);
    }

    /// Returns what a provider or gate tells of one resource.
    pub fn of(&self, urn: &Urn) -> ResourceProgress {
        ResourceProgress { events: self.clone(), urn: urn.clone() }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Events")
    }
}

/// The progress of one resource, sent as events.
#[derive(Clone, Debug)]
pub struct ResourceProgress {
    events: Events,
    urn: Urn,
}

impl Progress for ResourceProgress {
    fn waiting(&self, what: &str, why: &str) {
        self.events.send(&Event::Waiting { urn: self.urn.clone(), what: what.into(), why: why.into() });
    }

    fn note(&self, message: &str) {
        self.events.send(&Event::Note { urn: self.urn.clone(), message: message.into() });
    }
}
