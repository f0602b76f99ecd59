//! The words of `helm verify`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// A chart's archive; its signature is beside it, in ARCHIVE.prov
    #[arg(value_name = "ARCHIVE")]
    pub(in crate::cli) archive: PathBuf,
    /// The public keys whose signatures count; without this those of GnuPG
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) keyring: Option<PathBuf>,
}
