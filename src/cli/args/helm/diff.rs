//! `helm diff`.

use clap::Args;

use super::reuse::ReuseFlags;
use super::{ChartFlags, RenderFlags, ValueFlags};

#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) chart: ChartFlags,
    #[command(flatten)]
    pub(in crate::cli) values: ValueFlags,
    #[command(flatten)]
    pub(in crate::cli) render: RenderFlags,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseFlags,
    /// End with 2 when something would change
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,
}
