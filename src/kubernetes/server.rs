//! What is said of a cluster's server beside the kubeconfig: helm's `--kube-apiserver`, `--kube-token` and the like.

use std::path::PathBuf;

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

use crate::secret::Secret;

/// What is said of the server; it stands over what the kubeconfig's context says.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// The server's address.
    pub address: Option<String>,
    /// The authority that signed the server's certificate, as a PEM file.
    pub authority: Option<PathBuf>,
    /// The name that the server's certificate is for.
    pub server_name: Option<String>,
    /// Whether any certificate is taken.
    pub insecure: bool,
    /// The bearer token.
    pub token: Option<Secret<String>>,
    /// Whom to act as.
    pub user: Option<String>,
    /// The groups of whom to act as.
    pub groups: Vec<String>,
}

/// The name of what a kubeconfig does not have.
const NAME: &str = "command-line";

impl ServerOptions {
    /// Says whether this alone leads to a cluster.
    pub(super) fn leads_somewhere(&self) -> bool {
        self.address.is_some()
    }

    /// Returns the kubeconfig as these options want its context.
    pub(super) fn over(&self, mut kubeconfig: Kubeconfig, context: Option<&str>) -> Kubeconfig {
        let wanted = context.map(str::to_owned).or_else(|| kubeconfig.current_context.clone());
        let name = wanted.unwrap_or_else(|| NAME.to_owned());
        let known = kubeconfig.contexts.iter().find(|known| known.name == name);
        let Context { cluster, user, .. } = match known.and_then(|known| known.context.clone()) {
            Some(context) => context,
            // A name that is not there is told by whoever reads the whole.
            None if context.is_some() => return kubeconfig,
            None => {
                let made = Context { cluster: NAME.to_owned(), ..Context::default() };
                let named = NamedContext {
                    name: name.clone(),
                    context: Some(made.clone()),
                    ..NamedContext::default()
                };
                kubeconfig.contexts.push(named);
                kubeconfig.current_context = Some(name.clone());
                made
            }
        };
        self.change_cluster(&mut kubeconfig, &cluster);
        self.change_user(&mut kubeconfig, &name, user);
        kubeconfig
    }

    fn change_cluster(&self, kubeconfig: &mut Kubeconfig, name: &str) {
        if !kubeconfig.clusters.iter().any(|known| known.name == name) {
            kubeconfig.clusters.push(NamedCluster { name: name.to_owned(), ..NamedCluster::default() });
        }
        let Some(known) = kubeconfig.clusters.iter_mut().find(|known| known.name == name) else { return };
        let cluster = known.cluster.get_or_insert_with(Cluster::default);
        if let Some(address) = &self.address {
            cluster.server = Some(address.clone());
        }
        if let Some(path) = &self.authority {
            cluster.certificate_authority = Some(path.display().to_string());
            cluster.certificate_authority_data = None;
        }
        if let Some(name) = &self.server_name {
            cluster.tls_server_name = Some(name.clone());
        }
        if self.insecure {
            cluster.insecure_skip_tls_verify = Some(true);
            cluster.certificate_authority = None;
            cluster.certificate_authority_data = None;
        }
    }

    fn change_user(&self, kubeconfig: &mut Kubeconfig, context: &str, user: Option<String>) {
        if self.token.is_none() && self.user.is_none() && self.groups.is_empty() {
            return;
        }
        let name = user.unwrap_or_else(|| NAME.to_owned());
        if let Some(context) = kubeconfig.contexts.iter_mut().find(|known| known.name == context) {
            context.context.get_or_insert_with(Context::default).user = Some(name.clone());
        }
        if !kubeconfig.auth_infos.iter().any(|known| known.name == name) {
            kubeconfig.auth_infos.push(NamedAuthInfo { name: name.clone(), ..NamedAuthInfo::default() });
        }
        let Some(known) = kubeconfig.auth_infos.iter_mut().find(|known| known.name == name) else { return };
        let user = known.auth_info.get_or_insert_with(AuthInfo::default);
        if let Some(token) = &self.token {
            #[expect(clippy::disallowed_methods, reason = "the Authorization header is where a token goes")]
            let token = token.expose().clone();
            user.token = Some(token.into());
            (user.token_file, user.exec, user.auth_provider) = (None, None, None);
        }
        if let Some(name) = &self.user {
            user.impersonate = Some(name.clone());
        }
        if !self.groups.is_empty() {
            user.impersonate_groups = Some(self.groups.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_stands_over_the_context_and_the_rest_stays() {
        let text = "{contexts: [{name: dev, context: {cluster: c, user: u, namespace: n}}], current-context: dev, \
            clusters: [{name: c, cluster: {server: 'https://a', tls-server-name: b}}], \
            users: [{name: u, user: {exec: {command: plugin}}}]}";
        let options = ServerOptions {
            address: Some("https://other".into()),
            token: Some(Secret::new("t".to_owned())),
            groups: vec!["g".into()],
            ..ServerOptions::default()
        };
        let over = options.over(Kubeconfig::from_yaml(text).unwrap(), None);
        let cluster = over.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://other"));
        assert_eq!(cluster.tls_server_name.as_deref(), Some("b"));
        let user = over.auth_infos[0].auth_info.as_ref().unwrap();
        assert!(user.token.is_some() && user.exec.is_none());
        assert_eq!(user.impersonate_groups.as_deref(), Some(&["g".to_owned()][..]));
        assert_eq!(over.contexts[0].context.as_ref().unwrap().namespace.as_deref(), Some("n"));
    }

    #[test]
    fn an_address_alone_is_a_cluster() {
        let options = ServerOptions { address: Some("https://other".into()), ..ServerOptions::default() };
        let over = options.over(Kubeconfig::default(), None);
        assert_eq!(over.current_context.as_deref(), Some(NAME));
        assert_eq!(over.clusters[0].cluster.as_ref().unwrap().server.as_deref(), Some("https://other"));
    }
}
