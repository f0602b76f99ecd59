//! When an ExternalSecret is refreshed, and when it is looked at again.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;

use crate::rehearsal::programs::external_secrets::{
    duration, hash,
    queue::Next,
    resource::{CreationPolicy, ExternalSecret, Object, RefreshPolicy},
};

/// What marks a Secret as one of the operator's.
pub(super) const MANAGED: &str = "reconcile.external-secrets.io/managed";
/// What tells its owner, hashed.
pub(super) const OWNER: &str = "reconcile.external-secrets.io/created-by";
/// What tells whether somebody else changed it.
pub(super) const DATA_HASH: &str = "reconcile.external-secrets.io/data-hash";

/// The interval where nothing is said; the definition says it too.
const INTERVAL: Duration = Duration::from_hours(1);

/// Returns the seconds of a time in a status.
pub(crate) fn seconds_of(time: &str) -> Option<i64> {
    time.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

fn interval(spec: &ExternalSecret) -> Duration {
    spec.refresh_interval.as_deref().and_then(duration::parse).unwrap_or(INTERVAL)
}

/// Tells whether the providers are to be asked again.
pub(super) fn should_refresh(object: &Object<ExternalSecret>, now: Timestamp) -> bool {
    let synced = &object.status.synced_resource_version;
    let refreshed = object.status.refresh_time.as_deref().and_then(seconds_of);
    let never = synced.is_empty() || refreshed.is_none();
    match object.spec.refresh_policy {
        RefreshPolicy::CreatedOnce => never,
        RefreshPolicy::OnChange => never || *synced != hash::synced_version(&object.metadata),
        RefreshPolicy::Periodic => {
            let interval = interval(&object.spec);
            if interval.is_zero() && !synced.is_empty() {
                return false;
            }
            let Some(refreshed) = refreshed else { return true };
            let since = now.as_nanosecond() - i128::from(refreshed) * 1_000_000_000;
            *synced != hash::synced_version(&object.metadata)
                || since < 0
                || since > i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX)
        }
    }
}

/// Tells whether the Secret is as the operator left it.
pub(super) fn is_valid(secret: Option<&Secret>, spec: &ExternalSecret) -> bool {
    if spec.target.creation_policy == CreationPolicy::Orphan {
        return true;
    }
    let Some(secret) = secret else { return false };
    let empty = std::collections::BTreeMap::new();
    let hash = hash::of_data(secret.data.as_ref().unwrap_or(&empty));
    is_managed(secret)
        && secret.metadata.annotations.as_ref().and_then(|found| found.get(DATA_HASH)) == Some(&hash)
}

/// Tells whether the Secret carries the operator's label.
pub(super) fn is_managed(secret: &Secret) -> bool {
    let labels = secret.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(MANAGED)).is_some_and(|value| value == "true")
}

/// Returns when to look again after a success.
pub(super) fn next(object: &Object<ExternalSecret>, now: Timestamp) -> Next {
    let interval = interval(&object.spec);
    if interval.is_zero() {
        return Next::Wait;
    }
    let Some(refreshed) = object.status.refresh_time.as_deref().and_then(seconds_of) else {
        return Next::After(interval);
    };
    let since = now.as_nanosecond() - i128::from(refreshed) * 1_000_000_000;
    match u64::try_from(since).map(Duration::from_nanos) {
        Ok(since) if since < interval => Next::After(interval.saturating_sub(since)),
        _ => Next::Again,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An ExternalSecret that was synced at second 1000, with an interval of a minute.
    fn synced(spec: serde_json::Value) -> Object<ExternalSecret> {
        let mut object: Object<ExternalSecret> = serde_json::from_value(json!({
            "metadata": { "name": "e", "generation": 1, "labels": { "a": "b" } },
            "spec": { "refreshInterval": "1m" },
            "status": { "refreshTime": "1970-01-01T00:16:40Z", "binding": { "name": "" } },
        }))
        .unwrap();
        object.status.synced_resource_version = hash::synced_version(&object.metadata);
        if let Some(policy) = spec.get("refreshPolicy") {
            object.spec.refresh_policy = serde_json::from_value(policy.clone()).unwrap();
        }
        if let Some(interval) = spec.get("refreshInterval") {
            object.spec.refresh_interval = Some(interval.as_str().unwrap().to_owned());
        }
        object
    }

    #[test]
    fn a_periodic_one_is_refreshed_after_its_interval_and_when_it_changed() {
        let mut object = synced(json!({}));
        assert!(!should_refresh(&object, at(1060)));
        assert!(should_refresh(&object, at(1061)));
        assert!(should_refresh(&object, at(999)), "a refresh in the future is none");
        object.metadata.annotations = Some([("force-sync".into(), "1".into())].into());
        assert!(should_refresh(&object, at(1001)));
    }

    #[test]
    fn an_interval_of_zero_is_once_even_when_it_changed() {
        let mut object = synced(json!({ "refreshInterval": "0" }));
        object.metadata.generation = Some(2);
        assert!(!should_refresh(&object, at(9000)));
        assert_eq!(next(&object, at(9000)), Next::Wait);
        object.status.synced_resource_version.clear();
        assert!(should_refresh(&object, at(9000)));
    }

    #[test]
    fn the_other_policies_forget_the_interval() {
        let mut once = synced(json!({ "refreshPolicy": "CreatedOnce" }));
        let mut on_change = synced(json!({ "refreshPolicy": "OnChange" }));
        assert!(!should_refresh(&once, at(99_999)));
        assert!(!should_refresh(&on_change, at(99_999)));
        once.metadata.generation = Some(2);
        on_change.metadata.generation = Some(2);
        assert!(!should_refresh(&once, at(1001)));
        assert!(should_refresh(&on_change, at(1001)));
    }

    #[test]
    fn a_secret_is_valid_with_its_label_and_the_hash_of_its_data() {
        let data = [("k".to_owned(), ByteString(vec![1]))].into();
        let mut secret = Secret::default();
        secret.metadata.labels = Some([(MANAGED.into(), "true".into())].into());
        secret.metadata.annotations = Some([(DATA_HASH.into(), hash::of_data(&data))].into());
        secret.data = Some(data);
        let spec = ExternalSecret::default();
        assert!(is_valid(Some(&secret), &spec));
        secret.data.as_mut().unwrap().insert("other".into(), ByteString(vec![]));
        assert!(!is_valid(Some(&secret), &spec));
        assert!(!is_valid(None, &spec));
        let mut orphan = spec;
        orphan.target.creation_policy = CreationPolicy::Orphan;
        assert!(is_valid(None, &orphan), "nobody minds whether an orphan is there");
    }

    #[test]
    fn the_next_look_is_when_the_interval_is_over() {
        assert_eq!(next(&synced(json!({})), at(1010)), Next::After(Duration::from_secs(50)));
        assert_eq!(next(&synced(json!({})), at(1060)), Next::Again);
    }
}
