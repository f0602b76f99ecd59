//! What `install` and `upgrade` share.

use std::collections::BTreeMap;

use clap::Args;

use super::output::OutputFlag;
use super::{ChangeFlags, ChartFlags, RenderFlags, ValueFlags};

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct MakeFlags {
    #[command(flatten)]
    pub(in crate::cli) chart: ChartFlags,
    #[command(flatten)]
    pub(in crate::cli) values: ValueFlags,
    #[command(flatten)]
    pub(in crate::cli) change: ChangeFlags,
    /// Labels of the record: key=value,…
    #[arg(short, long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = pair)]
    pub(in crate::cli) labels: Vec<(String, String)>,
    /// Make the namespace when it is missing
    #[arg(long)]
    pub(in crate::cli) create_namespace: bool,
    /// Take over objects that belong to nobody, or to another release
    #[arg(long)]
    pub(in crate::cli) take_ownership: bool,
    /// Leave the definitions of crds/ out
    #[arg(long)]
    pub(in crate::cli) skip_crds: bool,
    #[command(flatten)]
    pub(in crate::cli) render: RenderFlags,
    /// Tell the notes of the charts in the chart, too
    #[arg(long)]
    pub(in crate::cli) render_subchart_notes: bool,
    /// With --dry-run, leave the content of Secrets out
    #[arg(long)]
    pub(in crate::cli) hide_secret: bool,
    /// When it fails, take it back, as if it had not been tried
    #[arg(long, alias = "atomic")]
    pub(in crate::cli) rollback_on_failure: bool,
    /// Don't print the chart's notes
    #[arg(long)]
    pub(in crate::cli) hide_notes: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlag,
}

impl MakeFlags {
    /// Returns the labels.
    pub(in crate::cli) fn labels(&self) -> BTreeMap<String, String> {
        self.labels.iter().cloned().collect()
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a label is key=value")?;
    Ok((key.to_owned(), value.to_owned()))
}
