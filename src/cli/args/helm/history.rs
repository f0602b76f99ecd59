//! `helm history`.

use clap::Args;

use super::output::OutputFlag;

#[derive(Debug, Args)]
pub(in crate::cli) struct History {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    /// Show at most so many revisions
    #[arg(long, value_name = "NUMBER", default_value_t = 256)]
    pub(in crate::cli) max: usize,
    /// Show which revision was taken up again
    #[arg(long)]
    pub(in crate::cli) show_rollback_revision: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlag,
}
