//! `helm install`.

use clap::Args;

use super::make::MakeFlags;
use super::name::NameFlags;

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Install {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) make: MakeFlags,
    #[command(flatten)]
    pub(in crate::cli) naming: NameFlags,
    /// Take the name of a release that was uninstalled or failed
    #[arg(long)]
    pub(in crate::cli) replace: bool,
}
