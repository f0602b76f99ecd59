//! `eggtooth helm`: a verb a file, with helm's words.

mod chart;
mod cluster;
mod template;
mod values;

use clap::{Args, Subcommand};

pub(in crate::cli) use chart::ChartFlags;
pub(in crate::cli) use cluster::ClusterFlags;
pub(in crate::cli) use template::Template;
pub(in crate::cli) use values::ValueFlags;

use crate::cli::examples;

#[derive(Debug, Args)]
pub(in crate::cli) struct Helm {
    #[command(flatten)]
    pub(in crate::cli) cluster: ClusterFlags,
    #[command(subcommand)]
    pub(in crate::cli) verb: HelmVerb,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HelmVerb {
    /// Render a chart and print what `helm template` prints
    #[command(after_help = examples::HELM_TEMPLATE)]
    Template(Template),
}
