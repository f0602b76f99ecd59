//! The words of `eggtooth sops`: those of sops, and a few that it has not.

mod exec;
mod extra;
mod shared;
mod verbless;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(in crate::cli) use exec::{Exec, ExecEnv, ExecFile};
pub(in crate::cli) use extra::{Check, Diff, Git, GitMerge, GitSetup, GitTextconv, Init, Recipients};
pub(in crate::cli) use shared::{
    AddedServiceKeys, EncryptedFile, Formats, InputType, Keys, Mac, RemovedServiceKeys, Selectors,
    ServiceKeys, Target,
};
pub(in crate::cli) use verbless::with_verb;

#[derive(Debug, Args)]
#[command(
    after_help = "Files, flags and exit codes are those of sops 3.13: either tool reads what the other wrote. Master keys are \
                  age keys.\n\nExamples:\n  eggtooth sops init\n  eggtooth sops edit secrets/prod.sops.yaml\n  eggtooth sops \
                  decrypt --extract '[\"connect\"][\"token\"]' secrets/prod.sops.yaml\n  eggtooth sops check"
)]
pub(in crate::cli) struct Sops {
    #[command(flatten)]
    pub(in crate::cli) options: SopsOptions,
    #[command(subcommand)]
    pub(in crate::cli) command: SopsCommand,
}

/// What sops takes before its verbs.
#[derive(Debug, Args)]
pub(in crate::cli) struct SopsOptions {
    /// Read the creation rules from this file in place of the nearest .sops.yaml
    #[arg(long, value_name = "FILE", env = "SOPS_CONFIG", global = true)]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Spaces of one level in YAML and JSON
    #[arg(long, value_name = "SPACES", global = true)]
    pub(in crate::cli) indent: Option<usize>,
    /// Let the MAC cover encrypted values only
    #[arg(long, global = true)]
    pub(in crate::cli) mac_only_encrypted: bool,
    /// The order in which sops tries kinds of keys; Eggtooth has one kind
    #[arg(long, value_name = "KINDS", env = "SOPS_DECRYPTION_ORDER", hide = true, global = true)]
    pub(in crate::cli) decryption_order: Option<String>,
    #[arg(long, hide = true, global = true)]
    pub(in crate::cli) enable_local_keyservice: bool,
    #[arg(long, hide = true, global = true)]
    pub(in crate::cli) keyservice: Vec<String>,
    #[arg(long, hide = true, global = true)]
    pub(in crate::cli) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SopsCommand {
    /// Decrypt a file and print it; without a file, or with `-`, stdin
    Decrypt(Decrypt),
    /// Encrypt a file and print it; without a file, or with `-`, stdin
    Encrypt(Encrypt),
    /// Open a file in an editor, decrypted, and encrypt what was written
    Edit(Edit),
    /// Set a value of an encrypted file
    Set(Set),
    /// Take a value away from an encrypted file
    Unset(Unset),
    /// Encrypt a file anew with a new data key
    Rotate(Rotate),
    /// Give files to the keys that .sops.yaml names
    Updatekeys(Updatekeys),
    /// Change the key groups of a file
    #[command(subcommand)]
    Groups(Groups),
    /// Say whether a file is encrypted
    Filestatus(Filestatus),
    /// Run a command with a file's values as environment variables
    ExecEnv(ExecEnv),
    /// Run a command with the decrypted file under a temporary path
    ExecFile(ExecFile),
    /// Write a file's values, decrypted, to the Vault that .sops.yaml names (S3 and GCS are left to sops)
    Publish(Publish),
    /// Check files: they decrypt, nothing was changed, their keys are those of .sops.yaml
    Check(Check),
    /// Make an age key, a .sops.yaml and a first encrypted file
    Init(Init),
    /// Say who can open which files
    Recipients(Recipients),
    /// Say which values differ between two files, or between a file and its committed form
    Diff(Diff),
    /// Work with encrypted files in git
    #[command(subcommand)]
    Git(Git),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  eggtooth sops decrypt secrets.sops.yaml\n  eggtooth sops decrypt --extract \
                        '[\"users\"][0][\"name\"]' secrets.sops.yaml\n  cat secrets.enc | eggtooth sops decrypt --input-type \
                        yaml --output-type json"
)]
pub(in crate::cli) struct Decrypt {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    /// Print only what is at this path
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) extract: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[command(flatten)]
    pub(in crate::cli) formats: Formats,
    #[command(flatten)]
    pub(in crate::cli) mac: Mac,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  eggtooth sops encrypt --in-place secrets.yaml\n  eggtooth sops encrypt --age age1… \
                        --encrypted-regex '^(data|stringData)$' secret.yaml > secret.sops.yaml\n  op read op://v/i/f | eggtooth \
                        sops encrypt --filename-override prod/token.txt > prod/token.txt"
)]
pub(in crate::cli) struct Encrypt {
    /// The plain file
    pub(in crate::cli) file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[command(flatten)]
    pub(in crate::cli) formats: Formats,
    #[command(flatten)]
    pub(in crate::cli) keys: Keys,
    #[command(flatten)]
    pub(in crate::cli) selectors: Selectors,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The editor is that of SOPS_EDITOR, EDITOR or VISUAL, else vim, nano or vi; graphical ones need their \
                        `--wait`. It starts without SOPS_*, OP_* and EGGTOOTH_* variables. The plain text lies in a private \
                        folder, in memory where there is such a place, and is wiped afterwards.\n\nExample:\n  \
                        SOPS_EDITOR='code --wait' eggtooth sops edit secrets.sops.yaml"
)]
pub(in crate::cli) struct Edit {
    /// The encrypted file; one that is not there is made
    pub(in crate::cli) file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) formats: Formats,
    #[command(flatten)]
    pub(in crate::cli) keys: Keys,
    #[command(flatten)]
    pub(in crate::cli) selectors: Selectors,
    #[command(flatten)]
    pub(in crate::cli) mac: Mac,
    /// Show the metadata as well; recipients may be added to it and taken away
    #[arg(short, long)]
    pub(in crate::cli) show_master_keys: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A value among the arguments can be seen by everybody on the machine: prefer --value-stdin or \
                        --value-file.\n\nExamples:\n  eggtooth sops set secrets.sops.yaml '[\"replicas\"]' 3\n  op read \
                        op://vault/item/field | jq -R . | eggtooth sops set --value-stdin secrets.sops.yaml '[\"token\"]'"
)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    /// The path, as `["key"][0]`
    pub(in crate::cli) index: Option<String>,
    /// The value in JSON; with --value-file, a file that holds it
    #[arg(allow_negative_numbers = true)]
    pub(in crate::cli) value: Option<String>,
    /// Read the value from a file
    #[arg(long)]
    pub(in crate::cli) value_file: bool,
    /// Read the value from stdin
    #[arg(long)]
    pub(in crate::cli) value_stdin: bool,
    #[command(flatten)]
    pub(in crate::cli) change: Change,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  eggtooth sops unset secrets.sops.yaml '[\"users\"][0]'")]
