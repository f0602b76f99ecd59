//! `helm template`.

use std::path::PathBuf;

use clap::Args;

use super::{ChartFlags, NameFlags, RenderFlags, ValueFlags};

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Template {
    /// The release's name; `release-name` without one
    pub(in crate::cli) name: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) chart: ChartFlags,
    #[command(flatten)]
    pub(in crate::cli) values: ValueFlags,
    #[command(flatten)]
    pub(in crate::cli) naming: NameFlags,
    #[command(flatten)]
    pub(in crate::cli) render: RenderFlags,
    /// Print the chart's crds/, too
    #[arg(long)]
    pub(in crate::cli) include_crds: bool,
    /// Leave the hooks out
    #[arg(long)]
    pub(in crate::cli) no_hooks: bool,
    /// Leave the tests out
    #[arg(long)]
    pub(in crate::cli) skip_tests: bool,
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
    /// Write a file for each template into this folder, and print the names
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) output_dir: Option<PathBuf>,
    /// Write into a folder of the release's name there
    #[arg(long, requires = "output_dir")]
    pub(in crate::cli) release_name: bool,
    #[command(flatten)]
    ignored: Ignored,
}

/// Words of `helm install` that helm takes here, too, and that change nothing of what is printed.
#[derive(Debug, Args)]
struct Ignored {
    #[arg(long, hide = true)]
    create_namespace: bool,
    #[arg(long, hide = true)]
    description: Option<String>,
    #[arg(
        long,
        hide = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "client",
        value_parser = ["client", "true", "unset"]
    )]
    dry_run: Option<String>,
    #[arg(long, hide = true)]
    force_conflicts: bool,
    #[arg(long, hide = true, alias = "force")]
    force_replace: bool,
    #[arg(long, hide = true)]
    hide_notes: bool,
    #[arg(short, long, hide = true)]
    labels: Vec<String>,
    #[arg(long, hide = true)]
    render_subchart_notes: bool,
    #[arg(long, hide = true)]
    replace: bool,
    #[arg(long, hide = true, alias = "atomic")]
    rollback_on_failure: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    server_side: Option<bool>,
    #[arg(long, hide = true)]
    skip_crds: bool,
    #[arg(long, hide = true)]
    take_ownership: bool,
    #[arg(long, hide = true)]
    timeout: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "watcher")]
    wait: Option<String>,
    #[arg(long, hide = true)]
    wait_for_jobs: bool,
}
