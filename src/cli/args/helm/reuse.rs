//! What becomes of the last revision's values: for `upgrade` and `diff`.

use clap::Args;

use crate::helm::action::Reuse;

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct ReuseFlags {
    /// Forget the last revision's values
    #[arg(long)]
    reset_values: bool,
    /// Keep the last revision's values below those given, with the old chart's
    #[arg(long)]
    reuse_values: bool,
    /// Keep the last revision's values below those given, over the new chart's
    #[arg(long)]
    reset_then_reuse_values: bool,
}

impl From<ReuseFlags> for Reuse {
    /// Of several flags the first wins, as in helm.
    fn from(flags: ReuseFlags) -> Self {
        match (flags.reset_values, flags.reuse_values, flags.reset_then_reuse_values) {
            (true, ..) => Self::Reset,
            (_, true, _) => Self::Reuse,
            (.., true) => Self::ResetThenReuse,
            (false, false, false) => Self::WhenSilent,
        }
    }
}
