//! Exit codes: part of the interface, for scripts and pipelines.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is done.
    Done,
    /// It failed.
    Failed,
    /// Changes are pending; only with `--detailed-exitcode`.
    Pending,
    /// Somebody else holds the lock.
    Locked,
    /// The cluster is another than the environment names.
    WrongCluster,
    /// A secret can't be decrypted.
    Undecryptable,
    /// All is applied, but a store does not deliver.
    NotUsable,
    /// The command line can't be understood.
    Usage,
    /// As sops ends in the same case.
    Sops(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Pending => 2,
            Exit::Locked => 3,
            Exit::WrongCluster => 4,
            Exit::Undecryptable => 5,
            Exit::NotUsable => 6,
            Exit::Usage => 64,
            Exit::Sops(code) => code,
        })
    }
}
