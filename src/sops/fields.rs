//! The metadata as a tree: made, changed and looked up.

use super::key_group::OtherKey;
use super::sealed_group::SealedGroup;
use super::selector::Selector;
use super::tree::{Element, Entry, Item, Kind, Leaf, Scalar, Value};

/// The version that documents are written as; sops insists on one.
const VERSION: &str = "3.13.3";

/// What new metadata says beside its keys.
pub(super) struct Facts<'a> {
    pub(super) last_modified: &'a str,
    pub(super) mac: &'a str,
    /// None for binary files, in which there is nothing to select.
    pub(super) selector: Option<&'a Selector>,
    pub(super) mac_only_encrypted: bool,
}

/// Makes the metadata of a new document, its keys in sops's order.
pub(super) fn new(groups: &[SealedGroup], threshold: usize, facts: &Facts<'_>) -> Vec<Entry> {
    let mut fields = Vec::new();
    if let Some((field, text)) = facts.selector.map(Selector::field) {
        set(&mut fields, field, leaf(Scalar::String(text.to_owned())));
    }
    if facts.mac_only_encrypted {
        set(&mut fields, "mac_only_encrypted", leaf(Scalar::Bool(true)));
    }
    set_keys(&mut fields, groups, threshold);
    set_state(&mut fields, facts.last_modified, facts.mac);
    fields
}

/// Says when the document was encrypted and what its MAC is.
pub(super) fn set_state(fields: &mut Vec<Entry>, last_modified: &str, mac: &str) {
    set(fields, "lastmodified", leaf(Scalar::String(last_modified.to_owned())));
    set(fields, "mac", leaf(Scalar::String(mac.to_owned())));
    if text(fields, "version").is_none_or(|version| version.is_empty()) {
        set(fields, "version", leaf(Scalar::String(VERSION.to_owned())));
    }
}

/// Replaces all keys.
pub(super) fn set_keys(fields: &mut Vec<Entry>, groups: &[SealedGroup], threshold: usize) {
    let is_key = |name: &str| {
        OtherKey::KINDS.contains(&name) || matches!(name, "age" | "key_groups" | "shamir_threshold")
    };
    fields.retain(|entry| !matches!(entry, Entry::Item(item) if is_key(&item.key)));
    if let [group] = groups {
        for (kind, keys) in group.by_kind() {
            set(fields, kind, list(keys));
        }
        return;
    }
    let maps = groups.iter().map(|group| {
        let mut keys = Vec::new();
        // sops writes these lists also where they are empty.
        set(&mut keys, "age", list(Vec::new()));
        set(&mut keys, "hc_vault", list(Vec::new()));
        for (kind, of_kind) in group.by_kind() {
            set(&mut keys, kind, list(of_kind));
        }
        keys
    });
    let maps = maps.collect();
    set(fields, "key_groups", list(maps));
    let threshold = i64::try_from(threshold).unwrap_or_default();
    set(fields, "shamir_threshold", leaf(Scalar::Int(threshold)));
}

pub(super) fn get<'a>(fields: &'a [Entry], name: &str) -> Option<&'a Value> {
    fields.iter().find_map(|entry| match entry {
        Entry::Item(item) if &*item.key == name => Some(&item.value),
        Entry::Item(_) | Entry::Comment(_) => None,
    })
}

fn text(fields: &[Entry], name: &str) -> Option<String> {
    match &get(fields, name)?.kind {
        Kind::Leaf(leaf) => leaf.public().map(Scalar::to_text),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// Sets a field, in the order of the alphabet where it is new.
pub(super) fn set(fields: &mut Vec<Entry>, name: &str, kind: Kind) {
    let value = Value { span: None, kind };
    for entry in fields.iter_mut() {
        if let Entry::Item(item) = entry
            && &*item.key == name
        {
            item.value = value;
            return;
        }
    }
    let behind = |entry: &Entry| matches!(entry, Entry::Item(item) if &*item.key > name);
    let at = fields.iter().position(behind).unwrap_or(fields.len());
    fields.insert(at, Entry::Item(Item { key: name.into(), span: None, value }));
}

pub(super) fn leaf(scalar: Scalar) -> Kind {
    Kind::Leaf(Leaf::plain(scalar))
}

fn list(maps: Vec<Vec<Entry>>) -> Kind {
    let element = |map| Element::Value(Value { span: None, kind: Kind::Map(map) });
    Kind::List(maps.into_iter().map(element).collect())
}
