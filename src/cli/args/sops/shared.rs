//! Words that several verbs take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::sops::Format;

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
    #[arg(short, long, hide = true, env = "SOPS_PGP_FP")]
    pub(in crate::cli) pgp: Option<String>,
    #[arg(short, long, hide = true, env = "SOPS_KMS_ARN")]
    pub(in crate::cli) kms: Option<String>,
    #[arg(long, hide = true, env = "SOPS_GCP_KMS_IDS")]
    pub(in crate::cli) gcp_kms: Option<String>,
    #[arg(long, hide = true, env = "SOPS_HUAWEICLOUD_KMS_IDS")]
    pub(in crate::cli) hckms: Option<String>,
    #[arg(long, hide = true, env = "SOPS_AZURE_KEYVAULT_URLS")]
    pub(in crate::cli) azure_kv: Option<String>,
    #[arg(long, hide = true, env = "SOPS_VAULT_URIS")]
    pub(in crate::cli) hc_vault_transit: Option<String>,
    /// How many key groups it takes to open the file
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) shamir_secret_sharing_threshold: Option<usize>,
}

impl Keys {
    /// Returns the first flag or variable that names keys other than age's.
    pub(in crate::cli) fn foreign(&self) -> Option<&'static str> {
        let given = [
            ("--pgp", &self.pgp),
            ("--kms", &self.kms),
            ("--gcp-kms", &self.gcp_kms),
            ("--hckms", &self.hckms),
            ("--azure-kv", &self.azure_kv),
            ("--hc-vault-transit", &self.hc_vault_transit),
        ];
        let named = |keys: &&(&str, &Option<String>)| keys.1.as_ref().is_some_and(|text| !text.is_empty());
        given.iter().find(named).map(|(flag, _)| *flag)
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
