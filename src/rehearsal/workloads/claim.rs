//! Claims of storage: bound at once, to no volume, whatever class they name.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating};

use super::decision::Decision;

/// Binds a claim that is not bound yet. One of the empty class wants a volume that somebody made, and waits for it.
pub(super) fn decide(claim: &Arc<Json>) -> Decision {
    let mut decision = Decision::default();
    if !is_terminating(claim) && claim["spec"]["storageClassName"] != "" {
        let capacity = claim["spec"]["resources"]["requests"].clone();
        let status =
            json!({ "phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": capacity });
        decision.status(Kind::PersistentVolumeClaim, claim, status);
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::workloads::testing::status;

    #[test]
    fn a_claim_is_bound_unless_it_waits_for_a_volume_of_somebody() {
        let claim =
            |spec: Json| Arc::new(json!({ "metadata": { "name": "a", "namespace": "ns" }, "spec": spec }));
        for spec in [json!({}), json!({ "storageClassName": "fast" })] {
            assert_eq!(status(&decide(&claim(spec)))["phase"], "Bound");
        }
        assert!(decide(&claim(json!({ "storageClassName": "" }))).writes.is_empty());
    }
}