pub(in crate::cli) struct Unset {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    /// The path, as `["key"][0]`
    pub(in crate::cli) index: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) change: Change,
}

/// What `set` and `unset` have in common.
#[derive(Debug, Args)]
pub(in crate::cli) struct Change {
    #[command(flatten)]
    pub(in crate::cli) formats: Formats,
    /// Do nothing where the value is so already
    #[arg(long)]
    pub(in crate::cli) idempotent: bool,
    /// Without effect here, as in sops
    #[arg(long, hide = true)]
    pub(in crate::cli) shamir_secret_sharing_threshold: Option<usize>,
    #[command(flatten)]
    pub(in crate::cli) mac: Mac,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Rotation does not read .sops.yaml: see updatekeys. Who could open the file before still knows the old \
                        values: change those, too. Keys of services (PGP, KMS …) can't be given the new data key: name \
                        those with --rm-…, or rotate with sops.\n\nExample:\n  eggtooth sops rotate --in-place --rm-age age1… \
                        secrets.sops.yaml"
)]
pub(in crate::cli) struct Rotate {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[command(flatten)]
    pub(in crate::cli) formats: Formats,
    /// Add these age recipients to the first group
    #[arg(long, value_name = "RECIPIENTS")]
    pub(in crate::cli) add_age: Option<String>,
    /// Remove these age recipients from all groups
    #[arg(long, value_name = "RECIPIENTS")]
    pub(in crate::cli) rm_age: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) added: AddedServiceKeys,
    #[command(flatten)]
    pub(in crate::cli) removed: RemovedServiceKeys,
    #[command(flatten)]
    pub(in crate::cli) mac: Mac,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Values, data key and MAC stay as they are. Example:\n  eggtooth sops updatekeys --yes \
                        secrets/*.sops.yaml"
)]
pub(in crate::cli) struct Updatekeys {
    /// The encrypted files
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Don't ask
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
    #[command(flatten)]
    pub(in crate::cli) input: InputType,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Groups {
    /// Add a group of keys
    Add(GroupsAdd),
    /// Take a group of keys away
    Delete(GroupsDelete),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  eggtooth sops groups add --file s.yaml --in-place --age age1… \
                        --shamir-secret-sharing-threshold 2")]
pub(in crate::cli) struct GroupsAdd {
    #[command(flatten)]
    pub(in crate::cli) target: GroupsTarget,
    /// An age recipient of the new group; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    pub(in crate::cli) age: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) services: ServiceKeys,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  eggtooth sops groups delete --file s.yaml --in-place 1")]
pub(in crate::cli) struct GroupsDelete {
    #[command(flatten)]
    pub(in crate::cli) target: GroupsTarget,
    /// The group's number, from 0
    pub(in crate::cli) index: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GroupsTarget {
    /// The encrypted file
    #[arg(short, long)]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Replace the file by the result
    #[arg(short, long)]
    pub(in crate::cli) in_place: bool,
    /// How many groups it takes to open the file
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) shamir_secret_sharing_threshold: Option<usize>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Filestatus {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    #[command(flatten)]
    pub(in crate::cli) input: InputType,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The first of `destination_rules` in .sops.yaml whose `path_regex` matches says where to: `vault_path`, and with \
                  it `vault_address` (else VAULT_ADDR), `vault_kv_mount_name` (else `secret`), `vault_kv_version` (1 or 2; 2 \
                  without it) and `omit_extensions`. The token is that of VAULT_TOKEN or `vault login`, the namespace that of \
                  VAULT_NAMESPACE. What Vault has already is not written again.\n\nExamples:\n  eggtooth sops publish \
                  secrets/prod.sops.yaml\n  eggtooth sops publish --yes --recursive --omit-extensions secrets"
)]
pub(in crate::cli) struct Publish {
    #[command(flatten)]
    pub(in crate::cli) file: EncryptedFile,
    /// Publish without asking
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
    /// Publish all files of a folder under their paths below it
    #[arg(long)]
    pub(in crate::cli) recursive: bool,
    /// Leave the files' extensions out of the destination's paths
    #[arg(long)]
    pub(in crate::cli) omit_extensions: bool,
}
