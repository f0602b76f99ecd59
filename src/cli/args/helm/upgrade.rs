//! `helm upgrade`.

use clap::Args;

use super::make::MakeFlags;
use super::reuse::ReuseFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Upgrade {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) make: MakeFlags,
    /// Install the release when there is none
    #[arg(short, long)]
    pub(in crate::cli) install: bool,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseFlags,
    /// Keep so many revisions; all for 0
    #[arg(long, value_name = "NUMBER", env = "HELM_MAX_HISTORY", default_value_t = 10)]
    pub(in crate::cli) history_max: usize,
    /// When it fails, delete the objects that it made
    #[arg(long)]
    pub(in crate::cli) cleanup_on_fail: bool,
}
