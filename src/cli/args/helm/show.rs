//! The words of `helm show`.

use clap::Subcommand;

use super::ChartFlags;
use crate::cli::examples;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Show {
    /// Everything
    #[command(after_help = examples::HELM_SHOW)]
    All(ChartFlags),
    /// What Chart.yaml says
    #[command(after_help = examples::HELM_SHOW)]
    Chart(ChartFlags),
    /// values.yaml
    #[command(after_help = examples::HELM_SHOW)]
    Values(ChartFlags),
    /// The text for readers
    #[command(after_help = examples::HELM_SHOW)]
    Readme(ChartFlags),
    /// The definitions in crds/
    #[command(after_help = examples::HELM_SHOW)]
    Crds(ChartFlags),
}
