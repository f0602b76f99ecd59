//! A container's arguments and environment, as a kubelet would make them, with mount paths led to where the files are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, EnvVarSource, Pod};

use super::{Context, downward};
use crate::kubeconfig::{self, Credential};
use crate::network::Place;

const ACCOUNT_MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What a container's process starts with.
pub(crate) struct Environment {
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: BTreeMap<String, String>,
}

/// What the environment is made from.
pub(crate) struct Source<'a> {
    pub(crate) context: &'a Arc<Context>,
    pub(crate) pod: &'a Pod,
    pub(crate) container: &'a Container,
    pub(crate) place: &'a Place,
    /// Where the container's mounts are laid out: a mount path is a path below this folder.
    pub(crate) root: &'a Path,
}

impl Source<'_> {
    /// The error is a kubelet's message of a `CreateContainerConfigError`.
    pub(crate) fn resolve(&self) -> Result<Environment, String> {
        let mut variables = self.imported()?;
        for variable in self.container.env.iter().flatten() {
            let value = match (&variable.value, &variable.value_from) {
                (Some(value), _) => Some(expand(value, &variables)),
                (None, Some(source)) => self.referenced(source)?,
                (None, None) => Some(String::new()),
            };
            if let Some(value) = value {
                variables.insert(variable.name.clone(), value);
            }
        }
        let words = self.container.command.iter().flatten().chain(self.container.args.iter().flatten());
        let arguments = words.map(|word| self.rewrite(&expand(word, &variables))).collect();
        for value in variables.values_mut() {
            *value = self.rewrite(value);
        }
        self.add_own(&mut variables);
        Ok(Environment { arguments, variables })
    }

    /// `envFrom`.
    fn imported(&self) -> Result<BTreeMap<String, String>, String> {
        let mut variables = BTreeMap::new();
        for source in self.container.env_from.iter().flatten() {
            let prefix = source.prefix.as_deref().unwrap_or_default();
            if let Some(reference) = &source.config_map_ref {
                match self.context.objects.config_map(self.namespace(), &reference.name) {
                    Some(map) => variables.extend(
                        map.data
                            .iter()
                            .flatten()
                            .map(|(key, value)| (format!("{prefix}{key}"), value.clone())),
                    ),
                    None if reference.optional == Some(true) => {}
                    None => return Err(format!("configmap \"{}\" not found", reference.name)),
                }
            }
            if let Some(reference) = &source.secret_ref {
                match self.context.objects.secret(self.namespace(), &reference.name) {
                    Some(secret) => variables.extend(secret.data.iter().flatten().map(|(key, value)| {
                        (format!("{prefix}{key}"), String::from_utf8_lossy(&value.0).into_owned())
                    })),
                    None if reference.optional == Some(true) => {}
                    None => return Err(format!("secret \"{}\" not found", reference.name)),
                }
            }
        }
        Ok(variables)
    }

    /// `valueFrom`; `None` when an optional source is absent.
    fn referenced(&self, source: &EnvVarSource) -> Result<Option<String>, String> {
        let gateway = self.context.network.gateway();
        if let Some(field) = &source.field_ref {
            let value = downward::field(self.pod, &field.field_path, self.place.address, gateway);
            return value.map(Some).ok_or_else(|| format!("unsupported fieldPath: {}", field.field_path));
        }
        if let Some(selector) = &source.resource_field_ref {
            let value = downward::resource(self.container, selector);
            return value.map(Some).ok_or_else(|| format!("unsupported resource: {}", selector.resource));
        }
        if let Some(key) = &source.secret_key_ref {
            let Some(secret) = self.context.objects.secret(self.namespace(), &key.name) else {
                return absent(key.optional, || format!("secret \"{}\" not found", key.name));
            };
            let value = secret.data.as_ref().and_then(|data| data.get(&key.key));
            return match value {
                Some(value) => Ok(Some(String::from_utf8_lossy(&value.0).into_owned())),
                None => absent(key.optional, || {
                    format!("couldn't find key {} in Secret {}/{}", key.key, self.namespace(), key.name)
                }),
            };
        }
        let Some(key) = &source.config_map_key_ref else { return Ok(None) };
        let Some(map) = self.context.objects.config_map(self.namespace(), &key.name) else {
            return absent(key.optional, || format!("configmap \"{}\" not found", key.name));
        };
        match map.data.as_ref().and_then(|data| data.get(&key.key)) {
            Some(value) => Ok(Some(value.clone())),
            None => absent(key.optional, || {
                format!("couldn't find key {} in ConfigMap {}/{}", key.key, self.namespace(), key.name)
            }),
        }
    }

    /// What the runtime and the node add, and a kubeconfig where a token is mounted.
    fn add_own(&self, variables: &mut BTreeMap<String, String>) {
        let gateway = self.context.network.gateway().to_string();
        let own = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOSTNAME", self.pod.metadata.name.as_deref().unwrap_or_default()),
            ("KUBERNETES_SERVICE_HOST", &gateway),
            ("KUBERNETES_SERVICE_PORT", "443"),
        ];
        for (name, value) in own {
            variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let connect = self.context.connect.display().to_string();
        variables.insert(crate::connect::FOLDER.to_owned(), connect);
        let token = under(self.root, ACCOUNT_MOUNT).join("token");
        if token.exists() {
            let credential = Credential::TokenFile(token.to_str().expect("a path of ours"));
            let text = kubeconfig::write(
                &self.context.server,
                &self.context.authority,
                &credential,
                self.namespace(),
            );
            let path = self.root.join("kubeconfig");
            if std::fs::write(&path, text).is_ok() {
                variables.insert("KUBECONFIG".to_owned(), path.display().to_string());
            }
        }
    }

    /// Leads every mount path in `text` below the container's root.
    fn rewrite(&self, text: &str) -> String {
        let mut paths: Vec<&str> = self
            .container
            .volume_mounts
            .iter()
            .flatten()
            .map(|mount| mount.mount_path.trim_end_matches('/'))
            .collect();
        // The longest first: each place is led only once.
        paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
        let mut result = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let starts_path = result.chars().last().is_none_or(|before| "=:, \"'".contains(before));
            let ends_path =
                |path: &str| rest[path.len()..].chars().next().is_none_or(|after| "/:, \"'".contains(after));
            let mount =
                paths.iter().find(|path| !path.is_empty() && rest.starts_with(**path) && ends_path(path));
            if let Some(path) = mount.filter(|_| starts_path) {
                result.push_str(&under(self.root, path).display().to_string());
                rest = &rest[path.len()..];
            } else {
                result.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        result
    }

    fn namespace(&self) -> &str {
        self.pod.metadata.namespace.as_deref().unwrap_or("default")
    }
}

/// The place of an absolute path below a root.
pub(crate) fn under(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn absent(optional: Option<bool>, message: impl FnOnce() -> String) -> Result<Option<String>, String> {
    if optional == Some(true) { Ok(None) } else { Err(message()) }
}

/// `$(NAME)` becomes the variable's value, `$$` a dollar; unknown names stay as they are.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            result.push_str(variables.get(name).unwrap_or(&format!("$({name})")));
            rest = after;
        } else {
            result.push('$');
        }
    }
    result + rest
}
