//! Answers, without what no two servers have in common: uids, times, resource versions, drawn names and addresses.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

/// Their values differ from run to run, but a value has to be there.
const OWN: [&str; 14] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "startTime",
    "completionTime",
    "continue",
    "clusterIP",
    "ca.crt",
    "key.pem",
];

static UID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap());
static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\([0-9]+\)").unwrap());
static VOLUME: LazyLock<Regex> = LazyLock::new(|| Regex::new("kube-api-access-[a-z0-9]{5}").unwrap());
static AGE: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[0-9]+s$").unwrap());

/// Masks an answer to a case's request, and takes out what is not compared.
pub(crate) fn masked<'a>(mut answer: Value, id: &str, ignored: impl Iterator<Item = &'a String>) -> Value {
    for path in ignored {
        remove(&mut answer["body"], &path.split('.').skip(1).collect::<Vec<_>>());
    }
    if answer["warnings"] == json!([]) {
        answer.as_object_mut().unwrap().remove("warnings");
    }
    mask(&answer, id)
}

/// `*` stands for each of a list's items.
fn remove(value: &mut Value, path: &[&str]) {
    match (path, value) {
        ([last], Value::Object(entries)) => drop(entries.remove(*last)),
        (["*", rest @ ..], Value::Array(items)) => items.iter_mut().for_each(|item| remove(item, rest)),
        ([first, rest @ ..], Value::Object(entries)) => {
            if let Some(value) = entries.get_mut(*first) {
                remove(value, rest);
            }
        }
        _ => {}
    }
}

fn mask(value: &Value, id: &str) -> Value {
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let masked = match (key.as_str(), value) {
                    ("clusterIP", Value::String(text)) if text == "None" || text.is_empty() => value.clone(),
                    (own, Value::String(text)) if OWN.contains(&own) && !text.is_empty() => json!("~"),
                    ("clusterIPs", Value::Array(addresses)) if addresses != &[json!("None")] => json!("~"),
                    ("managedFields", Value::Array(entries)) => owners(entries, id),
                    _ => mask(value, id),
                };
                (plain(key, id), masked)
            });
            let mut entries: Map<String, Value> = entries.collect();
            if let Some(prefix) = entries.get("generateName").and_then(Value::as_str) {
                let name = format!("{prefix}~");
                entries.insert("name".to_owned(), name.into());
            }
            if entries.get("kind").is_some_and(|kind| kind == "Status") {
                sort_causes(&mut entries);
            }
            Value::Object(entries)
        }
        Value::Array(items) => items.iter().map(|item| mask(item, id)).collect(),
        Value::String(text) => plain(text, id).into(),
        _ => value.clone(),
    }
}

fn plain(text: &str, id: &str) -> String {
    let text = text.replace(id, "$CASE");
    let text = UID.replace_all(&text, "~uid");
    let text = VERSION.replace_all(&text, "(~)");
    let text = VOLUME.replace_all(&text, "kube-api-access-~");
    AGE.replace(&text, "~age").into_owned()
}

/// Their order is that of their times, which are a second apart or not.
fn owners(entries: &[Value], id: &str) -> Value {
    let mut entries: Vec<Value> = entries.iter().map(|entry| mask(entry, id)).collect();
    entries.sort_by_cached_key(|entry| {
        ["operation", "manager", "subresource", "apiVersion"].map(|key| entry[key].to_string())
    });
    entries.into()
}

/// The real server tells several problems in any order.
fn sort_causes(status: &mut Map<String, Value>) {
    let causes = status.get_mut("details").and_then(|details| details.get_mut("causes")?.as_array_mut());
    let Some(causes) = causes else { return };
    causes.sort_by_cached_key(Value::to_string);
    if causes.len() > 1 {
        status.remove("message");
    }
}

/// Collects where two answers differ.
pub(crate) fn differences(path: &str, real: &Value, found: &Value, told: &mut Vec<String>) {
    match (real, found) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                let other = right.get(key).unwrap_or(&Value::Null);
                differences(&format!("{path}.{key}"), value, other, told);
            }
            for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                told.push(format!("{path}.{key}: recorded nothing, found {value}"));
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{path}[{index}]"), left, right, told);
            }
        }
        _ if real == found => {}
        _ => told.push(format!("{path}: recorded {real}, found {found}")),
    }
}
