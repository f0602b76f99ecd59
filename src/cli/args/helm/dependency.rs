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
        /// A column is no wider
        #[arg(long, value_name = "CHARACTERS", default_value_t = 80)]
        max_col_width: usize,
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
    /// Take only archives that a key of the keyring signed; `build` takes unsigned ones, too, and says so
    #[arg(long)]
    pub(in crate::cli) verify: bool,
    /// The public keys whose signatures count; without this those of GnuPG
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) keyring: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionFlags,
}
