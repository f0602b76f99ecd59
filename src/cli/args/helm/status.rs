//! `helm status`.

use clap::Args;

use super::OneRevision;
use super::output::OutputFlag;

#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    pub(in crate::cli) of: OneRevision,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlag,
}
