//! `eggtooth helm`: a verb a file, with helm's words.

mod change;
mod chart;
mod cluster;
mod dependency;
mod diff;
mod get;
mod history;
mod install;
mod lint;
mod list;
mod lock;
mod make;
mod name;
mod output;
mod pull;
mod rendering;
mod reuse;
mod rollback;
mod show;
mod status;
mod template;
mod test;
mod uninstall;
mod upgrade;
mod values;
mod verify;

use clap::{Args, Subcommand};

pub(in crate::cli) use change::{ChangeFlags, DryRunFlag};
pub(in crate::cli) use chart::{ChartFlags, ConnectionFlags};
pub(in crate::cli) use cluster::ClusterFlags;
pub(in crate::cli) use dependency::Dependency;
pub(in crate::cli) use diff::Diff;
pub(in crate::cli) use get::{Get, GetAll, GetMetadata, GetValues, OneRevision};
pub(in crate::cli) use history::History;
pub(in crate::cli) use install::Install;
pub(in crate::cli) use lint::Lint;
pub(in crate::cli) use list::List;
pub(in crate::cli) use lock::Lock;
pub(in crate::cli) use make::MakeFlags;
pub(in crate::cli) use name::NameFlags;
pub(in crate::cli) use output::Output;
pub(in crate::cli) use pull::Pull;
pub(in crate::cli) use rendering::RenderFlags;
pub(in crate::cli) use rollback::Rollback;
pub(in crate::cli) use show::Show;
pub(in crate::cli) use status::Status;
pub(in crate::cli) use template::Template;
pub(in crate::cli) use test::Test;
pub(in crate::cli) use uninstall::Uninstall;
pub(in crate::cli) use upgrade::Upgrade;
pub(in crate::cli) use values::ValueFlags;
pub(in crate::cli) use verify::Verify;

use crate::cli::examples;

#[derive(Debug, Args)]
pub(in crate::cli) struct Helm {
    #[command(flatten)]
    pub(in crate::cli) cluster: ClusterFlags,
    #[command(subcommand)]
    pub(in crate::cli) verb: HelmVerb,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HelmVerb {
    /// Show what an upgrade would change, object by object; secrets are hidden
    #[command(after_help = examples::HELM_DIFF)]
    Diff(Diff),
    /// Show all of a release, or a part of it
    #[command(subcommand)]
    Get(Get),
    /// List the revisions of a release
    #[command(alias = "hist", after_help = examples::HELM_HISTORY)]
    History(History),
    /// Make a release of a chart
    #[command(after_help = examples::HELM_INSTALL)]
    Install(Install),
    /// List releases
    #[command(alias = "ls", after_help = examples::HELM_LIST)]
    List(List),
    /// Take an earlier revision up again
    #[command(after_help = examples::HELM_ROLLBACK)]
    Rollback(Rollback),
    /// Show where a release stands, and its objects
    #[command(after_help = examples::HELM_STATUS)]
    Status(Status),
    /// Render a chart and print what `helm template` prints
    #[command(after_help = examples::HELM_TEMPLATE)]
    Template(Template),
    /// Download a chart from a repository or a registry
    #[command(visible_alias = "fetch", after_help = examples::HELM_PULL)]
    Pull(Pull),
    /// Show what a chart says of itself
    #[command(subcommand, visible_alias = "inspect")]
    Show(Show),
    /// Bring the charts that a chart is made of
    #[command(subcommand, visible_alias = "dep")]
    Dependency(Dependency),
    /// Look for what keeps a chart from being installed
    #[command(after_help = examples::HELM_LINT)]
    Lint(Lint),
    /// Pin the project's charts by their digests, in bootstrap/charts.lock
    #[command(after_help = examples::HELM_LOCK)]
    Lock(Lock),
    /// Run a release's tests
    #[command(after_help = examples::HELM_TEST)]
    Test(Test),
    /// Take releases away
    #[command(aliases = ["del", "delete", "un"], after_help = examples::HELM_UNINSTALL)]
    Uninstall(Uninstall),
    /// Say who signed a chart's archive, when it is as it was signed
    #[command(after_help = examples::HELM_VERIFY)]
    Verify(Verify),
    /// Make a further revision of a release
    #[command(after_help = examples::HELM_UPGRADE)]
    Upgrade(Upgrade),
}
