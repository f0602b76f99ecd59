//! Secrets and ConfigMaps: what is theirs to hold, how much, and what may no longer change.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value as Json};

use super::{forbidden, invalid, required};
use crate::kubernetes::Cause;

/// A Secret holds no more than this, keys not counted.
const LARGEST: usize = 1024 * 1024;

/// Names the account that a token's Secret is for.
const ACCOUNT: &str = "kubernetes.io/service-account.name";

/// Takes `stringData` into `data`, and gives the type that none has.
pub(super) fn default(object: &mut Json) {
    let Some(fields) = object.as_object_mut() else { return };
    if let Some(Json::Object(texts)) = fields.remove("stringData")
        && !texts.is_empty()
    {
        let data = fields.entry("data").or_insert_with(|| Json::Object(Map::new()));
        for (key, text) in texts {
            data[key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
        }
    }
    if fields.get("type").is_none_or(|kind| kind == "") {
        fields.insert("type".into(), "Opaque".into());
    }
}

pub(super) fn check(live: Option<&Json>, object: &Json) -> Vec<Cause> {
    let mut causes = Vec::new();
    let data = object["data"].as_object();
    let mut size = 0;
    for (key, value) in data.into_iter().flatten() {
        size += value.as_str().and_then(|text| STANDARD.decode(text).ok()).map_or(0, |bytes| bytes.len());
        causes.extend(check_key(key));
    }
    if size > LARGEST {
        let message = format!("Too long: may not be more than {LARGEST} bytes");
        causes.push(Cause { reason: "FieldValueTooLong".into(), message, field: "data".into() });
    }
    let kind = object["type"].as_str().unwrap_or_default();
    let needed: &[&str] = match kind {
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        // One of them is enough.
        "kubernetes.io/basic-auth"
            if !["username", "password"]
                .iter()
                .any(|key| data.is_some_and(|data| data.contains_key(*key))) =>
        {
            &["password", "username"]
        }
        _ => &[],
    };
    for key in needed {
        let value = data.and_then(|data| data.get(*key)).and_then(Json::as_str);
        let field = format!("data[{key}]");
        match value {
            None => causes.push(required(&field, "")),
            Some(value) if key.starts_with(".docker") => {
                let bytes = STANDARD.decode(value).unwrap_or_default();
                if let Err(error) = serde_json::from_slice::<Json>(&bytes) {
                    let hidden = "<secret contents redacted>";
                    causes.push(invalid(&field, &hidden.into(), &error.to_string()));
                }
            }
            Some(_) => {}
        }
    }
    let account = &object["metadata"]["annotations"][ACCOUNT];
    if kind == "kubernetes.io/service-account-token" && account.as_str().is_none_or(str::is_empty) {
        causes.push(required(&format!("metadata.annotations[{ACCOUNT}]"), ""));
    }
    if let Some(live) = live
        && live["type"] != object["type"]
    {
        causes.push(invalid("type", &object["type"], "field is immutable"));
    }
    causes.extend(check_immutable(live, object));
    causes
}

/// Returns what is wrong with a ConfigMap.
pub(super) fn check_config_map(live: Option<&Json>, object: &Json) -> Vec<Cause> {
    let keys = |field: &str| object[field].as_object().into_iter().flatten().map(|(key, _)| key);
    let mut causes: Vec<Cause> =
        keys("data").chain(keys("binaryData")).filter_map(|key| check_key(key)).collect();
    for key in keys("data").filter(|key| object["binaryData"].get(key.as_str()).is_some()) {
        let why = "duplicate of key present in binaryData";
        causes.push(invalid(&format!("data[{key}]"), &key.as_str().into(), why));
    }
    causes.extend(check_immutable(live, object));
    causes
}

/// Returns what the server says of a certificate that is none, though it keeps it.
pub(super) fn warnings(object: &Json) -> Vec<String> {
    let certificate = object["data"]["tls.crt"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let begins = |bytes: &Vec<u8>| bytes.windows(10).any(|window| window == b"-----BEGIN");
    match certificate {
        Some(bytes) if object["type"] == "kubernetes.io/tls" && !begins(&bytes) => {
            vec!["tls: failed to find any PEM data in certificate input".into()]
        }
        _ => Vec::new(),
    }
}

/// What was made immutable stays so, and stays as it is.
fn check_immutable(live: Option<&Json>, object: &Json) -> Vec<Cause> {
    let mut causes = Vec::new();
    let Some(live) = live.filter(|live| live["immutable"] == true) else { return causes };
    if object["immutable"] != true {
        causes.push(forbidden("immutable", "field is immutable when `immutable` is set"));
    }
    for field in ["data", "binaryData"] {
        if live.get(field) != object.get(field) {
            causes.push(forbidden(field, "field is immutable when `immutable` is set"));
        }
    }
    causes
}

fn check_key(key: &str) -> Option<Cause> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !key.is_empty() && key.len() <= 253 && key.chars().all(fits) && key != "." && key != ".." {
        return None;
    }
    let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    Some(invalid(&format!("data[{key}]"), &key.into(), why))
}
