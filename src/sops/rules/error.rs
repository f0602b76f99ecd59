//! What can be wrong with `.sops.yaml`.

use std::{io, path::PathBuf};

use crate::diagnostic::Diagnostics;

/// Why the rules can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file can't be read.
    #[error("read the SOPS configuration `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not as it must be.
    #[error("check the SOPS configuration `{}`\n{problems}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Diagnostics,
    },
    /// No rule is for the file.
    #[error("no creation rule of `{}` is for `{file}`", path.display())]
    NoMatch {
        /// The configuration.
        path: PathBuf,
        /// The file, as rules see it: relative to the configuration's folder.
        file: String,
    },
}
