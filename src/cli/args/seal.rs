//! The words of `eggtooth seal`: those of kubeseal for sealing, and verbs for key pairs that are kept in SOPS.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::examples;
use crate::sealed_secrets::Scope;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = examples::SEAL)]
pub(in crate::cli) struct Seal {
    #[command(subcommand)]
    pub(in crate::cli) verb: Option<SealVerb>,
    #[command(flatten)]
    pub(in crate::cli) sealing: Sealing,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SealVerb {
    /// Make a key pair and add it to a SOPS file
    #[command(after_help = examples::SEAL_NEW_KEY)]
    NewKey(NewKey),
    /// Add the key pairs of the cluster's controller to a SOPS file that has them not
    #[command(after_help = examples::SEAL_BACKUP)]
    Backup(Backup),
    /// Print the newest certificate of a SOPS file, which anybody may seal with
    #[command(after_help = examples::SEAL_CERT)]
    Cert(Pairs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Sealing {
    /// The manifests of Secrets, in YAML or JSON; without them stdin
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Seal for this certificate
    #[arg(long, value_name = "FILE", env = "SEALED_SECRETS_CERT")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// Where the values can be opened: strict, namespace-wide or cluster-wide
    #[arg(long, value_name = "SCOPE", default_value = "strict")]
    pub(in crate::cli) scope: Scope,
    /// The namespace of Secrets that name none
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) namespace: Option<String>,
    /// The Secret's name in place of the manifest's
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// Seal a single value from stdin, and print it alone
    #[arg(long, conflicts_with = "file")]
    pub(in crate::cli) raw: bool,
    /// With --raw: the value is this file's content
    #[arg(long, value_name = "FILE", requires = "raw")]
    pub(in crate::cli) from_file: Option<PathBuf>,
    /// Seal a Secret without data, too
    #[arg(long)]
    pub(in crate::cli) allow_empty_data: bool,
    /// The format of the output
    #[arg(short = 'o', long, value_enum, default_value_t = SealFormat::Yaml)]
    pub(in crate::cli) format: SealFormat,
    /// Write the output to this file
    #[arg(short = 'w', long, value_name = "FILE")]
    pub(in crate::cli) sealed_secret_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SealFormat {
    Yaml,
    Json,
}

/// Where key pairs are kept.
#[derive(Debug, Args)]
pub(in crate::cli) struct Pairs {
    /// The SOPS file
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// The path of the list of key pairs, each with `certificate` and `key`
    #[arg(long, value_name = "PATH", default_value = r#"["sealedSecrets"]["keys"]"#)]
    pub(in crate::cli) path: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewKey {
    #[command(flatten)]
    pub(in crate::cli) pairs: Pairs,
    /// Write the certificate to this file, for all who seal
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) cert_out: Option<PathBuf>,
    /// The key's bits
    #[arg(long, value_name = "BITS", default_value_t = 4096, value_parser = clap::value_parser!(u16).range(2048..=4096))]
    pub(in crate::cli) key_size: u16,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Backup {
    #[command(flatten)]
    pub(in crate::cli) pairs: Pairs,
    /// The controller's namespace
    #[arg(short, long, value_name = "NAME", default_value = "sealed-secrets")]
    pub(in crate::cli) namespace: String,
}
