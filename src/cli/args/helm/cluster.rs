//! Which cluster and namespace, and where helm keeps its files: for every verb.

use std::path::PathBuf;

use clap::Args;

use crate::kubernetes::ServerOptions;
use crate::secret::Secret;

const HEADING: &str = "Helm options";

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ClusterFlags {
    /// The release's namespace; without it the context's
    #[arg(short, long, value_name = "NAME", env = "HELM_NAMESPACE", global = true, help_heading = HEADING)]
    pub(in crate::cli) namespace: Option<String>,
    /// Use this context of the kubeconfig, as --context
    #[arg(long, value_name = "NAME", env = "HELM_KUBECONTEXT", global = true, help_heading = HEADING)]
    pub(in crate::cli) kube_context: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    pub(in crate::cli) places: PlaceFlags,
    #[command(flatten)]
    ignored: Ignored,
}

#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_field_names, reason = "they are the names of helm's flags")]
struct ServerFlags {
    /// The API server's address, in place of the kubeconfig's
    #[arg(long, value_name = "URL", env = "HELM_KUBEAPISERVER", global = true, help_heading = HEADING)]
    kube_apiserver: Option<String>,
    /// The bearer token; what is on a command line, other users of this machine can see
    #[arg(
        long,
        value_name = "TOKEN",
        env = "HELM_KUBETOKEN",
        hide_env_values = true,
        global = true,
        help_heading = HEADING
    )]
    kube_token: Option<Secret<String>>,
    /// The authority of the API server's certificate (PEM)
    #[arg(long, value_name = "FILE", env = "HELM_KUBECAFILE", global = true, help_heading = HEADING)]
    kube_ca_file: Option<PathBuf>,
    /// The name that the API server's certificate is for
    #[arg(long, value_name = "NAME", env = "HELM_KUBETLS_SERVER_NAME", global = true, help_heading = HEADING)]
    kube_tls_server_name: Option<String>,
    /// Trust any certificate of the API server
    #[arg(long, env = "HELM_KUBEINSECURE_SKIP_TLS_VERIFY", global = true, help_heading = HEADING)]
    kube_insecure_skip_tls_verify: bool,
    /// Act as this user
    #[arg(long, value_name = "NAME", env = "HELM_KUBEASUSER", global = true, help_heading = HEADING)]
    kube_as_user: Option<String>,
    /// Act as a member of this group
    #[arg(
        long,
        value_name = "NAME",
        env = "HELM_KUBEASGROUPS",
        value_delimiter = ',',
        global = true,
        help_heading = HEADING
    )]
    kube_as_group: Vec<String>,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct PlaceFlags {
    /// The logins of registries, as `helm registry login` writes them
    #[arg(long, value_name = "FILE", global = true, help_heading = HEADING)]
    pub(in crate::cli) registry_config: Option<PathBuf>,
    /// The repositories that have a name, as `helm repo add` writes them
    #[arg(long, value_name = "FILE", global = true, help_heading = HEADING)]
    pub(in crate::cli) repository_config: Option<PathBuf>,
    /// Keep the indexes of repositories in this folder
    #[arg(long, value_name = "DIR", env = "HELM_REPOSITORY_CACHE", global = true, help_heading = HEADING)]
    pub(in crate::cli) repository_cache: Option<PathBuf>,
}

/// Words of helm that change nothing here.
#[derive(Clone, Debug, Args)]
struct Ignored {
    /// Taken for Helm's sake: the server says when it is asked too often
    #[arg(long, hide = true, global = true)]
    burst_limit: Option<i64>,
    /// Taken for Helm's sake: the server says when it is asked too often
    #[arg(long, hide = true, global = true)]
    qps: Option<f32>,
    /// Taken for Helm's sake: archives are kept by their digests with what else is kept
    #[arg(long, hide = true, global = true)]
    content_cache: Option<PathBuf>,
    /// Taken for Helm's sake: the environment chooses what is logged
    #[arg(long, hide = true, global = true)]
    debug: bool,
}

impl ClusterFlags {
    /// Returns what is said of the server.
    pub(in crate::cli) fn server(&self) -> ServerOptions {
        let ServerFlags {
            kube_apiserver,
            kube_token,
            kube_ca_file,
            kube_tls_server_name,
            kube_insecure_skip_tls_verify,
            kube_as_user,
            kube_as_group,
        } = self.server.clone();
        // An empty variable says nothing, as with helm.
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        ServerOptions {
            address: said(kube_apiserver),
            authority: kube_ca_file.filter(|path| !path.as_os_str().is_empty()),
            server_name: said(kube_tls_server_name),
            insecure: kube_insecure_skip_tls_verify,
            token: kube_token.filter(|token| *token != Secret::new(String::new())),
            user: said(kube_as_user),
            groups: kube_as_group.into_iter().filter(|group| !group.is_empty()).collect(),
        }
    }
}
