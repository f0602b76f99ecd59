//! How a revision comes about: for `install`, `upgrade` and `rollback`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::args::duration;
use crate::helm::action::{ChangeOptions, DryRun, ServerSide};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WaitStrategy {
    /// Until all objects are ready
    #[value(alias = "true")]
    Watcher,
    /// As watcher: one way of waiting does for both
    Legacy,
    /// Only for hooks
    #[value(name = "hookOnly", alias = "false")]
    HookOnly,
}

impl WaitStrategy {
    /// Says whether objects are waited for.
    pub(in crate::cli) fn waits(self) -> bool {
        matches!(self, Self::Watcher | Self::Legacy)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DryRunFlag {
    /// Change something
    #[value(alias = "false")]
    None,
    /// Change nothing, and hide the cluster from templates
    #[value(aliases = ["true", "unset"])]
    Client,
    /// Change nothing, and let templates see the cluster
    Server,
}

impl From<DryRunFlag> for DryRun {
    fn from(flag: DryRunFlag) -> Self {
        match flag {
            DryRunFlag::None => Self::None,
            DryRunFlag::Client => Self::Client,
            DryRunFlag::Server => Self::Server,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ServerSideFlag {
    True,
    False,
    Auto,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ChangeFlags {
    /// Wait until all objects are ready
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
    /// Wait until Jobs are done, too
    #[arg(long)]
    pub(in crate::cli) wait_for_jobs: bool,
    /// How long each wait may take, as `90s` or `5m`
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub(in crate::cli) timeout: Duration,
    /// Change nothing; show what would be made
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_value = "none",
        default_missing_value = "client"
    )]
    pub(in crate::cli) dry_run: DryRunFlag,
    /// Let the server merge, or not; `auto` is as the last revision
    #[arg(
        long,
        value_enum,
        value_name = "WHETHER",
        num_args = 0..=1,
        require_equals = true,
        default_value = "auto",
        default_missing_value = "true"
    )]
    pub(in crate::cli) server_side: ServerSideFlag,
    /// Take fields from whoever owns them
    #[arg(long)]
    pub(in crate::cli) force_conflicts: bool,
    /// Replace objects that are there as a whole; goes with --server-side=false
    #[arg(long, alias = "force", conflicts_with = "force_conflicts")]
    pub(in crate::cli) force_replace: bool,
    /// Leave the hooks out
    #[arg(long)]
    pub(in crate::cli) no_hooks: bool,
    /// What the record says of it
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
}

impl ChangeFlags {
    /// Returns what they say, for a change that is not taken back when it fails.
    pub(in crate::cli) fn options(&self, history_max: usize, cleanup_on_fail: bool) -> ChangeOptions {
        ChangeOptions {
            description: self.description.clone(),
            no_hooks: self.no_hooks,
            wait: self.wait.waits(),
            wait_for_jobs: self.wait_for_jobs,
            timeout: self.timeout,
            server_side: match self.server_side {
                ServerSideFlag::Auto => ServerSide::Auto,
                ServerSideFlag::True => ServerSide::Says(true),
                ServerSideFlag::False => ServerSide::Says(false),
            },
            force_conflicts: self.force_conflicts,
            force_replace: self.force_replace,
            history_max,
            rollback_on_failure: false,
            cleanup_on_fail,
            dry_run: self.dry_run.into(),
        }
    }
}
