//! Where files are published to.

use regex::Regex;

use crate::yaml::Node;

use super::{
    CreationRule,
    reader::{Fields, Reader},
};

/// A rule of `sops publish`.
#[derive(Clone, Debug)]
pub struct DestinationRule {
    path_regex: Option<Regex>,
    /// Where matching files go.
    pub destination: Option<Destination>,
    /// How they are encrypted anew for it.
    pub recreation: Option<CreationRule>,
    /// Whether the destination's path lacks the file's extension.
    pub omit_extensions: bool,
}

/// What files are published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A bucket of Amazon S3.
    S3(String),
    /// A bucket of Google Cloud Storage.
    Gcs(String),
    /// A path of Vault.
    Vault(String),
}

const FIELDS: [&str; 11] = [
    "path_regex",
    "s3_bucket",
    "s3_prefix",
    "gcs_bucket",
    "gcs_prefix",
    "vault_path",
    "vault_address",
    "vault_kv_mount_name",
    "vault_kv_version",
    "recreation_rule",
    "omit_extensions",
];

impl DestinationRule {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "a destination rule", &FIELDS);
        let written = fields.text(reader, "path_regex").is_some();
        let path_regex = fields.regex(reader, "path_regex");
        let recreation = fields.get("recreation_rule").and_then(|node| CreationRule::read(reader, node));
        let rule = Self {
            destination: destination(reader, &fields),
            recreation,
            omit_extensions: fields.flag(reader, "omit_extensions"),
            path_regex,
        };
        (rule.path_regex.is_some() || !written).then_some(rule)
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.path_regex.as_ref().is_none_or(|regex| regex.is_match(name))
    }
}

fn destination(reader: &mut Reader, fields: &Fields<'_>) -> Option<Destination> {
    type Make = fn(String) -> Destination;
    let kinds: [(&str, Make); 3] = [
        ("s3_bucket", Destination::S3),
        ("gcs_bucket", Destination::Gcs),
        ("vault_path", Destination::Vault),
    ];
    let mut found = None;
    for (name, make) in kinds {
        let Some(text) = fields.text(reader, name) else { continue };
        if found.is_some() {
            reader
                .error(fields.place(name), format!("`{name}` is a second destination: a rule may have one"));
        } else {
            found = Some(make(text.to_owned()));
        }
    }
    found
}
