//! The name of a release that is made: given, rendered, or made up.

use clap::Args;

#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct NameFlags {
    /// Make up a name: the chart's, and the time
    #[arg(short, long)]
    pub(in crate::cli) generate_name: bool,
    /// Render this template for the name
    #[arg(long, value_name = "TEMPLATE")]
    pub(in crate::cli) name_template: Option<String>,
}
