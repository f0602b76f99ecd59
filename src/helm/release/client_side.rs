//! Client-side apply, for releases that Helm 3 made or that ask for it: what was, what is wanted and what is there are
//! merged here, and only the difference is sent.
//!
//! Lists whose elements have a name are merged element by element, as a strategic merge does; the result is sent as a
//! merge patch, which any kind takes.

use serde_json::{Map, Value as Json};

use crate::helm::record::MANAGER;
use crate::kubernetes::{Client, KubernetesError, Manifest};

/// By which of its fields an element of a list is known, for the lists that the server merges too.
const KEYS: [(&str, &[&str]); 14] = [
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("imagePullSecrets", &["name"]),
    ("secrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("ports", &["containerPort", "protocol"]),
    ("ownerReferences", &["uid"]),
    ("webhooks", &["name"]),
];
/// A Service's ports are known by another field than a container's.
const SERVICE_PORTS: &[&str] = &["port", "protocol"];

/// Makes the object what it should be and returns it.
pub(super) async fn apply(
    client: &Client,
    before: Option<&Manifest>,
    wanted: &Manifest,
) -> Result<Manifest, KubernetesError> {
    let resource = client.resource_of(wanted).await?;
    let name = wanted.object_name();
    let Some(live) = client.get(&resource, &name).await? else {
        return client.create(wanted, MANAGER).await;
    };
    // Of what nobody remembers, nothing is taken away.
    let before = before.map_or(&Json::Null, Manifest::json);
    match patch(before, wanted.json(), live.json()) {
        None => Ok(live),
        Some(patch) => client.merge(&resource, &name, &patch, MANAGER).await,
    }
}

/// Makes the object exactly what it should be and returns it: what others added to it is lost, its uid stays.
pub(super) async fn replace(client: &Client, wanted: &Manifest) -> Result<Manifest, KubernetesError> {
    let resource = client.resource_of(wanted).await?;
    let name = wanted.object_name();
    loop {
        let Some(live) = client.get(&resource, &name).await? else {
            return client.create(wanted, MANAGER).await;
        };
        let mut next = wanted.clone();
        next.set(&["metadata", "resourceVersion"], live.resource_version());
        match client.replace(&next, MANAGER).await {
            // Somebody else wrote in between, and loses.
            Err(error) if error.is_conflict() => {}
            other => return other,
        }
    }
}

/// Returns the merge patch that leads from what is there to what is wanted.
fn patch(before: &Json, wanted: &Json, live: &Json) -> Option<Json> {
    let merged = merge("", before, wanted, live);
    difference(live, &merged)
}

/// Returns what is there with what is wanted, without what was wanted before.
fn merge(field: &str, before: &Json, wanted: &Json, live: &Json) -> Json {
    match (wanted, live) {
        (Json::Object(wanted), Json::Object(live)) => {
            let empty = Map::new();
            let before = before.as_object().unwrap_or(&empty);
            let mut merged = live.clone();
            merged.retain(|key, _| wanted.contains_key(key) || !before.contains_key(key));
            for (key, value) in wanted {
                let below = (before.get(key).unwrap_or(&Json::Null), live.get(key).unwrap_or(&Json::Null));
                // A null says that nothing is wanted.
                if value.is_null() {
                    merged.remove(key);
                } else {
                    merged.insert(key.clone(), merge(key, below.0, value, below.1));
                }
            }
            Json::Object(merged)
        }
        (Json::Array(wanted), Json::Array(live)) => {
            let before = before.as_array().map_or(&[][..], Vec::as_slice);
            match keys(field, wanted) {
                Some(keys) => Json::Array(elements(field, keys, before, wanted, live)),
                None => Json::Array(wanted.clone()),
            }
        }
        (wanted, _) => wanted.clone(),
    }
}

/// Returns by which fields the elements of a list are known; `None` when the list is one value.
fn keys(field: &str, list: &[Json]) -> Option<&'static [&'static str]> {
    let (_, keys) = KEYS.iter().find(|(name, _)| *name == field)?;
    let keys =
        if field == "ports" && list.iter().any(|it| it.get("port").is_some()) { SERVICE_PORTS } else { keys };
    list.iter().all(|element| element.get(keys[0]).is_some()).then_some(keys)
}

