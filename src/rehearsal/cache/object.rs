//! What every object has, read from its JSON.

use serde_json::Value as Json;

pub(in crate::rehearsal) fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub(in crate::rehearsal) fn namespace(object: &Json) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

pub(in crate::rehearsal) fn uid(object: &Json) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

pub(in crate::rehearsal) fn label<'a>(object: &'a Json, key: &str) -> &'a str {
    object["metadata"]["labels"][key].as_str().unwrap_or_default()
}

pub(in crate::rehearsal) fn annotation<'a>(object: &'a Json, key: &str) -> Option<&'a str> {
    object["metadata"]["annotations"][key].as_str()
}

/// Returns a whole number, or `default` where the field is absent.
pub(in crate::rehearsal) fn number(value: &Json, default: i64) -> i64 {
    value.as_i64().unwrap_or(default)
}

pub(in crate::rehearsal) fn is_terminating(object: &Json) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// Returns the uid of the object that controls this one, or an empty text.
pub(in crate::rehearsal) fn controller(object: &Json) -> &str {
    let owners = object["metadata"]["ownerReferences"].as_array();
    let owner = owners.into_iter().flatten().find(|owner| owner["controller"] == true);
    owner.and_then(|owner| owner["uid"].as_str()).unwrap_or_default()
}

/// Returns whether the labels of an object are among those that `matchLabels`, or a Service's selector, asks for.
/// An empty selector chooses nothing.
pub(in crate::rehearsal) fn set_of(selector: &Json, object: &Json) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else { return false };
    let labels = &object["metadata"]["labels"];
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
