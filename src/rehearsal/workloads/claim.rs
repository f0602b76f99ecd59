//! Claims of storage: bound at once, to no volume.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating};

use super::decision::Decision;

/// Binds a claim that is not bound yet.
pub(super) fn decide(claim: &Arc<Json>) -> Decision {
    let mut decision = Decision::default();
    if !is_terminating(claim) {
        let capacity = claim["spec"]["resources"]["requests"].clone();
        let status =
            json!({ "phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": capacity });
        decision.status(Kind::PersistentVolumeClaim, claim, status);
    }
    decision
}
