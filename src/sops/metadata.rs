//! What a document says about its encryption.

use crate::keys;
use crate::yaml::Timestamp;

use super::error::Problem;
use super::key_group::{KeyGroup, OtherKey};
use super::selector::Selector;
use super::tree::{Element, Entry, Kind, Scalar, Value};

/// The content of `sops:`.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The groups of keys; one key of a group opens its part of the data key.
    pub groups: Vec<Vec<MasterKey>>,
    /// How many groups it takes; 0 means all.
    pub shamir_threshold: usize,
    /// When the document was encrypted, with the offset that was written.
    pub last_modified: Timestamp,
    /// The encrypted MAC; empty where there is none.
    pub mac: String,
    /// Which values are encrypted.
    pub selector: Selector,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// The version of sops that wrote the document.
    pub version: String,
}

/// A key that opens the data key or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKey {
    /// An age key.
    Age {
        /// The public key.
        recipient: String,
        /// The armored age file that holds the data key.
        sealed: String,
    },
    /// A key that Eggtooth cannot use.
    Other(OtherKey),
}

impl Metadata {
    /// Returns the public keys that the document is encrypted for.
    pub fn recipients(&self) -> Vec<String> {
        let keys = self.groups.iter().flatten();
        let names = keys.map(|key| match key {
            MasterKey::Age { recipient, .. } => recipient.clone(),
            MasterKey::Other(key) => key.to_string(),
        });
        names.collect()
    }

    /// Returns the age keys among those that the document is encrypted for.
    pub fn age_recipients(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().filter_map(|key| match key {
            MasterKey::Age { recipient, .. } => Some(recipient.as_str()),
            MasterKey::Other(_) => None,
        })
    }

    /// Returns the groups of keys; a text that is no age recipient is an error.
    pub(super) fn key_groups(&self) -> Result<Vec<KeyGroup>, keys::Error> {
        let group = |keys: &Vec<MasterKey>| {
            let mut group = KeyGroup::default();
            for key in keys {
                match key {
                    MasterKey::Age { recipient, .. } => group.recipients.push(recipient.parse()?),
                    MasterKey::Other(key) => group.others.push(key.clone()),
                }
            }
            Ok(group)
        };
        self.groups.iter().map(group).collect()
    }

    /// Returns how many groups it takes to open the document, where 0 means its only one.
    pub(super) fn quorum(&self) -> usize {
        match (self.groups.len(), self.shamir_threshold) {
            (1, _) => 0,
            (count, 0) => count,
            (_, threshold) => threshold,
        }
    }

    pub(super) fn of_tree(entries: &[Entry]) -> Result<Self, Problem> {
        let fields = Fields(entries);
        let last_modified = fields.text("lastmodified").unwrap_or_default();
        let last_modified = Timestamp::parse(&last_modified)
            .ok_or(Problem::Metadata { field: "lastmodified", what: "is not a time" })?;
        Ok(Self {
            groups: fields.groups()?,
            shamir_threshold: fields.number("shamir_threshold")?,
            last_modified,
            mac: fields.text("mac").unwrap_or_default(),
            selector: fields.selector()?,
            mac_only_encrypted: fields
                .text("mac_only_encrypted")
                .is_some_and(|text| matches!(text.as_str(), "true" | "True" | "1")),
            version: fields.text("version").unwrap_or_default(),
        })
    }
}

/// Returns the keys of the group `index`, each with its fields.
pub(super) fn group_keys(entries: &[Entry], index: usize) -> Vec<(MasterKey, &[Entry])> {
    let fields = Fields(entries);
    let keys = fields.keys();
    if !keys.is_empty() {
        return if index == 0 { keys } else { Vec::new() };
    }
    fields.list("key_groups").get(index).map(Fields::keys).unwrap_or_default()
}

/// A mapping of the metadata; what is written for a text may be of any type.
struct Fields<'a>(&'a [Entry]);

