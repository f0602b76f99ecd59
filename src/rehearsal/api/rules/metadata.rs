//! What every object's metadata may hold.

use serde_json::Value as Json;

use super::{invalid, names::SUBDOMAIN};
use crate::kubernetes::Cause;

const NAME: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const KEY: &str = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// A name part and a label's value are no longer than this.
const LONGEST: usize = 63;
/// All annotations of an object together.
const ANNOTATIONS: usize = 256 * 1024;
/// Finalizers without a prefix that the API itself has.
const STANDARD: [&str; 3] = ["orphan", "foregroundDeletion", "kubernetes"];

/// Returns what is wrong with an object's labels, annotations, finalizers and owners.
pub(super) fn check(object: &Json) -> Vec<Cause> {
    let metadata = &object["metadata"];
    let mut causes = Vec::new();
    for (key, value) in metadata["labels"].as_object().into_iter().flatten() {
        causes.extend(unfit_key(key).map(|why| invalid("metadata.labels", &key.as_str().into(), &why)));
        let text = value.as_str().unwrap_or_default();
        if text.len() > LONGEST {
            causes.push(invalid("metadata.labels", value, "must be no more than 63 characters"));
        } else if !text.is_empty() && !is_name(text) {
            causes.push(invalid("metadata.labels", value, VALUE));
        }
    }
    causes.extend(check_annotations(&metadata["annotations"]));
    causes.extend(check_owners(&metadata["ownerReferences"]));
    let finalizers = metadata["finalizers"].as_array().into_iter().flatten();
    for (index, finalizer) in finalizers.enumerate() {
        let text = finalizer.as_str().unwrap_or_default();
        if let Some(why) = unfit_key(text) {
            causes.push(invalid("metadata.finalizers", finalizer, &why));
        } else if !text.contains('/') && !STANDARD.contains(&text) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(invalid(&format!("metadata.finalizers[{index}]"), finalizer, why));
        }
    }
    causes
}

/// Returns what an update may not change of what only the server writes.
pub(in crate::rehearsal::api) fn check_update(live: &Json, object: &Json) -> Vec<Cause> {
    let (was, is) = (&live["metadata"]["deletionTimestamp"], &object["metadata"]["deletionTimestamp"]);
    if is.is_null() || is == was {
        return Vec::new();
    }
    let cause = invalid("metadata.deletionTimestamp", is, "field is immutable");
    vec![cause.clone(), cause]
}

fn check_annotations(annotations: &Json) -> Vec<Cause> {
    let (mut causes, mut size) = (Vec::new(), 0);
    for (key, value) in annotations.as_object().into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        // Their keys may have capitals.
        let why = unfit_key(&key.to_ascii_lowercase());
        causes.extend(why.map(|why| invalid("metadata.annotations", &key.as_str().into(), &why)));
    }
    if size > ANNOTATIONS {
        let message = format!("Too long: may not be more than {ANNOTATIONS} bytes");
        let field = "metadata.annotations".into();
        causes.push(Cause { reason: "FieldValueTooLong".into(), message, field });
    }
    causes
}

fn check_owners(owners: &Json) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controllers = Vec::new();
    for owner in owners.as_array().into_iter().flatten() {
        let text = |key: &str| owner[key].as_str().unwrap_or_default();
        for key in ["apiVersion", "kind", "name", "uid"].into_iter().filter(|key| text(key).is_empty()) {
            let field = format!("metadata.ownerReferences.{key}");
            causes.push(invalid(&field, &"".into(), "must not be empty"));
        }
        if owner["controller"] == true {
            controllers.push(format!("{}/{}", text("kind"), text("name")));
        }
    }
    if let [first, second, ..] = controllers.as_slice() {
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {second}"
        );
        causes.push(invalid("metadata.ownerReferences", owners, &why));
    }
    causes
}

/// Returns why a text is no qualified name: `NAME`, or `PREFIX/NAME`.
fn unfit_key(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        None => (None, key),
        Some((_, name)) if name.contains('/') => return Some(KEY.to_owned()),
        Some((prefix, name)) => (Some(prefix), name),
    };
    match prefix {
        Some("") => return Some("prefix part must be non-empty".to_owned()),
        Some(prefix) if !super::names::is_subdomain(prefix) => {
            return Some(format!("prefix part {SUBDOMAIN}"));
        }
        _ => {}
    }
    match name.len() {
        0 => Some("name part must be non-empty".to_owned()),
        1..=LONGEST => (!is_name(name)).then(|| NAME.to_owned()),
        _ => Some("name part must be no more than 63 characters".to_owned()),
    }
}

fn is_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(ends)
        && text.ends_with(ends)
        && text.chars().all(|c| ends(c) || matches!(c, '-' | '_' | '.'))
}
