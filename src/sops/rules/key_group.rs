//! The keys that a rule names.

use crate::sops::{KeyGroup, OtherKey};
use crate::yaml::Node;

use super::reader::{Fields, Reader};

/// The fields of a rule that name keys: each a list, or a text with commas.
pub(super) const KEY_FIELDS: [&str; 7] =
    ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri"];

/// Those that are not age's, and how files name them.
const OTHERS: [(&str, &str); 6] = [
    ("pgp", "pgp"),
    ("kms", "kms"),
    ("gcp_kms", "gcp_kms"),
    ("hckms", "hckms"),
    ("azure_keyvault", "azure_kv"),
    ("hc_vault_transit_uri", "hc_vault"),
];

const GROUP_FIELDS: [&str; 8] =
    ["merge", "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"];

/// Merged groups may be nested; nobody nests them this deep.
const DEEPEST: usize = 32;

/// Reads the keys that a rule names without groups.
pub(super) fn read_keys(reader: &mut Reader, fields: &Fields<'_>) -> KeyGroup {
    let mut group = KeyGroup::default();
    read_age(reader, fields, &mut group);
    for (field, kind) in OTHERS {
        if field == "hckms" {
            // sops reads no text here, as it does for all others.
            fields.list(reader, field);
        }
        for (id, _) in fields.words(reader, field) {
            add(&mut group, kind, id.to_owned());
        }
    }
    group
}

/// Reads a group, with those that are merged into it first.
pub(super) fn read_group(reader: &mut Reader, node: &Node) -> KeyGroup {
    let mut group = KeyGroup::default();
    read_into(&mut group, reader, node, 0);
    group
}

fn read_into(group: &mut KeyGroup, reader: &mut Reader, node: &Node, depth: usize) {
    let fields = reader.fields(node, "a key group", &GROUP_FIELDS);
    for merged in fields.list(reader, "merge") {
        if depth == DEEPEST {
            reader.error(merged.span, "key groups are merged too deeply");
            return;
        }
        read_into(group, reader, merged, depth + 1);
    }
    read_age(reader, &fields, group);
    for (field, kind) in [("pgp", "pgp"), ("hc_vault", "hc_vault")] {
        for (id, _) in fields.words(reader, field) {
            add(group, kind, id.to_owned());
        }
    }
    read_others(reader, &fields, group);
}

/// Reads the keys that are mappings, and names them as sops does.
fn read_others(reader: &mut Reader, fields: &Fields<'_>, group: &mut KeyGroup) {
    for node in fields.list(reader, "kms") {
        let key = reader.fields(node, "a key of `kms`", &["arn", "role", "context", "aws_profile"]);
        let Some(arn) = needed(reader, &key, "arn") else { continue };
        let role = key.text(reader, "role").map_or_else(String::new, |role| format!("+{role}"));
        let context = key.get("context").map(|node| reader.pairs(node)).unwrap_or_default();
        let profile = key.text(reader, "aws_profile");
        let rest = match profile {
            Some(profile) => format!("|{context}|{profile}"),
            None if context.is_empty() => String::new(),
            None => format!("|{context}"),
        };
        add(group, "kms", format!("{arn}{role}{rest}"));
    }
    for (field, part) in [("gcp_kms", "resource_id"), ("hckms", "key_id")] {
        for node in fields.list(reader, field) {
            let key = reader.fields(node, "a key", &[part]);
            if let Some(id) = needed(reader, &key, part) {
                add(group, field, id.to_owned());
            }
        }
    }
    for node in fields.list(reader, "azure_keyvault") {
        let key = reader.fields(node, "a key of `azure_keyvault`", &["vaultUrl", "key", "version"]);
        let (url, name) = (needed(reader, &key, "vaultUrl"), needed(reader, &key, "key"));
        let version = key.text(reader, "version").unwrap_or_default();
        if let (Some(url), Some(name)) = (url, name) {
            add(group, "azure_kv", format!("{url}/keys/{name}/{version}"));
        }
    }
}

fn needed<'a>(reader: &mut Reader, key: &Fields<'a>, part: &str) -> Option<&'a str> {
    let text = key.text(reader, part);
    if text.is_none() {
        reader.error(key.place(part), format!("the key needs `{part}`"));
    }
    text
}

fn add(group: &mut KeyGroup, kind: &'static str, id: String) {
    let key = OtherKey { kind, id };
    if !group.others.contains(&key) {
        group.others.push(key);
    }
}

fn read_age(reader: &mut Reader, fields: &Fields<'_>, group: &mut KeyGroup) {
    for (word, place) in fields.words(reader, "age") {
        match word.parse() {
            Ok(recipient) if group.recipients.contains(&recipient) => {}
            Ok(recipient) => group.recipients.push(recipient),
            Err(error) => reader.error(place, error.to_string()),
        }
    }
}
