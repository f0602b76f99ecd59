//! The forms of output.

use clap::{Args, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Output {
    Table,
    Json,
    Yaml,
}

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct OutputFlag {
    /// The form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    pub(in crate::cli) output: Output,
}
