//! The words of `helm lint`.

use std::path::PathBuf;

use clap::Args;

use super::ValueFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Lint {
    /// Charts' folders or archives
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(in crate::cli) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) values: ValueFlags,
    /// Fail on warnings, too
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Print only warnings and errors
    #[arg(long)]
    pub(in crate::cli) quiet: bool,
    /// Look at the charts in the charts, too
    #[arg(long)]
    pub(in crate::cli) with_subcharts: bool,
    /// Leave the values' schema out
    #[arg(long)]
    pub(in crate::cli) skip_schema_validation: bool,
    /// Look for this Kubernetes version
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) kube_version: Option<String>,
}
