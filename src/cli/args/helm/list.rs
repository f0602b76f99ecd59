//! `helm list`.

use clap::Args;

use super::output::OutputFlag;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// The releases of all namespaces
    #[arg(short = 'A', long)]
    pub(in crate::cli) all_namespaces: bool,
    /// In all states, as without a flag for one
    #[arg(short, long)]
    pub(in crate::cli) all: bool,
    /// Only deployed ones, with those of other flags
    #[arg(long)]
    pub(in crate::cli) deployed: bool,
    /// Only failed ones
    #[arg(long)]
    pub(in crate::cli) failed: bool,
    /// Only those that somebody is, or was, at
    #[arg(long)]
    pub(in crate::cli) pending: bool,
    /// Only superseded revisions
    #[arg(long)]
    pub(in crate::cli) superseded: bool,
    /// Only uninstalled ones whose history was kept
    #[arg(long)]
    pub(in crate::cli) uninstalled: bool,
    /// Only those that are being uninstalled
    #[arg(long)]
    pub(in crate::cli) uninstalling: bool,
    /// Only names that fit this regular expression
    #[arg(short, long, value_name = "REGEX")]
    pub(in crate::cli) filter: Option<String>,
    /// Only those with these labels
    #[arg(short = 'l', long, value_name = "LABELS", default_value = "", hide_default_value = true)]
    pub(in crate::cli) selector: String,
    /// Sort by date, the latest first
    #[arg(short, long)]
    pub(in crate::cli) date: bool,
    /// Turn the order round
    #[arg(short, long)]
    pub(in crate::cli) reverse: bool,
    /// Show at most so many; all for 0
    #[arg(short, long, value_name = "NUMBER", default_value_t = 256)]
    pub(in crate::cli) max: usize,
    /// Pass over so many first
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(in crate::cli) offset: usize,
    /// Show times in this layout of Go, as `2006-01-02 15:04`
    #[arg(long, value_name = "LAYOUT")]
    pub(in crate::cli) time_format: Option<String>,
    /// Print only names
    #[arg(short = 'q', long)]
    pub(in crate::cli) short: bool,
    /// Print no headers
    #[arg(long)]
    pub(in crate::cli) no_headers: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlag,
}