impl<'a> Fields<'a> {
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.0.iter().find_map(|entry| match entry {
            Entry::Item(item) if &*item.key == field => Some(&item.value),
            Entry::Item(_) | Entry::Comment(_) => None,
        })
    }

    fn text(&self, field: &str) -> Option<String> {
        match &self.get(field)?.kind {
            Kind::Leaf(leaf) => leaf.public().map(Scalar::to_text),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    fn number(&self, field: &'static str) -> Result<usize, Problem> {
        let text = self.text(field).unwrap_or_default();
        if text.is_empty() {
            return Ok(0);
        }
        text.parse().map_err(|_| Problem::Metadata { field, what: "is not a number" })
    }

    fn list(&self, field: &str) -> Vec<Fields<'a>> {
        let Some(Kind::List(elements)) = self.get(field).map(|value| &value.kind) else { return Vec::new() };
        let maps = elements.iter().filter_map(|element| match element {
            Element::Value(Value { kind: Kind::Map(entries), .. }) => Some(Fields(entries)),
            Element::Value(_) | Element::Comment(_) => None,
        });
        maps.collect()
    }

    fn selector(&self) -> Result<Selector, Problem> {
        let mut selectors = Selector::FIELDS
            .iter()
            .filter_map(|&field| self.text(field).filter(|text| !text.is_empty()).map(|text| (field, text)));
        let Some((field, text)) = selectors.next() else { return Ok(Selector::default()) };
        if let Some((field, _)) = selectors.next() {
            return Err(Problem::Metadata { field, what: "is one selector too many: there may be one" });
        }
        Selector::of_field(field, &text)
    }

    /// Keys at the top are one group and win over `key_groups`.
    fn groups(&self) -> Result<Vec<Vec<MasterKey>>, Problem> {
        let names = |fields: &Fields<'_>| fields.keys().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        let keys = names(self);
        if !keys.is_empty() {
            return Ok(vec![keys]);
        }
        let groups: Vec<Vec<MasterKey>> = self.list("key_groups").iter().map(names).collect();
        if groups.is_empty() {
            return Err(Problem::Metadata { field: "age", what: "is missing, and there are no other keys" });
        }
        Ok(groups)
    }

    /// Returns what sops calls the key by.
    fn id(&self, kind: &str) -> String {
        let text = |field| self.text(field).unwrap_or_default();
        match kind {
            "kms" => self.kms_id(),
            "gcp_kms" => text("resource_id"),
            "hckms" => text("key_id"),
            "azure_kv" => format!("{}/keys/{}/{}", text("vault_url"), text("name"), text("version")),
            "hc_vault" => {
                format!("{}/v1/{}/keys/{}", text("vault_address"), text("engine_path"), text("key_name"))
            }
            _ => text("fp"),
        }
    }

    fn kms_id(&self) -> String {
        let text = |field| self.text(field).filter(|text| !text.is_empty());
        let mut id = text("arn").unwrap_or_default();
        if let Some(role) = text("role") {
            id = format!("{id}+{role}");
        }
        let context = self.context();
        match text("aws_profile") {
            Some(profile) => format!("{id}|{context}|{profile}"),
            None if context.is_empty() => id,
            None => format!("{id}|{context}"),
        }
    }

    /// Returns the encryption context of a KMS key as sops writes it: `a:1,b:2`, in the order of its keys.
    fn context(&self) -> String {
        let Some(Kind::Map(entries)) = self.get("context").map(|value| &value.kind) else {
            return String::new();
        };
        let fields = Fields(entries);
        let keys = entries.iter().filter_map(|entry| match entry {
            Entry::Item(item) => Some(&*item.key),
            Entry::Comment(_) => None,
        });
        let mut pairs: Vec<String> =
            keys.map(|key| format!("{key}:{}", fields.text(key).unwrap_or_default())).collect();
        pairs.sort_unstable();
        pairs.join(",")
    }

    /// Returns the keys that stand here, each with its fields.
    fn keys(&self) -> Vec<(MasterKey, &'a [Entry])> {
        let others = OtherKey::KINDS.iter().flat_map(|kind| {
            let key =
                |fields: Fields<'a>| (MasterKey::Other(OtherKey { kind, id: fields.id(kind) }), fields.0);
            self.list(kind).into_iter().map(key)
        });
        let age = self.list("age").into_iter().map(|fields| {
            let recipient = fields.text("recipient").unwrap_or_default();
            let sealed = fields.text("enc").unwrap_or_default();
            (MasterKey::Age { recipient, sealed }, fields.0)
        });
        others.chain(age).collect()
    }
}
