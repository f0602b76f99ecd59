//! What the operator says of an object: its condition, its last sync, its events.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::{
    Client, ResourceExt,
    api::{Api, DynamicObject, ListParams},
};

/// The condition `Ready` of a store or an ExternalSecret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) status: bool,
    pub(super) reason: String,
    pub(super) message: String,
}

/// Returns the condition `Ready`, if the operator has looked at the object.
pub(super) fn ready(object: &DynamicObject) -> Option<Ready> {
    let conditions = object.data.pointer("/status/conditions")?.as_array()?;
    let condition = conditions.iter().find(|condition| condition["type"] == "Ready")?;
    let text = |key: &str| condition[key].as_str().unwrap_or_default().to_owned();
    Some(Ready { status: condition["status"] == "True", reason: text("reason"), message: text("message") })
}

/// Returns what changes with every sync of an ExternalSecret: when it was, and of which version.
pub(super) fn last_sync(object: &DynamicObject) -> (Option<String>, Option<String>) {
    let text = |path: &str| object.data.pointer(path).and_then(|value| value.as_str()).map(str::to_owned);
    (text("/status/refreshTime"), text("/status/syncedResourceVersion"))
}

/// A warning that a controller left, with what tells it from an earlier one of the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    pub(super) uid: Option<String>,
    pub(super) version: Option<String>,
    pub(super) text: String,
    /// When it was told last.
    pub(super) at: Option<Timestamp>,
}

/// Returns the newest warning about an object; those about cluster-scoped objects are in the namespace `default`. With
/// a `uid` only those about this very object: they outlive it by an hour.
pub(super) async fn newest_warning(
    client: &Client,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    uid: Option<&str>,
) -> Result<Option<Warning>, kube::Error> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace.unwrap_or("default"));
    let about = format!("involvedObject.kind={kind},involvedObject.name={name},type=Warning");
    let found = events.list(&ListParams::default().fields(&about)).await?;
    let is_about = |event: &Event| {
        let about = event.involved_object.uid.as_deref();
        uid.is_none() || about.is_none() || about == uid
    };
    let newest = found.items.into_iter().filter(is_about).max_by_key(|event| {
        let version: u64 =
            event.metadata.resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
        version
    });
    Ok(newest.map(|event| Warning {
        uid: event.uid(),
        version: event.resource_version(),
        at: event.last_timestamp.as_ref().map(|time| time.0),
        text: event.message.unwrap_or_default(),
    }))
}
