//! Which chart: for every verb that takes one.

use clap::Args;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ChartFlags {
    /// A chart's folder or archive
    #[arg(value_name = "CHART")]
    pub(in crate::cli) chart: String,
}
