//! `helm install`.

use clap::Args;

use super::make::MakeFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Install {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) make: MakeFlags,
    /// Take the name of a release that was uninstalled or failed
    #[arg(long)]
    pub(in crate::cli) replace: bool,
}
