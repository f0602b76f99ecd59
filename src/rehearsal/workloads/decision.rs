//! What a controller decided to do.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::rehearsal::cache::{Kind, Severity};

/// One step of a controller.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Write {
    Create { kind: Kind, object: Json, owner: Option<(Kind, Arc<Json>)> },
    Patch { kind: Kind, object: Arc<Json>, patch: Json },
    Status { kind: Kind, object: Arc<Json>, status: Json },
    Delete { kind: Kind, object: Arc<Json> },
    Tell { kind: Kind, object: Arc<Json>, severity: Severity, reason: &'static str, message: String },
}

/// What is to be done now, and when to look again though nothing changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Decision {
    pub(super) writes: Vec<Write>,
    pub(super) again: Option<Timestamp>,
}

impl Decision {
    pub(super) fn create_for(&mut self, kind: Kind, object: Json, owner: (Kind, &Arc<Json>)) {
        self.writes.push(Write::Create { kind, object, owner: Some((owner.0, Arc::clone(owner.1))) });
    }

    pub(super) fn patch(&mut self, kind: Kind, object: &Arc<Json>, patch: Json) {
        self.writes.push(Write::Patch { kind, object: Arc::clone(object), patch });
    }

    pub(super) fn status(&mut self, kind: Kind, object: &Arc<Json>, status: Json) {
        self.writes.push(Write::Status { kind, object: Arc::clone(object), status });
    }

    pub(super) fn delete(&mut self, kind: Kind, object: &Arc<Json>) {
        self.writes.push(Write::Delete { kind, object: Arc::clone(object) });
    }

    /// Tells of what goes as it should.
    pub(super) fn tell(&mut self, kind: Kind, object: &Arc<Json>, reason: &'static str, message: String) {
        let object = Arc::clone(object);
        self.writes.push(Write::Tell { kind, object, severity: Severity::Normal, reason, message });
    }

    pub(super) fn look_again(&mut self, at: Timestamp) {
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.writes.extend(other.writes);
        if let Some(at) = other.again {
            self.look_again(at);
        }
    }
}
