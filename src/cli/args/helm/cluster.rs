//! Which cluster and namespace: for every verb.

use clap::Args;

const HEADING: &str = "Helm options";

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ClusterFlags {
    /// The release's namespace; without it the context's
    #[arg(short, long, value_name = "NAME", env = "HELM_NAMESPACE", global = true, help_heading = HEADING)]
    pub(in crate::cli) namespace: Option<String>,
    /// Use this context of the kubeconfig, as --context
    #[arg(long, value_name = "NAME", env = "HELM_KUBECONTEXT", global = true, help_heading = HEADING)]
    pub(in crate::cli) kube_context: Option<String>,
}
