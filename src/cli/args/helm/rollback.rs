//! `helm rollback`.

use clap::Args;

use super::ChangeFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Rollback {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    /// The revision to take up again; without it the one before the last
    #[arg(value_name = "REVISION", default_value_t = 0, hide_default_value = true)]
    pub(in crate::cli) revision: u64,
    #[command(flatten)]
    pub(in crate::cli) change: ChangeFlags,
    /// Keep so many revisions; all for 0
    #[arg(long, value_name = "NUMBER", env = "HELM_MAX_HISTORY", default_value_t = 10)]
    pub(in crate::cli) history_max: usize,
    /// When it fails, delete the objects that it made
    #[arg(long)]
    pub(in crate::cli) cleanup_on_fail: bool,
}
