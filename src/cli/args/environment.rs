//! The words of `env`.

use clap::{Args, Subcommand, ValueEnum};

use super::EnvironmentName;
use crate::cli::examples;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Env {
    /// List the project's environments
    #[command(after_help = examples::ENV_LIST)]
    List,
    /// Evaluate an environment and print its values
    #[command(after_help = examples::ENV_OPEN)]
    Open(Open),
    /// Evaluate an environment and print one value
    #[command(after_help = examples::ENV_GET)]
    Get(Get),
    /// Check an environment and its stacks' configuration without opening a secret
    #[command(after_help = examples::ENV_CHECK)]
    Check(EnvironmentName),
    /// Run a command with an environment's variables and files
    #[command(after_help = examples::ENV_RUN)]
    Run(Run),
    /// Set a value: into the environment's document, or into the SOPS file that it comes from
    #[command(after_help = examples::ENV_SET)]
    Set(Set),
    /// Edit an environment's document, and check it
    #[command(after_help = examples::ENV_EDIT)]
    Edit(EnvironmentName),
    /// Show in which values two environments differ
    #[command(after_help = examples::ENV_DIFF)]
    Diff(Diff),
    /// Show what comes from where: imports, sources, references
    #[command(after_help = examples::ENV_GRAPH)]
    Graph(Graph),
    /// Write environments/schema.json, by which editors check and complete environments
    #[command(after_help = examples::ENV_SCHEMA)]
    Schema {
        /// Print it instead
        #[arg(long)]
        stdout: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Shown {
    /// Print secrets in the clear: in a terminal, or `=always`
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_missing_value = "terminal")]
    pub(in crate::cli) show_secrets: Option<ShowSecrets>,
    /// Tell what each source took, and how many requests
    #[arg(long)]
    pub(in crate::cli) timings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ShowSecrets {
    /// In a terminal only
    Terminal,
    /// Also into a file or a pipe
    Always,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Open {
    #[command(flatten)]
    pub(in crate::cli) name: EnvironmentName,
    #[command(flatten)]
    pub(in crate::cli) shown: Shown,
    /// The output's format; dotenv and shell are of `environmentVariables`
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    pub(in crate::cli) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Json,
    Yaml,
    Dotenv,
    Shell,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Get {
    #[command(flatten)]
    pub(in crate::cli) name: EnvironmentName,
    /// The value's path, as a.b[0]
    pub(in crate::cli) path: String,
    #[command(flatten)]
    pub(in crate::cli) shown: Shown,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    pub(in crate::cli) name: EnvironmentName,
    /// Give the command the terminal as it is: its output is not searched for secrets
    #[arg(short, long)]
    pub(in crate::cli) interactive: bool,
    /// Tell what each source took, and how many requests
    #[arg(long)]
    pub(in crate::cli) timings: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(in crate::cli) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    pub(in crate::cli) name: EnvironmentName,
    /// The value's path, as a.b[0]
    pub(in crate::cli) path: String,
    /// The value, as YAML on one line; without it, it is read from stdin as a text. With --secret, an op:// reference
    /// stands for what `op` reads there
    pub(in crate::cli) value: Option<String>,
    /// The value is a secret: it goes into a SOPS file, or nowhere
    #[arg(long)]
    pub(in crate::cli) secret: bool,
    /// Make the secret here unless there is one, and print its public half
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "value")]
    pub(in crate::cli) generate: Option<Generated>,
    /// Make it anew although there is one
    #[arg(long, requires = "generate")]
    pub(in crate::cli) replace: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Generated {
    /// An SSH key (Ed25519)
    SshKey,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The first environment
    #[arg(value_name = "A")]
    pub(in crate::cli) before: String,
    /// The second environment
    #[arg(value_name = "B")]
    pub(in crate::cli) after: String,
    #[command(flatten)]
    pub(in crate::cli) shown: Shown,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Graph {
    #[command(flatten)]
    pub(in crate::cli) name: EnvironmentName,
    /// The output's format
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(in crate::cli) format: GraphFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GraphFormat {
    Dot,
    Mermaid,
}
