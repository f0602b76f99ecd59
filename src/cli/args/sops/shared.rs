//! Words that several verbs take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::sops::{Format, OtherKey};

/// A format as sops calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatName {
    Yaml,
    Json,
    Dotenv,
    Ini,
    Binary,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Yaml => Self::Yaml,
            FormatName::Json => Self::Json,
            FormatName::Dotenv => Self::Dotenv,
            FormatName::Ini => Self::Ini,
            FormatName::Binary => Self::Binary,
        }
    }
}

/// The file that a verb opens.
#[derive(Debug, Args)]
pub(in crate::cli) struct EncryptedFile {
    /// The encrypted file
    #[arg(value_name = "FILE")]
    pub(in crate::cli) path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Mac {
    /// Don't verify the message authentication code
    #[arg(long = "ignore-mac")]
    pub(in crate::cli) ignore: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InputType {
    /// Read the file in this format, whatever it is called
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(in crate::cli) input_type: Option<FormatName>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Formats {
    #[command(flatten)]
    pub(in crate::cli) input: InputType,
    /// Write in this format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(in crate::cli) output_type: Option<FormatName>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    /// Replace the file by the result
    #[arg(short, long)]
    pub(in crate::cli) in_place: bool,
    /// Write the result to this file in place of stdout
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Take this name for the file's where its format and its rule are looked for
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) filename_override: Option<PathBuf>,
}

/// Whom new files are encrypted for.
#[derive(Debug, Args)]
pub(in crate::cli) struct Keys {
    /// Encrypt for these age recipients, with commas between them, in place of those of .sops.yaml
    #[arg(short, long, value_name = "RECIPIENTS", env = "SOPS_AGE_RECIPIENTS", hide_env_values = true)]
    pub(in crate::cli) age: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) services: ServiceKeys,
    /// How many key groups it takes to open the file
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) shamir_secret_sharing_threshold: Option<usize>,
}

/// Keys of services that Eggtooth does not speak to: known here so that they are refused by their name.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServiceKeys {
    #[arg(short, long, hide = true)]
    pgp: Vec<String>,
    #[arg(short, long, hide = true)]
    kms: Vec<String>,
    #[arg(long, hide = true)]
    gcp_kms: Vec<String>,
    #[arg(long, hide = true)]
    hckms: Vec<String>,
    #[arg(long, hide = true)]
    azure_kv: Vec<String>,
    #[arg(long, hide = true)]
    hc_vault_transit: Vec<String>,
    #[arg(long, hide = true)]
    aws_profile: Vec<String>,
    #[arg(long, hide = true)]
    encryption_context: Vec<String>,
}

impl ServiceKeys {
    /// Returns the first flag that was given.
    pub(in crate::cli) fn flag(&self) -> Option<&'static str> {
        first(&[
            ("--pgp", &self.pgp),
            ("--kms", &self.kms),
            ("--gcp-kms", &self.gcp_kms),
            ("--hckms", &self.hckms),
            ("--azure-kv", &self.azure_kv),
            ("--hc-vault-transit", &self.hc_vault_transit),
            ("--aws-profile", &self.aws_profile),
            ("--encryption-context", &self.encryption_context),
        ])
    }
}

/// Keys of services that `rotate` is to add, which are refused as well.
#[derive(Debug, Args)]
pub(in crate::cli) struct AddedServiceKeys {
    #[arg(long = "add-pgp", hide = true)]
    pgp: Vec<String>,
    #[arg(long = "add-kms", hide = true)]
    kms: Vec<String>,
    #[arg(long = "add-gcp-kms", hide = true)]
    gcp_kms: Vec<String>,
    #[arg(long = "add-hckms", hide = true)]
    hckms: Vec<String>,
    #[arg(long = "add-azure-kv", hide = true)]
    azure_kv: Vec<String>,
    #[arg(long = "add-hc-vault-transit", hide = true)]
    hc_vault_transit: Vec<String>,
}

impl AddedServiceKeys {
    /// Returns the first flag that was given.
    pub(in crate::cli) fn flag(&self) -> Option<&'static str> {
        first(&[
            ("--add-pgp", &self.pgp),
            ("--add-kms", &self.kms),
            ("--add-gcp-kms", &self.gcp_kms),
            ("--add-hckms", &self.hckms),
            ("--add-azure-kv", &self.azure_kv),
            ("--add-hc-vault-transit", &self.hc_vault_transit),
        ])
    }
}

