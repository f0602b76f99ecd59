//! The words of `helm pull`.

use std::path::PathBuf;

use clap::Args;

use super::ChartFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Pull {
    #[command(flatten)]
    pub(in crate::cli) chart: ChartFlags,
    /// Write into this folder
    #[arg(short, long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(in crate::cli) destination: PathBuf,
    /// Unpack the chart in place of writing its archive
    #[arg(long)]
    pub(in crate::cli) untar: bool,
    /// Unpack into this folder below the destination
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(in crate::cli) untardir: PathBuf,
    /// Write the provenance file, too; `--verify` verifies it
    #[arg(long)]
    pub(in crate::cli) prov: bool,
}
