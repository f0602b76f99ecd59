//! Where files are published to.

use regex::Regex;

use crate::remote::VaultEngine;
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
    /// A key/value engine of Vault, which gets the values in plain.
    Vault(VaultDestination),
}

/// Where in Vault files are published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultDestination {
    /// The server; without it the variable `VAULT_ADDR` says.
    pub address: Option<String>,
    /// Where the engine is mounted.
    pub mount: String,
    /// What kind of engine it is.
    pub engine: VaultEngine,
    /// The path in the engine that the files' names are added to.
    pub path: String,
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
    let mut found = None;
    for name in ["s3_bucket", "gcs_bucket", "vault_path"] {
        let Some(text) = fields.text(reader, name).map(str::to_owned) else { continue };
        if found.is_some() {
            reader
                .error(fields.place(name), format!("`{name}` is a second destination: a rule may have one"));
            continue;
        }
        found = Some(match name {
            "s3_bucket" => Destination::S3(text),
            "gcs_bucket" => Destination::Gcs(text),
            _ => Destination::Vault(vault(reader, fields, text)),
        });
    }
    found
}

fn vault(reader: &mut Reader, fields: &Fields<'_>, path: String) -> VaultDestination {
    let engine = match fields.number(reader, "vault_kv_version") {
        Some(1) => VaultEngine::V1,
        None | Some(2) => VaultEngine::V2,
        // sops takes any other number for 2.
        Some(_) => {
            reader.error(fields.place("vault_kv_version"), "`vault_kv_version` is 1 or 2");
            VaultEngine::V2
        }
    };
    VaultDestination {
        address: fields.text(reader, "vault_address").map(str::to_owned),
        mount: fields.text(reader, "vault_kv_mount_name").unwrap_or("secret").to_owned(),
        engine,
        path,
    }
}
