//! How a chart is rendered, beside its values: for every verb that renders one.

use clap::Args;

use crate::helm::render::PostRenderer;

#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct RenderFlags {
    /// Don't check the values against the charts' schemas
    #[arg(long)]
    pub(in crate::cli) skip_schema_validation: bool,
    /// Fetch the documents that schemas refer to; without this what they say is not checked
    #[arg(long)]
    pub(in crate::cli) allow_schema_network: bool,
    /// Bring the charts that are missing in the chart's charts/ first
    #[arg(long)]
    pub(in crate::cli) dependency_update: bool,
    /// A program that changes what was rendered: it reads all documents, and writes what they become
    #[arg(long, value_name = "PROGRAM")]
    post_renderer: Option<String>,
    /// An argument of that program
    #[arg(long, value_name = "ARGUMENT", requires = "post_renderer", allow_hyphen_values = true)]
    post_renderer_args: Vec<String>,
    /// Taken for Helm's sake: the server checks what it is given
    #[arg(long, hide = true)]
    disable_openapi_validation: bool,
}

impl RenderFlags {
    /// Returns the program that changes what was rendered.
    pub(in crate::cli) fn post(&self) -> Option<PostRenderer> {
        let arguments = self.post_renderer_args.clone();
        self.post_renderer.clone().map(|program| PostRenderer { program, arguments })
    }
}
