//! The words of `helm lock`.

use clap::Args;

use super::ConnectionFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Lock {
    /// Pin this chart: REPOSITORY/NAME, `oci://HOST/PATH/NAME`, or a name with --repo; without one, check all that are
    /// pinned
    #[arg(value_name = "CHART")]
    pub(in crate::cli) chart: Option<String>,
    /// The chart's repository
    #[arg(long, value_name = "URL", requires = "chart")]
    pub(in crate::cli) repo: Option<String>,
    /// The chart's version, or a range of versions; without one the newest release
    #[arg(long, value_name = "VERSION", requires = "chart")]
    pub(in crate::cli) version: Option<String>,
    /// Pin the newest release of each chart
    #[arg(long, conflicts_with = "chart")]
    pub(in crate::cli) update: bool,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionFlags,
}
