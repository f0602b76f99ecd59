//! What the server itself writes into an object's metadata.

use jiff::Timestamp;
use rand::{Rng, RngCore, rngs::StdRng};
use serde_json::{Map, Value as Json, json};

use super::{kind::Kind, rules};
use crate::kubernetes::Cause;

/// Ends a generated name; without vowels, so that no words come out.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

pub(super) fn generated_name(base: &str, random: &mut StdRng) -> String {
    let mut name: String = base.chars().take(58).collect();
    name.extend((0..5).map(|_| char::from(ALPHABET[random.gen_range(0..ALPHABET.len())])));
    name
}

pub(super) fn new_uid(random: &mut StdRng) -> String {
    let mut bytes = [0_u8; 16];
    random.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(super) fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub(super) fn uid(object: &Json) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

pub(super) fn is_ending(object: &Json) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

pub(super) fn finalizers(object: &Json) -> impl Iterator<Item = &str> {
    object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Json::as_str)
}

pub(super) fn set_finalizers(object: &mut Json, finalizers: &[String]) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".into(), finalizers.into());
    }
}

/// Returns what is wrong with finalizers that come when the object is ending already.
pub(super) fn late_finalizers(live: &Json, object: &Json) -> Vec<Cause> {
    if !is_ending(live) {
        return Vec::new();
    }
    let late: Vec<String> = finalizers(object)
        .filter(|one| !finalizers(live).any(|other| other == *one))
        .map(|one| format!("{one:?}"))
        .collect();
    if late.is_empty() {
        return Vec::new();
    }
    let late = late.join(", ");
    let why = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{late}}}"
    );
    let cause = rules::forbidden("metadata.finalizers", &why);
    vec![cause.clone(), cause]
}

/// Makes an object new: what only the server knows is the server's.
pub(super) fn begin(kind: &Kind, object: &mut Json, now: Timestamp, random: &mut StdRng) {
    if kind.traits.status
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("status");
    }
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    for key in
        ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation", "resourceVersion"]
    {
        metadata.remove(key);
    }
    metadata.insert("uid".into(), new_uid(random).into());
    metadata.insert("creationTimestamp".into(), now.to_string().into());
    if kind.traits.generation {
        metadata.insert("generation".into(), 1.into());
    }
    tidy(metadata);
}

/// Keeps of an update what an update may change: the rest stays as it was.
pub(super) fn carry_over(live: &Json, object: &mut Json) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    for key in [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
        "generateName",
        "namespace",
        "name",
    ] {
        match live["metadata"].get(key) {
            Some(value) => metadata.insert(key.into(), value.clone()),
            None if key == "generateName" => None,
            None => metadata.remove(key),
        };
    }
    tidy(metadata);
}

/// Empty lists and maps are not kept.
fn tidy(metadata: &mut Map<String, Json>) {
    metadata.remove("selfLink");
    metadata.retain(|key, value| match value {
        Json::Null => false,
        Json::Object(entries) => !entries.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::String(text) => !text.is_empty() || key == "name",
        Json::Bool(_) | Json::Number(_) => true,
    });
}

/// Counts a change of what is wanted.
pub(super) fn count_generation(kind: &Kind, live: &Json, object: &mut Json) {
    if !kind.traits.generation {
        return;
    }
    let wanted = |object: &Json| -> Map<String, Json> {
        let fields = object.as_object().into_iter().flatten();
        fields
            .filter(|(key, _)| {
                *key != "metadata" && !(*key == "status" && (kind.traits.status || kind.custom.is_none()))
            })
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    if wanted(live) != wanted(object) {
        next_generation(object);
    }
}

pub(super) fn next_generation(object: &mut Json) {
    if let Some(generation) = object["metadata"]["generation"].as_i64() {
        object["metadata"]["generation"] = (generation + 1).into();
    }
}

/// Marks an object as ending.
pub(super) fn end(kind: &Kind, object: &mut Json, now: Timestamp, grace: i64) {
    let at = now + jiff::SignedDuration::from_secs(grace);
    object["metadata"]["deletionTimestamp"] = at.to_string().into();
    // These two have an ending of their own.
    if !matches!(kind.plural(), "namespaces" | "customresourcedefinitions") {
        object["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        next_generation(object);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn names_and_uids_look_like_the_servers_own() {
        let mut random = StdRng::seed_from_u64(1);
        let name = generated_name("web-", &mut random);
        assert!(name.len() == 9 && name.starts_with("web-"), "{name}");
        let uid = new_uid(&mut random);
        assert_eq!(uid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(&uid[14..15], "4");
    }
}
