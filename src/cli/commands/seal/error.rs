//! Why a verb of `seal` fails.

use std::{io, path::PathBuf};

use crate::cli::exit::Exit;
use crate::file::FileError;
use crate::kubernetes::KubernetesError;
use crate::sealed_secrets::SealedSecretsError;
use crate::sops::{self, PathError};
use crate::yaml;

/// Why a verb of `seal` fails; no text holds a value or a key.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::commands) enum SealCommandError {
    #[error("no certificate is given to seal for")]
    NoCertificate,
    #[error("read {what}")]
    Read { what: String, source: io::Error },
    #[error("read {what}: it is not UTF-8 text")]
    NotText { what: String },
    #[error("read {what}")]
    Parse { what: String, source: yaml::Error },
    #[error("there is no Secret in {0}")]
    Nothing(String),
    #[error("--raw takes {missing} for the scope {scope}")]
    Raw { missing: &'static str, scope: String },
    #[error("seal for `{}`", certificate.display())]
    Seal { certificate: PathBuf, source: SealedSecretsError },
    #[error(transparent)]
    SealedSecrets(#[from] SealedSecretsError),
    #[error("key pair {number} of `{}`", file.display())]
    Pair { number: usize, file: PathBuf, source: SealedSecretsError },
    #[error("what is at {path} of `{}` is no list of key pairs, each with `certificate` and `key`", file.display())]
    Pairs { path: String, file: PathBuf },
    #[error("`{}` has no key pair at {path}", file.display())]
    NoPair { path: String, file: PathBuf },
    #[error("read the path of the key pairs")]
    Path(#[from] PathError),
    #[error(transparent)]
    Sops(#[from] sops::Error),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
}

impl SealCommandError {
    /// Returns how the process ends.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Sops(sops::Error::NoKey { .. }) => Exit::Undecryptable,
            _ => Exit::Failed,
        }
    }

    /// Returns what to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoCertificate => {
                "name its file with --cert; `eggtooth seal cert FILE.sops.yaml` prints the newest one of a SOPS file"
            }
            Self::NoPair { .. } => {
                "make one with `eggtooth seal new-key`, or fetch the cluster's with `eggtooth seal backup`"
            }
            Self::Seal { source: SealedSecretsError::Expired(_), .. } => {
                "seal for the controller's newest certificate: `eggtooth seal backup`, then `eggtooth seal cert`"
            }
            Self::SealedSecrets(SealedSecretsError::NoNamespace(_)) => "add --namespace NAME",
            Self::SealedSecrets(SealedSecretsError::NoName) => "add --name NAME",
            Self::SealedSecrets(SealedSecretsError::Empty(_)) => "--allow-empty-data seals it all the same",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
