//! The command line's words.

mod environment;
pub(super) mod helm;
pub(super) mod seal;
pub(super) mod sops;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use environment::{
    Diff, Env, Format, Generated, Get, Graph, GraphFormat, Open, Run, Set, ShowSecrets, Shown,
};

use super::examples;
use crate::workflow::Fault;

/// Takes an empty Kubernetes cluster to proven, usable secret stores, and does it again after a disaster.
#[derive(Debug, Parser)]
#[command(
    name = "eggtooth",
    version,
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = examples::EGGTOOTH
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The heading over the options that every verb has.
const GLOBAL: &str = "Global options";

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Take the project from this folder, which holds environments/ and bootstrap/
    #[arg(
        short = 'C',
        long,
        value_name = "DIR",
        default_value = ".",
        global = true,
        help_heading = GLOBAL,
        hide_default_value = true
    )]
    pub(super) project: PathBuf,
    /// Use this kubeconfig
    #[arg(long, value_name = "FILE", global = true, help_heading = GLOBAL)]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Use this context in place of the environment's; its cluster must still have the environment's uid
    #[arg(long, value_name = "NAME", global = true, help_heading = GLOBAL)]
    pub(super) context: Option<String>,
    /// Take chart archives from this folder, without network; their digests are still checked
    #[arg(long, value_name = "DIR", env = "EGGTOOTH_CHARTS", global = true, help_heading = GLOBAL)]
    pub(super) charts: Option<PathBuf>,
    /// Let environments start programs (`fn::open::exec`): only where you trust every document
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(super) allow_exec: bool,
    /// Print events as JSON, one a line
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(super) json: bool,
    /// When to use colour
    #[arg(long, alias = "colour", overrides_with = "color", value_enum, default_value_t = Color::Auto, global = true, help_heading = GLOBAL)]
    pub(super) color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what `up` would change, and change nothing
    #[command(after_help = examples::PREVIEW)]
    Preview(Preview),
    /// Bring the environment's stacks up, and prove that their stores deliver
    #[command(after_help = examples::UP)]
    Up(Up),
    /// Read what is there, and write it into the state; the cluster stays as it is
    #[command(after_help = examples::REFRESH)]
    Refresh(Refresh),
    /// Take down what `up` brought up, and leave the cluster as it was found
    #[command(after_help = examples::DESTROY)]
    Destroy(Destroy),
    /// Print the outputs of the environment's stacks
    #[command(after_help = examples::OUTPUTS)]
    Outputs(EnvironmentName),
    /// Prove once more that the environment's stores deliver
    #[command(after_help = examples::VERIFY)]
    Verify(Verify),
    /// Play the whole life of an environment on a cluster in memory: up, up again, cluster lost and up, destroy
    #[command(after_help = examples::REHEARSE)]
    Rehearse(Rehearse),
    /// Free the lock of a run that you know to be dead
    #[command(after_help = examples::UNLOCK)]
    Unlock(EnvironmentName),
    /// Evaluate and check environments
    #[command(subcommand)]
    Env(Env),
    /// Work with charts and releases as Helm does
    #[command(after_help = examples::HELM)]
    Helm(Box<helm::Helm>),
    /// Seal Secrets for the Sealed Secrets controller, and keep its key pairs in SOPS
    Seal(Box<seal::Seal>),
    /// Work with SOPS files
    Sops(Box<sops::Sops>),
    /// Print the completions for a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct EnvironmentName {
    /// The environment's name: ENV is environments/ENV.yaml
    #[arg(value_name = "ENV")]
    pub(super) environment: String,
}

#[derive(Debug, Args)]
pub(super) struct Preview {
    #[command(flatten)]
    pub(super) name: EnvironmentName,
    /// End with 2 when changes are pending
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(super) struct Up {
    #[command(flatten)]
    pub(super) name: EnvironmentName,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Give up waiting for a webhook, a release or a store after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(super) timeout: u64,
}

#[derive(Debug, Args)]
pub(super) struct Refresh {
    #[command(flatten)]
    pub(super) name: EnvironmentName,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Only show what would be written
    #[arg(long, conflicts_with = "yes")]
    pub(super) preview_only: bool,
}

#[derive(Debug, Args)]
pub(super) struct Destroy {
    #[command(flatten)]
    pub(super) name: EnvironmentName,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Allow the loss of this many objects that `up` did not make: those of removed kinds and namespaces
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(super) allow_loss: usize,
    /// Give up waiting for an object to go after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(super) timeout: u64,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    pub(super) name: EnvironmentName,
    /// Give up waiting for a store after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(super) timeout: u64,
}

#[derive(Debug, Args)]
pub(super) struct Rehearse {
    #[command(flatten)]
    pub(super) name: EnvironmentName,
    /// Fail when an `up` takes longer than this in the cluster, as `120s` or `2m`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) objective: Option<Duration>,
    /// Try `up` under this fault, then without it; may be given more than once
    #[arg(long, value_name = "NAME", conflicts_with = "faults")]
    pub(super) fault: Vec<Fault>,
    /// Try `up` under every fault by itself, then under random combinations
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(super) faults: Option<Faults>,
    /// Try so many random combinations of faults; with `--faults all` eight without this
    #[arg(long, value_name = "NUMBER")]
    pub(super) combinations: Option<usize>,
    /// Draw the combinations by this seed: the same one gives the same combinations
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(super) seed: u64,
    /// Make up the secrets that no key here opens, as for a pull request of somebody without keys
    #[arg(long)]
    pub(super) offline_secrets: bool,
    /// Show first what `up` would do
    #[arg(long)]
    pub(super) preview: bool,
    /// Write a report for people: one page of HTML
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Bring the environment up, and serve the cluster to kubectl and helm until Ctrl-C; on a free port for 0
    #[arg(
        long,
        value_name = "PORT",
        num_args = 0..=1,
        default_missing_value = "0",
        conflicts_with_all = ["fault", "faults", "combinations", "report", "objective"]
    )]
    pub(super) serve: Option<u16>,
    /// Give up waiting after this many seconds of the cluster's time
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(super) timeout: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Faults {
    All,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let signed: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    signed.try_into().map_err(|_| "a duration is not negative".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
