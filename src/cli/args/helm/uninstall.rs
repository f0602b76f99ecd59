//! `helm uninstall`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::change::WaitStrategy;
use crate::cli::args::duration;
use crate::kubernetes::Propagation;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Cascade {
    Background,
    Foreground,
    Orphan,
}

impl From<Cascade> for Propagation {
    fn from(cascade: Cascade) -> Self {
        match cascade {
            Cascade::Background => Self::Background,
            Cascade::Foreground => Self::Foreground,
            Cascade::Orphan => Self::Orphan,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Uninstall {
    /// The releases' names
    #[arg(value_name = "RELEASE", required = true)]
    pub(in crate::cli) names: Vec<String>,
    /// Keep the records, and let them say that it is uninstalled
    #[arg(long)]
    pub(in crate::cli) keep_history: bool,
    /// A release that is not there is no failure
    #[arg(long)]
    pub(in crate::cli) ignore_not_found: bool,
    /// What becomes of what the objects own
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Cascade::Background)]
    pub(in crate::cli) cascade: Cascade,
    /// Wait until all objects are gone
    #[arg(
        long,
        value_enum,
        value_name = "STRATEGY",
        num_args = 0..=1,
        require_equals = true,
        default_value = "hookOnly",
        default_missing_value = "watcher"
    )]
    pub(in crate::cli) wait: WaitStrategy,
    /// How long each wait may take, as `90s` or `5m`
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub(in crate::cli) timeout: Duration,
    /// Leave the hooks out
    #[arg(long)]
    pub(in crate::cli) no_hooks: bool,
    /// What the record says of it
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
    /// Change nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}
