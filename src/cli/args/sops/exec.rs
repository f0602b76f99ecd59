//! The words of the verbs that run a command.

use std::path::PathBuf;

use clap::Args;

use super::{EncryptedFile, Formats, InputType};

/// How commands are run.
#[derive(Debug, Args)]
pub(in crate::cli) struct Exec {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    /// The command, for /bin/sh
    pub(in crate::cli) command: Option<String>,
    /// Leave SOPS_*, OP_* and EGGTOOTH_* variables in the command's environment
    #[arg(long)]
    pub(in crate::cli) keep_keys: bool,
    #[arg(long, hide = true)]
    pub(in crate::cli) user: Option<String>,
    #[arg(long, hide = true)]
    pub(in crate::cli) background: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Ends as the command does; signals are passed on. Example:\n  eggtooth sops exec-env prod.sops.env \
                        './deploy.sh'"
)]
pub(in crate::cli) struct ExecEnv {
    #[command(flatten)]
    pub(in crate::cli) exec: Exec,
    /// Give the command nothing but the file's values
    #[arg(long)]
    pub(in crate::cli) pristine: bool,
    /// Become the command in place of starting it
    #[arg(long)]
    pub(in crate::cli) same_process: bool,
    #[command(flatten)]
    pub(in crate::cli) input: InputType,
}

#[derive(Debug, Args)]
#[command(
    after_help = "`{}` in the command is the file's path. It is a pipe and can be read once; with --no-fifo it is a file, \
                        in memory where there is such a place.\n\nExample:\n  eggtooth sops exec-file kubeconfig.sops 'kubectl \
                        --kubeconfig {} get nodes'"
)]
pub(in crate::cli) struct ExecFile {
    #[command(flatten)]
    pub(in crate::cli) exec: Exec,
    /// Make a file in place of a pipe
    #[arg(long)]
    pub(in crate::cli) no_fifo: bool,
    /// The temporary file's name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) filename: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) formats: Formats,
}
