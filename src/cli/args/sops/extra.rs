//! The words of the verbs that sops has not.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::InputType;

#[derive(Debug, Args)]
#[command(
    after_help = "Checked are files that are encrypted, and files that a path_regex of .sops.yaml is for. Ends with 5 \
                        when anything is wrong.\n\nExample, in CI:\n  eggtooth sops check --keyless"
)]
pub(in crate::cli) struct Check {
    /// Files and folders
    #[arg(default_value = ".")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Don't decrypt: check what shows without a key
    #[arg(long)]
    pub(in crate::cli) keyless: bool,
    /// Accept files that one lost key would close for good
    #[arg(long)]
    pub(in crate::cli) allow_single_recipient: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The key is made where sops looks for it: SOPS_AGE_KEY_FILE, else sops/age/keys.txt in the user's \
                        configuration. What is there already is never overwritten.\n\nExample:\n  eggtooth sops init --recipient \
                        age1… secrets/production.sops.yaml"
)]
pub(in crate::cli) struct Init {
    /// The first encrypted file
    #[arg(default_value = "secrets.sops.yaml")]
    pub(in crate::cli) file: PathBuf,
    /// One more who can open the file, for the day that your key is lost; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    pub(in crate::cli) recipient: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  eggtooth sops recipients secrets/")]
pub(in crate::cli) struct Recipients {
    /// Files and folders
    #[arg(default_value = ".")]
    pub(in crate::cli) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A side is a file, or REVISION:FILE for its form in git. Values are hidden.\n\nExamples:\n  eggtooth sops \
                        diff secrets.sops.yaml\n  eggtooth sops diff main~3:secrets.sops.yaml secrets.sops.yaml\n  eggtooth sops \
                        diff :2:secrets.sops.yaml :3:secrets.sops.yaml"
)]
pub(in crate::cli) struct Diff {
    /// The old side; alone, the file that is compared with its last commit
    pub(in crate::cli) old: String,
    /// The new side
    pub(in crate::cli) new: Option<String>,
    /// Print the values
    #[arg(long)]
    pub(in crate::cli) show_values: bool,
    /// End with 1 when there is a difference
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
    #[command(flatten)]
    pub(in crate::cli) input: InputType,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Git {
    /// Have git show which values changed, and merge encrypted files
    Setup(GitSetup),
    /// Print a file as git compares it: without values and without its metadata
    Textconv(GitTextconv),
    /// Merge as git's merge driver: eggtooth sops git merge %O %A %B %P
    Merge(GitMerge),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GitSetup {
    /// Set it up for all repositories of the user
    #[arg(long)]
    pub(in crate::cli) global: bool,
    /// Have `git diff` decrypt, and print values
    #[arg(long)]
    pub(in crate::cli) show_values: bool,
    /// The files that it is for
    #[arg(long, value_name = "PATTERN", default_value = "*.sops.*")]
    pub(in crate::cli) pattern: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GitTextconv {
    /// The file
    pub(in crate::cli) file: PathBuf,
    /// Decrypt, and print values
    #[arg(long)]
    pub(in crate::cli) show_values: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GitMerge {
    /// The common ancestor
    pub(in crate::cli) ancestor: PathBuf,
    /// Our side; the result is written here
    pub(in crate::cli) ours: PathBuf,
    /// Their side
    pub(in crate::cli) theirs: PathBuf,
    /// The file's path in the repository
    pub(in crate::cli) path: Option<PathBuf>,
}
