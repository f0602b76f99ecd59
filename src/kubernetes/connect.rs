//! The way to a cluster: a kubeconfig's context, or the service account of the pod that we run in.
//!
//! The process environment is a value. Credential plugins start without our keys and those of SOPS and 1Password:
//! a plugin is foreign code.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use kube::{
    Config,
    client::AuthError,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};

use super::{KubernetesError, server::ServerOptions};

/// Which cluster, and with what process environment it is found.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The kubeconfig's path; without it `KUBECONFIG`, `~/.kube/config` and the pod's service account are tried.
    pub kubeconfig: Option<PathBuf>,
    /// The context; without it the kubeconfig's current one.
    pub context: Option<String>,
    /// The process environment.
    pub environment: BTreeMap<String, String>,
    /// What is said of the server beside that.
    pub server: ServerOptions,
}

const CONNECT: Duration = Duration::from_secs(10);

/// Variables that no credential plugin inherits.
const WITHHELD: [&str; 3] = ["SOPS_", "OP_", "EGGTOOTH_"];

impl Target {
    /// Returns the client's configuration and the context's name.
    pub(super) async fn config(&self) -> Result<(Config, String), KubernetesError> {
        let (mut config, context) = match self.load()? {
            Some(kubeconfig) => self.of_kubeconfig(kubeconfig).await?,
            None if self.server.leads_somewhere() => self.of_kubeconfig(Kubeconfig::default()).await?,
            None => (self.of_pod()?, "in-cluster".to_owned()),
        };
        config.connect_timeout = Some(CONNECT);
        // Ours: with deadlines, and told through the progress.
        config.default_retry = false;
        self.withhold(&mut config.auth_info);
        Ok((config, context))
    }

    async fn of_kubeconfig(&self, kubeconfig: Kubeconfig) -> Result<(Config, String), KubernetesError> {
        let kubeconfig = self.server.over(kubeconfig, self.context.as_deref());
        let context = self.context.clone().or_else(|| kubeconfig.current_context.clone()).unwrap_or_default();
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(KubernetesError::Kubeconfig)?;
        Ok((config, context))
    }

    fn of_pod(&self) -> Result<Config, KubernetesError> {
        let host = self.environment.get("KUBERNETES_SERVICE_HOST");
        let port = self.environment.get("KUBERNETES_SERVICE_PORT");
        let (Some(host), Some(port)) = (host, port) else {
            return Err(KubernetesError::NoCluster { path: self.default_path() });
        };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let address = format!("https://{host}:{port}");
        let mut config = Config::incluster_dns().map_err(KubernetesError::InCluster)?;
        config.cluster_url =
            address.parse().map_err(|source| KubernetesError::Address { address, source })?;
        Ok(config)
    }

    /// Reads the kubeconfig files, merged as kubectl merges them; `None` where there is none at all.
    fn load(&self) -> Result<Option<Kubeconfig>, KubernetesError> {
        let read = |path: &Path| Kubeconfig::read_from(path).map_err(KubernetesError::Kubeconfig);
        if let Some(path) = &self.kubeconfig {
            return read(path).map(Some);
        }
        let listed: Vec<PathBuf> = self
            .environment
            .get("KUBECONFIG")
            .map(|paths| std::env::split_paths(paths).filter(|path| !path.as_os_str().is_empty()).collect())
            .unwrap_or_default();
        if listed.is_empty() {
            let path = self.default_path();
            return if path.exists() { read(&path).map(Some) } else { Ok(None) };
        }
        let mut merged = Kubeconfig::default();
        for path in listed.iter().filter(|path| listed.len() == 1 || path.exists()) {
            merged = merged.merge(read(path)?).map_err(KubernetesError::Kubeconfig)?;
        }
        Ok(Some(merged))
    }

    fn default_path(&self) -> PathBuf {
        let home = self.environment.get("HOME").map(String::as_str).unwrap_or_default();
        Path::new(home).join(".kube").join("config")
    }

    /// A variable that the kubeconfig itself gives the plugin is the user's explicit wish and stays.
    fn withhold(&self, user: &mut AuthInfo) {
        // The `cmd-path` of this old form can't be kept from inheriting; kubectl dropped it in 1.26.
        if let Some(provider) = &mut user.auth_provider {
            provider.config.remove("cmd-path");
        }
        let Some(plugin) = &mut user.exec else { return };
        let given: Vec<&String> =
            plugin.env.iter().flatten().filter_map(|variable| variable.get("name")).collect();
        let withheld = self
            .environment
            .keys()
            .filter(|name| WITHHELD.iter().any(|prefix| name.starts_with(prefix)) && !given.contains(name));
        plugin.drop_env = Some(withheld.cloned().collect());
    }
}

/// Turns a failure to build the client into ours, without the plugin's environment and output that kube prints.
pub(super) fn explain(error: kube::Error, config: &Config, context: &str) -> KubernetesError {
    let context = context.to_owned();
    let plugin = config.auth_info.exec.as_ref();
    let command = plugin.and_then(|plugin| plugin.command.clone()).unwrap_or_default();
    let install = plugin.and_then(|plugin| plugin.install_hint.clone());
    match error {
        kube::Error::Auth(AuthError::AuthExecRun { out, .. }) => {
            let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
            KubernetesError::Plugin { context, command, reason: format!("{} {said}", out.status) }
        }
        kube::Error::Auth(AuthError::AuthExecStart(error)) => KubernetesError::Plugin {
            context,
            command,
            reason: install.map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}")),
        },
        source => KubernetesError::Connect { context, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: dev
contexts:
- name: dev
  context: { cluster: dev, user: dev }
- name: production
  context: { cluster: dev, user: dev, namespace: eggs }
clusters:
- name: dev
  cluster: { server: 'https://127.0.0.1:6443' }
users:
- name: dev
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: plugin
      interactiveMode: Never
      env: [{ name: OP_ACCOUNT, value: nest }]
";

    fn target(folder: &Path, environment: &[(&str, &str)]) -> Target {
        std::fs::write(folder.join("config"), KUBECONFIG).unwrap();
        let environment = environment.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Target { kubeconfig: Some(folder.join("config")), context: None, environment, ..Target::default() }
    }

    #[tokio::test]
    async fn a_credential_plugin_gets_no_key_but_what_the_kubeconfig_gives_it() {
        let folder = tempfile::tempdir().unwrap();
        let variables =
            [("SOPS_AGE_KEY", "x"), ("OP_CONNECT_TOKEN", "x"), ("OP_ACCOUNT", "x"), ("PATH", "/bin")];
        let (config, context) = target(folder.path(), &variables).config().await.unwrap();
        assert_eq!(context, "dev");
        let withheld = config.auth_info.exec.unwrap().drop_env.unwrap();
        assert_eq!(withheld, ["OP_CONNECT_TOKEN", "SOPS_AGE_KEY"]);
    }

    #[tokio::test]
    async fn a_context_is_chosen_by_name_and_a_wrong_name_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut target = target(folder.path(), &[]);
        target.context = Some("production".into());
        assert_eq!(target.config().await.unwrap().0.default_namespace, "eggs");
        target.context = Some("nowhere".into());
        let error = target.config().await.unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("nowhere"));
    }

    #[tokio::test]
    async fn without_kubeconfig_and_pod_there_is_no_cluster() {
        let target = Target {
            environment: BTreeMap::from([("HOME".to_owned(), "/nonexistent".to_owned())]),
            ..Target::default()
        };
        let error = target.config().await.unwrap_err().to_string();
        assert!(error.contains("/nonexistent/.kube/config"), "{error}");
    }
}