fn first(given: &[(&'static str, &Vec<String>)]) -> Option<&'static str> {
    given.iter().find(|(_, keys)| keys.iter().any(|text| !text.is_empty())).map(|(flag, _)| *flag)
}

/// Keys of services that `rotate` takes out of a file.
#[derive(Debug, Args)]
pub(in crate::cli) struct RemovedServiceKeys {
    /// Remove these PGP keys from all groups, by their fingerprints
    #[arg(long, value_name = "FINGERPRINTS")]
    rm_pgp: Option<String>,
    /// Remove these KMS keys from all groups
    #[arg(long, value_name = "ARNS")]
    rm_kms: Option<String>,
    /// Remove these GCP KMS keys from all groups
    #[arg(long, value_name = "IDS")]
    rm_gcp_kms: Option<String>,
    /// Remove these Huawei Cloud KMS keys from all groups
    #[arg(long, value_name = "IDS")]
    rm_hckms: Option<String>,
    /// Remove these Azure Key Vault keys from all groups
    #[arg(long, value_name = "URLS")]
    rm_azure_kv: Option<String>,
    /// Remove these Vault keys from all groups
    #[arg(long, value_name = "URIS")]
    rm_hc_vault_transit: Option<String>,
    /// The encryption context that the KMS keys to remove have, as name:value with commas
    #[arg(long, value_name = "CONTEXT")]
    encryption_context: Option<String>,
}

impl RemovedServiceKeys {
    /// Returns the keys, called as files call them.
    pub(in crate::cli) fn keys(&self) -> Vec<OtherKey> {
        let given = [
            ("pgp", &self.rm_pgp),
            ("kms", &self.rm_kms),
            ("gcp_kms", &self.rm_gcp_kms),
            ("hckms", &self.rm_hckms),
            ("azure_kv", &self.rm_azure_kv),
            ("hc_vault", &self.rm_hc_vault_transit),
        ];
        let words = |(kind, text): (&'static str, &Option<String>)| {
            let words: Vec<String> =
                text.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
            words.into_iter().map(move |word| (kind, word.trim().to_owned()))
        };
        let given = given.into_iter().flat_map(words).filter(|(_, id)| !id.is_empty());
        given.map(|(kind, id)| OtherKey { kind, id: self.id(kind, id) }).collect()
    }

    fn id(&self, kind: &str, id: String) -> String {
        match kind {
            "pgp" => id.replace(' ', ""),
            // The version may be left out, but not its place.
            "azure_kv" if id.rsplit('/').nth(1) == Some("keys") => format!("{id}/"),
            "kms" => {
                let mut context: Vec<&str> =
                    self.encryption_context.iter().flat_map(|text| text.split(',')).map(str::trim).collect();
                context.sort_unstable();
                if context.is_empty() { id } else { format!("{id}|{}", context.join(",")) }
            }
            _ => id,
        }
    }
}

/// Which values are encrypted; at most one of these.
#[derive(Debug, Args)]
pub(in crate::cli) struct Selectors {
    /// Leave values plain whose key ends so [sops's default: _unencrypted]
    #[arg(long, value_name = "SUFFIX")]
    pub(in crate::cli) unencrypted_suffix: Option<String>,
    /// Encrypt only values whose key ends so
    #[arg(long, value_name = "SUFFIX")]
    pub(in crate::cli) encrypted_suffix: Option<String>,
    /// Leave values plain whose key matches
    #[arg(long, value_name = "REGEX")]
    pub(in crate::cli) unencrypted_regex: Option<String>,
    /// Encrypt only values whose key matches
    #[arg(long, value_name = "REGEX")]
    pub(in crate::cli) encrypted_regex: Option<String>,
    /// Leave values plain that a matching comment stands over
    #[arg(long, value_name = "REGEX")]
    pub(in crate::cli) unencrypted_comment_regex: Option<String>,
    /// Encrypt only values that a matching comment stands over
    #[arg(long, value_name = "REGEX")]
    pub(in crate::cli) encrypted_comment_regex: Option<String>,
}
