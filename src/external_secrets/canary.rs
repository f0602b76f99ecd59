//! The canary: an ExternalSecret that proves its store.

use super::{ExternalSecret, Fetch, Fetched, Interval, StoreReference};
use crate::resource::Value;

/// Returns the name of a store's canary and of its Secret.
pub fn canary_name(store: &str) -> String {
    format!("{store}-canary")
}

/// Returns the manifest of a canary that fetches one property of one item into the key `value`.
///
/// It refreshes once a day by itself; a proof forces it.
pub fn canary(store: &StoreReference, namespace: &str, item: &str, property: Option<&str>) -> Value {
    let fetched =
        Fetched { into: "value".to_owned(), key: item.to_owned(), property: property.map(str::to_owned) };
    ExternalSecret {
        namespace: namespace.to_owned(),
        name: canary_name(&store.name),
        store: store.clone(),
        refresh_interval: Interval::DAY,
        fetch: Fetch::Each(vec![fetched]),
    }
    .manifest()
}
