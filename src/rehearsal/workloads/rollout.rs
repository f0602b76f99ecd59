//! How far a Deployment's rollout may go at once: the arithmetic of `maxSurge` and `maxUnavailable`.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::rehearsal::cache::number;

/// The bounds of a rolling update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) wanted: i64,
    pub(super) surge: i64,
    pub(super) unavailable: i64,
}

impl Bounds {
    /// Reads a Deployment's bounds; 25 % each where nothing is said.
    pub(super) fn of(deployment: &Json) -> Self {
        let wanted = number(&deployment["spec"]["replicas"], 1);
        if deployment["spec"]["strategy"]["type"] == "Recreate" {
            return Self { wanted, surge: 0, unavailable: 0 };
        }
        let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
        let surge = amount(&rolling["maxSurge"], wanted, true);
        let unavailable = amount(&rolling["maxUnavailable"], wanted, false);
        // With neither, nothing could ever move.
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable.min(wanted) };
        Self { wanted, surge, unavailable }
    }

    /// Returns how many replicas the new ReplicaSet may have now.
    pub(super) fn grow(self, new: i64, all: i64) -> i64 {
        if new > self.wanted {
            return self.wanted;
        }
        let room = (self.wanted + self.surge - all).max(0);
        new + room.min(self.wanted - new)
    }

    /// Returns how many replicas each old ReplicaSet keeps, in the order given: unhealthy ones go first.
    pub(super) fn shrink(self, new: &Json, old: &[Arc<Json>]) -> Vec<i64> {
        let mut kept: Vec<i64> = old.iter().map(|set| replicas(set)).collect();
        let all = kept.iter().sum::<i64>() + replicas(new);
        let least = self.wanted - self.unavailable;
        let new_unavailable = (replicas(new) - available(new)).max(0);
        let mut removable = all - least - new_unavailable;
        for (kept, set) in kept.iter_mut().zip(old) {
            let unhealthy = (*kept - available(set)).clamp(0, removable.max(0));
            *kept -= unhealthy;
            removable -= unhealthy;
        }
        let serving = available(new) + old.iter().map(|set| available(set)).sum::<i64>();
        let mut surplus = (serving - least).min(removable);
        for kept in &mut kept {
            let going = (*kept).clamp(0, surplus.max(0));
            *kept -= going;
            surplus -= going;
        }
        kept
    }
}

pub(super) fn replicas(set: &Json) -> i64 {
    number(&set["spec"]["replicas"], 1)
}

pub(super) fn available(set: &Json) -> i64 {
    number(&set["status"]["availableReplicas"], 0)
}

/// A number, or a share of `of`.
fn amount(value: &Json, of: i64, up: bool) -> i64 {
    if let Some(number) = value.as_i64() {
        return number;
    }
    let percent = value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok()).unwrap_or(25);
    if up { (percent * of + 99).div_euclid(100) } else { percent * of / 100 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(replicas: i64, available: i64) -> Arc<Json> {
        Arc::new(json!({ "spec": { "replicas": replicas }, "status": { "availableReplicas": available } }))
    }

    #[test]
    fn shares_are_rounded_so_that_one_replica_is_replaced_without_a_gap() {
        assert_eq!(
            Bounds::of(&json!({ "spec": { "replicas": 1 } })),
            Bounds { wanted: 1, surge: 1, unavailable: 0 }
        );
        let four = json!({ "spec": { "replicas": 4, "strategy": { "rollingUpdate": { "maxSurge": 0, "maxUnavailable": "10%" } } } });
        assert_eq!(Bounds::of(&four), Bounds { wanted: 4, surge: 0, unavailable: 1 });
    }

    #[test]
    fn old_replicas_serve_until_new_ones_do() {
        let bounds = Bounds { wanted: 1, surge: 1, unavailable: 0 };
        assert_eq!(bounds.grow(0, 1), 1);
        assert_eq!(bounds.shrink(&set(1, 0), &[set(1, 1)]), [1]);
        assert_eq!(bounds.shrink(&set(1, 1), &[set(1, 1)]), [0]);
    }

    #[test]
    fn old_replicas_that_do_not_serve_go_first() {
        let bounds = Bounds { wanted: 4, surge: 1, unavailable: 1 };
        assert_eq!(bounds.grow(0, 4), 1);
        assert_eq!(bounds.shrink(&set(1, 0), &[set(2, 0), set(2, 2)]), [1, 2]);
        assert_eq!(bounds.grow(6, 6), 4);
    }
}
