//! What a user told Helm and Docker before: repositories by name, and the logins of registries.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value as Json;

use super::access::{Access, Login, read};
use super::{RepositoryError, helper};
use crate::secret::Secret;
use crate::yaml;

/// Where those files are.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `repositories.yaml`, as `helm repo add` writes it.
    pub repositories: Option<PathBuf>,
    /// Files with logins, in the order in which they are asked: Helm's, then Docker's.
    pub registries: Vec<PathBuf>,
    /// The folders with programs: where `docker-credential-…` is looked for.
    pub path: Option<String>,
}

/// A repository that has a name here.
pub(super) struct Named {
    pub(super) address: String,
    pub(super) access: Access,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    repositories: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    url: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    cert_file: PathBuf,
    #[serde(default)]
    key_file: PathBuf,
    #[serde(default)]
    ca_file: PathBuf,
    #[serde(default, rename = "insecure_skip_tls_verify")]
    insecure: bool,
    #[serde(default, rename = "pass_credentials_all")]
    pass_credentials: bool,
}

impl Settings {
    /// Finds the files by the variables that Helm and Docker look at.
    pub fn of(variables: &BTreeMap<String, String>) -> Self {
        let at = |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let helm = at("HELM_CONFIG_HOME")
            .or_else(|| Some(at("XDG_CONFIG_HOME")?.join("helm")))
            .or_else(|| Some(at("HOME")?.join(".config/helm")));
        let docker = at("DOCKER_CONFIG").or_else(|| Some(at("HOME")?.join(".docker")));
        let of_helm =
            at("HELM_REGISTRY_CONFIG").or_else(|| Some(helm.as_ref()?.join("registry/config.json")));
        let of_docker = docker.map(|folder| folder.join("config.json"));
        Self {
            repositories: at("HELM_REPOSITORY_CONFIG").or_else(|| Some(helm?.join("repositories.yaml"))),
            registries: of_helm.into_iter().chain(of_docker).collect(),
            path: variables.get("PATH").cloned(),
        }
    }

    /// Returns the repository that has this name, if one has.
    pub(super) fn repository(&self, name: &str) -> Result<Option<Named>, RepositoryError> {
        self.first(|entry| entry.name == name)
    }

    /// Returns the repository that has this address, if one has a name here.
    pub(super) fn repository_at(&self, address: &str) -> Result<Option<Named>, RepositoryError> {
        self.first(|entry| entry.url.trim_end_matches('/') == address.trim_end_matches('/'))
    }

    fn first(&self, is_meant: impl Fn(&Entry) -> bool) -> Result<Option<Named>, RepositoryError> {
        let Some(path) = self.repositories.as_ref().filter(|path| path.exists()) else { return Ok(None) };
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let json = yaml::read_json(&text, yaml::Flavour::GoYamlV2)
            .map_err(|source| RepositoryError::Repositories { path: path.clone(), source: source.into() })?;
        let file: File = serde_json::from_value(json)
            .map_err(|source| RepositoryError::Repositories { path: path.clone(), source: source.into() })?;
        Ok(file.repositories.into_iter().find(is_meant).map(Named::from))
    }

    /// Returns the login that is kept for a registry's host.
    pub(super) async fn login(&self, host: &str) -> Result<Option<Login>, RepositoryError> {
        for path in self.registries.iter().filter(|path| path.exists()) {
            let unreadable = |source| RepositoryError::Logins { path: path.clone(), source };
            let config: Json = serde_json::from_slice(&read(path)?).map_err(unreadable)?;
            let program = config
                .pointer("/credHelpers")
                .and_then(|helpers| helpers.get(host))
                .or_else(|| config.get("credsStore"));
            if let Some(program) = program.and_then(Json::as_str).filter(|name| !name.is_empty())
                && let Some(login) = helper::ask(program, host, self.path.as_deref()).await?
            {
                return Ok(Some(login));
            }
            if let Some(login) = written(&config, host) {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }
}

impl From<Entry> for Named {
    fn from(entry: Entry) -> Self {
        let set = |path: PathBuf| (!path.as_os_str().is_empty()).then_some(path);
        let login = (!entry.username.is_empty())
            .then(|| Login { username: entry.username, password: Secret::new(entry.password) });
        let access = Access {
            login,
            authorities: set(entry.ca_file),
            identity: set(entry.cert_file).zip(set(entry.key_file)),
            insecure: entry.insecure,
            plain_http: false,
            pass_credentials: entry.pass_credentials,
        };
        Self { address: entry.url, access }
    }
}

/// Returns the login that the file itself holds, under any of the forms in which hosts are written there.
fn written(config: &Json, host: &str) -> Option<Login> {
    let logins = config.get("auths")?.as_object()?;
    let is_host = |key: &str| {
        let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
        bare.split('/').next() == Some(host)
    };
    let (_, login) = logins.iter().find(|(key, login)| is_host(key) && login.get("auth").is_some())?;
    let decoded = STANDARD.decode(login.get("auth")?.as_str()?).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (username, password) = decoded.split_once(':')?;
    let password = password.trim_end_matches('\0').to_owned();
    Some(Login { username: username.to_owned(), password: Secret::new(password) })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "made-up logins")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_login_is_found_under_each_form_of_its_host() {
        let auth = STANDARD.encode("ada:engine:1");
        for key in ["charts.test", "https://charts.test", "https://charts.test/v1/"] {
            let config = json!({"auths": {"other.test": {"auth": "eA=="}, key: {"auth": auth}}});
            let login = written(&config, "charts.test").unwrap();
            assert_eq!((login.username.as_str(), login.password.expose().as_str()), ("ada", "engine:1"));
        }
        assert!(written(&json!({"auths": {"charts.test": {}}}), "charts.test").is_none());
        assert!(written(&json!({"auths": {"charts.test.evil": {"auth": auth}}}), "charts.test").is_none());
    }

    #[test]
    fn the_files_are_where_helm_and_docker_keep_them() {
        let variables = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let usual = Settings::of(&variables(&[("HOME", "/h")]));
        assert_eq!(usual.repositories.unwrap().to_str(), Some("/h/.config/helm/repositories.yaml"));
        assert_eq!(usual.registries[0].to_str(), Some("/h/.config/helm/registry/config.json"));
        assert_eq!(usual.registries[1].to_str(), Some("/h/.docker/config.json"));
        let told =
            [("HOME", "/h"), ("HELM_REGISTRY_CONFIG", "/r.json"), ("HELM_REPOSITORY_CONFIG", "/r.yaml")];
        let told = Settings::of(&variables(&told));
        assert_eq!(told.registries[0].to_str(), Some("/r.json"));
        assert_eq!(told.repositories.unwrap().to_str(), Some("/r.yaml"));
    }
}
