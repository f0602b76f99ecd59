//! The words of `helm dependency`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConnectionFlags;
use crate::cli::examples;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Dependency {
    /// List what the chart is made of, and whether it is there
    #[command(visible_alias = "ls", after_help = examples::HELM_DEPENDENCY_LIST)]
    List {
        /// A chart's folder or archive
        #[arg(default_value = ".", hide_default_value = true)]
        chart: PathBuf,
    },
    /// Bring the versions that Chart.lock names into charts/
    #[command(after_help = examples::HELM_DEPENDENCY_UPDATE)]
    Build(Bring),
    /// Resolve the ranges in Chart.yaml, bring what they mean into charts/, and write Chart.lock
    #[command(visible_alias = "up", after_help = examples::HELM_DEPENDENCY_UPDATE)]
    Update(Bring),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Bring {
    /// A chart's folder
    #[arg(default_value = ".", hide_default_value = true)]
    pub(in crate::cli) chart: PathBuf,
    /// Taken for Helm's sake: an index is asked for only where its repository is used
    #[arg(long, hide = true)]
    pub(in crate::cli) skip_refresh: bool,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionFlags,
}