/// What a protocol is when none is said.
fn key_of(keys: &[&str], element: &Json) -> Vec<String> {
    let value = |key: &&str| match element.get(*key) {
        None if *key == "protocol" => "\"TCP\"".to_owned(),
        found => found.unwrap_or(&Json::Null).to_string(),
    };
    keys.iter().map(value).collect()
}

fn elements(field: &str, keys: &[&str], before: &[Json], wanted: &[Json], live: &[Json]) -> Vec<Json> {
    let find = |list: &[Json], key: &[String]| list.iter().find(|it| key_of(keys, it) == key).cloned();
    let mut merged: Vec<Json> = Vec::with_capacity(live.len());
    for element in wanted {
        let key = key_of(keys, element);
        let (before, live) = (find(before, &key), find(live, &key));
        let none = Json::Null;
        merged.push(merge(field, before.as_ref().unwrap_or(&none), element, live.as_ref().unwrap_or(&none)));
    }
    // What others added stays behind it.
    let strangers = live.iter().filter(|element| {
        let key = key_of(keys, element);
        find(wanted, &key).is_none() && find(before, &key).is_none()
    });
    merged.extend(strangers.cloned());
    merged
}

/// Returns the merge patch between two values.
fn difference(from: &Json, to: &Json) -> Option<Json> {
    let (Json::Object(from), Json::Object(to)) = (from, to) else {
        return (from != to).then(|| to.clone());
    };
    let mut patch = Map::new();
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        patch.insert(key.clone(), Json::Null);
    }
    for (key, value) in to {
        match from.get(key) {
            None => {
                patch.insert(key.clone(), value.clone());
            }
            Some(before) => {
                if let Some(below) = difference(before, value) {
                    patch.insert(key.clone(), below);
                }
            }
        }
    }
    (!patch.is_empty()).then_some(Json::Object(patch))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_wanted_before_is_taken_away() {
        let before = json!({"data": {"a": "1", "gone": "2"}});
        let wanted = json!({"data": {"a": "3"}});
        let live = json!({"data": {"a": "1", "gone": "2", "other": "4"}, "status": {}});
        assert_eq!(patch(&before, &wanted, &live), Some(json!({"data": {"a": "3", "gone": null}})));
        assert_eq!(patch(&wanted, &wanted, &json!({"data": {"a": "3", "other": "4"}})), None);
    }

    #[test]
    fn elements_with_a_name_are_merged_and_those_of_others_stay() {
        let before = json!({"containers": [{"name": "a", "image": "1"}, {"name": "gone"}]});
        let wanted = json!({"containers": [{"name": "a", "image": "2"}]});
        let live = json!({"containers": [
            {"name": "a", "image": "1", "imagePullPolicy": "Always"}, {"name": "gone"}, {"name": "sidecar"}]});
        let expected = json!({"containers": [
            {"name": "a", "image": "2", "imagePullPolicy": "Always"}, {"name": "sidecar"}]});
        assert_eq!(patch(&before, &wanted, &live), Some(expected));
    }

    #[test]
    fn ports_of_services_are_known_by_their_port_and_protocol() {
        let wanted = json!({"ports": [{"port": 80, "name": "web"}]});
        let live = json!({"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]});
        let expected = json!({"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080, "name": "web"}]});
        assert_eq!(patch(&Json::Null, &wanted, &live), Some(expected));
    }

    #[test]
    fn other_lists_are_one_value_and_null_deletes() {
        let wanted = json!({"args": ["b"], "gone": null});
        let live = json!({"args": ["a"], "gone": 1});
        assert_eq!(patch(&Json::Null, &wanted, &live), Some(json!({"args": ["b"], "gone": null})));
    }
}
