//! `helm template`.

use clap::Args;

use super::{ChartFlags, ValueFlags};

#[derive(Debug, Args)]
pub(in crate::cli) struct Template {
    /// The release's name
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) chart: ChartFlags,
    #[command(flatten)]
    pub(in crate::cli) values: ValueFlags,
    /// Print the chart's crds/, too
    #[arg(long)]
    pub(in crate::cli) include_crds: bool,
    /// Leave the hooks out
    #[arg(long)]
    pub(in crate::cli) no_hooks: bool,
    /// Render for this Kubernetes version
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) kube_version: Option<String>,
    /// Render as if the cluster had this API version
    #[arg(short, long, value_name = "VERSION", value_delimiter = ',')]
    pub(in crate::cli) api_versions: Vec<String>,
    /// Render as an upgrade
    #[arg(long)]
    pub(in crate::cli) is_upgrade: bool,
    /// Print only these templates
    #[arg(short, long, value_name = "PATH", value_delimiter = ',')]
    pub(in crate::cli) show_only: Vec<String>,
}
