//! The operator's hashes: SHA3-224 over what Go's `fmt` prints of a value with `%+v`, in hexadecimal.

use std::collections::BTreeMap;
use std::fmt::Write;

use k8s_openapi::ByteString;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sha3::{Digest, Sha3_224};

/// Returns the hash of a text.
pub(super) fn of_text(text: &str) -> String {
    hex::encode(Sha3_224::digest(text))
}

/// Returns the hash of a Secret's data, which tells whether somebody else changed it.
pub(super) fn of_data(data: &BTreeMap<String, ByteString>) -> String {
    let mut text = String::from("map[");
    for (index, (key, value)) in data.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(key);
        text.push_str(":[");
        for (index, byte) in value.0.iter().enumerate() {
            // Writing into a String cannot fail.
            let _ = if index > 0 { write!(text, " {byte}") } else { write!(text, "{byte}") };
        }
        text.push(']');
    }
    text.push(']');
    of_text(&text)
}

/// Returns what `status.syncedResourceVersion` holds: the generation, and a hash of annotations and labels.
pub(super) fn synced_version(metadata: &ObjectMeta) -> String {
    let empty = BTreeMap::new();
    let annotations = metadata.annotations.as_ref().unwrap_or(&empty);
    let labels = metadata.labels.as_ref().unwrap_or(&empty);
    let text = format!("{{annotations:{} labels:{}}}", of_map(annotations), of_map(labels));
    format!("{}-{}", metadata.generation.unwrap_or_default(), of_text(&text))
}

fn of_map(map: &BTreeMap<String, String>) -> String {
    let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("map[{}]", entries.join(" "))
}

/// Returns the field manager of an ExternalSecret's writes. A name above 63 bytes is hashed.
pub(super) fn field_manager(name: &str) -> String {
    if name.len() > 63 {
        format!("externalsecrets.external-secrets.io/sha3/{}", of_text(name))
    } else {
        format!("externalsecrets.external-secrets.io/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_hashed_as_go_prints_it() {
        let data =
            [("b".to_owned(), ByteString(vec![104, 105])), ("a".to_owned(), ByteString(vec![]))].into();
        assert_eq!(of_data(&data), of_text("map[a:[] b:[104 105]]"));
        assert_eq!(of_data(&BTreeMap::new()), of_text("map[]"));
    }

    #[test]
    fn a_label_changes_the_synced_version_and_the_generation_leads_it() {
        let plain = ObjectMeta { generation: Some(3), ..ObjectMeta::default() };
        let labelled = ObjectMeta { labels: Some([("a".into(), "b".into())].into()), ..plain.clone() };
        assert!(synced_version(&plain).starts_with("3-"));
        assert_ne!(synced_version(&plain), synced_version(&labelled));
        assert_eq!(
            synced_version(&labelled),
            format!("3-{}", of_text("{annotations:map[] labels:map[a:b]}"))
        );
    }

    #[test]
    fn the_manager_of_a_long_name_is_hashed() {
        assert_eq!(field_manager("short"), "externalsecrets.external-secrets.io/short");
        let long = "a".repeat(64);
        assert_eq!(
            field_manager(&long),
            format!("externalsecrets.external-secrets.io/sha3/{}", of_text(&long))
        );
    }
}
