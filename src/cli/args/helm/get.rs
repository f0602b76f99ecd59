//! `helm get`.

use clap::{Args, Subcommand};

use super::output::OutputFlag;
use crate::cli::examples;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Get {
    /// Show all that the record holds
    #[command(after_help = examples::HELM_GET)]
    All(GetAll),
    /// Show the hooks
    #[command(after_help = examples::HELM_GET)]
    Hooks(OneRevision),
    /// Show the objects, without hooks
    #[command(after_help = examples::HELM_GET)]
    Manifest(OneRevision),
    /// Show chart, versions, labels and how it was applied
    #[command(after_help = examples::HELM_GET)]
    Metadata(GetMetadata),
    /// Show what the chart told
    #[command(after_help = examples::HELM_GET)]
    Notes(OneRevision),
    /// Show the user's values
    #[command(after_help = examples::HELM_GET)]
    Values(GetValues),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OneRevision {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    /// The revision; without it the latest
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    pub(in crate::cli) revision: u64,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GetAll {
    #[command(flatten)]
    pub(in crate::cli) of: OneRevision,
    /// Show what this Go template makes of it, as `{{.Release.Chart.Metadata.Version}}`
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    pub(in crate::cli) template: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GetMetadata {
    #[command(flatten)]
    pub(in crate::cli) of: OneRevision,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlag,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GetValues {
    #[command(flatten)]
    pub(in crate::cli) of: OneRevision,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlag,
    /// Show the chart's values, too
    #[arg(short, long)]
    pub(in crate::cli) all: bool,
}
