//! The shapes that the users of Secrets expect: type, keys and labels of each.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::resource::Value;
use crate::secret::Secret;

/// What a Secret is made of, by name.
pub type Values = BTreeMap<String, Secret<String>>;

/// What a Secret is for: it decides on the Secret's type, its keys, and the labels by which its users find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Shape {
    /// Any keys.
    #[default]
    Opaque,
    /// Pulls images: `registry`, `username` and `token` become a `.dockerconfigjson`.
    ImagePull,
    /// A certificate with its key: `tls.crt`, `tls.key`, perhaps `ca.crt`.
    Tls,
    /// An SSH key: `ssh-privatekey`, perhaps `ssh-publickey` and `known_hosts`.
    Ssh,
    /// An OAuth application: `client-id`, `client-secret`.
    Oauth,
    /// A user of a git server: `username`, `password`, perhaps `repoURL`.
    Git,
    /// A repository of Argo CD: `url`, and how to get at it.
    ArgocdRepository,
    /// What several repositories of Argo CD share: the `url` that theirs begin with, and how to get at them.
    ArgocdRepoCreds,
    /// A cluster of Argo CD: `name`, `server`, `config`.
    ArgocdCluster,
    /// The client's configuration of Talos: `talosconfig`.
    Talos,
    /// Flux's access to git by SSH: `identity`, `identity.pub`, `known_hosts`.
    FluxGit,
    /// Flux's key of encrypted files: `age.agekey`.
    FluxSops,
    /// cert-manager's token for DNS at Cloudflare: `api-token`.
    CloudflareToken,
    /// A tunnel of Cloudflare, as `cloudflared` takes it: `token`.
    CloudflareTunnel,
    /// Access to Pulumi's service: `PULUMI_ACCESS_TOKEN`.
    PulumiAccessToken,
}

/// What is wrong with the values for a shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A value that the shape needs.
    #[error("the value `{0}` is missing")]
    Missing(&'static str),
    /// A value that the shape has no place for.
    #[error("there is no place for the value `{0}`")]
    Unknown(String),
    /// Nothing to put into the Secret.
    #[error("a Secret without values")]
    Empty,
    /// Neither a certificate nor a key.
    #[error("the value `{0}` is no PEM")]
    NotPem(String),
    /// A token that was not copied as it is.
    #[error("the value `{0}` is empty or has white space in it, so it is no token")]
    NotToken(String),
}

struct Form {
    secret_type: &'static str,
    required: &'static [&'static str],
    /// `None` where any other keys will do.
    optional: Option<&'static [&'static str]>,
    label: Option<(&'static str, &'static str)>,
}

const OPAQUE: &str = "Opaque";
const ARGOCD: &str = "argocd.argoproj.io/secret-type";
const ARGOCD_ACCESS: &[&str] = &[
    "type",
    "name",
    "project",
    "proxy",
    "username",
    "password",
    "sshPrivateKey",
    "insecure",
    "enableLfs",
    "enableOCI",
    "tlsClientCertData",
    "tlsClientCertKey",
    "githubAppID",
    "githubAppInstallationID",
    "githubAppPrivateKey",
];

impl Shape {
    /// Returns the Secret's type.
    pub fn secret_type(self) -> &'static str {
        self.form().secret_type
    }

    /// Returns the label by which its users find it.
    pub fn label(self) -> Option<(&'static str, &'static str)> {
        self.form().label
    }

    /// Returns the Secret's data, its values hidden.
    ///
    /// # Errors
    /// Everything that is wrong with the values.
    pub fn data(self, values: &Values) -> Result<BTreeMap<String, Value>, Vec<ShapeError>> {
        let problems = self.problems(values);
        if !problems.is_empty() {
            return Err(problems);
        }
        if self == Self::ImagePull {
            return Ok([(".dockerconfigjson".to_owned(), docker_config(values))].into());
        }
        let value = |value: &Secret<String>| {
            if self.is_token() {
                Value::from(trimmed(value).to_owned()).secret()
            } else {
                Value::from(value.clone())
            }
        };
        Ok(values.iter().map(|(key, text)| (key.clone(), value(text))).collect())
    }

    /// Whether each value is a token, which files and commands like to end with a new line.
    fn is_token(self) -> bool {
        matches!(self, Self::CloudflareToken | Self::CloudflareTunnel | Self::PulumiAccessToken)
    }

    fn problems(self, values: &Values) -> Vec<ShapeError> {
        let Form { required, optional, .. } = self.form();
        let missing = required.iter().filter(|&&key| !values.contains_key(key));
        let mut problems: Vec<ShapeError> = missing.map(|&key| ShapeError::Missing(key)).collect();
        if let Some(optional) = optional {
            let known = |key: &str| required.contains(&key) || optional.contains(&key);
            let unknown = values.keys().filter(|key| !known(key));
            problems.extend(unknown.cloned().map(ShapeError::Unknown));
        }
        if values.is_empty() && required.is_empty() {
            problems.push(ShapeError::Empty);
        }
        if self == Self::Tls {
            let broken = values.iter().filter(|(_, value)| !is_pem(value));
            problems.extend(broken.map(|(key, _)| ShapeError::NotPem(key.clone())));
        }
        if self.is_token() {
            let broken = values.iter().filter(|(_, value)| {
                let token = trimmed(value);
                token.is_empty() || token.contains(char::is_whitespace)
            });
            problems.extend(broken.map(|(key, _)| ShapeError::NotToken(key.clone())));
        }
        problems
    }

    fn form(self) -> Form {
        let form = |secret_type, required, optional, label| Form { secret_type, required, optional, label };
        let argocd = |required, kind| form(OPAQUE, required, Some(ARGOCD_ACCESS), Some((ARGOCD, kind)));
        match self {
            Self::Opaque => form(OPAQUE, &[], None, None),
            Self::ImagePull => {
                form("kubernetes.io/dockerconfigjson", &["registry", "username", "token"], Some(&[]), None)
            }
            Self::Tls => form("kubernetes.io/tls", &["tls.crt", "tls.key"], Some(&["ca.crt"]), None),
            Self::Ssh => form(
                "kubernetes.io/ssh-auth",
                &["ssh-privatekey"],
                Some(&["ssh-publickey", "known_hosts"]),
                None,
            ),
            Self::Oauth => form(OPAQUE, &["client-id", "client-secret"], None, None),
            Self::Git => {
                form("kubernetes.io/basic-auth", &["username", "password"], Some(&["repoURL"]), None)
            }
            Self::ArgocdRepository => argocd(&["url"], "repository"),
            Self::ArgocdRepoCreds => argocd(&["url"], "repo-creds"),
            Self::ArgocdCluster => form(
                OPAQUE,
                &["name", "server", "config"],
                Some(&["namespaces", "clusterResources", "project", "shard"]),
                Some((ARGOCD, "cluster")),
            ),
            Self::Talos => form(OPAQUE, &["talosconfig"], Some(&[]), None),
            Self::FluxGit => {
                form(OPAQUE, &["identity", "known_hosts"], Some(&["identity.pub", "password"]), None)
            }
            Self::FluxSops => form(OPAQUE, &["age.agekey"], None, None),
            Self::CloudflareToken => form(OPAQUE, &["api-token"], Some(&[]), None),
            Self::CloudflareTunnel => form(OPAQUE, &["token"], Some(&[]), None),
            Self::PulumiAccessToken => form(OPAQUE, &["PULUMI_ACCESS_TOKEN"], Some(&[]), None),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the token moves on, hidden, into a Secret's data")]
fn trimmed(value: &Secret<String>) -> &str {
    value.expose().trim()
}

#[expect(clippy::disallowed_methods, reason = "only the first bytes are looked at, and none is shown")]
fn is_pem(value: &Secret<String>) -> bool {
    value.expose().trim_start().starts_with("-----BEGIN ")
}

#[expect(clippy::disallowed_methods, reason = "the token moves on, hidden, into a Secret's data")]
fn docker_config(values: &Values) -> Value {
    let text = |key: &str| values.get(key).map(|value| value.expose().trim()).unwrap_or_default();
    let (username, password) = (text("username"), text("token"));
    let auth = STANDARD.encode(format!("{username}:{password}"));
    let entry = serde_json::json!({ "username": username, "password": password, "auth": auth });
    let registry = text("registry");
    Value::from(serde_json::json!({ "auths": { registry: entry } }).to_string()).secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::new((*value).to_owned()))).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at what was made")]
    fn user_and_token_become_what_the_kubelet_reads() {
        let values = values(&[("registry", "ghcr.io"), ("username", "bot"), ("token", "t\n")]);
        let data = Shape::ImagePull.data(&values).unwrap();
        let Value::Secret(text) = &data[".dockerconfigjson"] else { panic!("it is not hidden") };
        let config: serde_json::Value = serde_json::from_str(text.expose().as_str().unwrap()).unwrap();
        let wanted = serde_json::json!({"username": "bot", "password": "t", "auth": "Ym90OnQ="});
        assert_eq!(config["auths"]["ghcr.io"], wanted);
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        assert_eq!(
            Shape::Tls.data(&values(&[("tls.crt", "no"), ("key", "-----BEGIN X")])).unwrap_err(),
            [
                ShapeError::Missing("tls.key"),
                ShapeError::Unknown("key".into()),
                ShapeError::NotPem("tls.crt".into()),
            ]
        );
        assert_eq!(Shape::Opaque.data(&Values::new()).unwrap_err(), [ShapeError::Empty]);
        assert!(Shape::Opaque.data(&values(&[("anything", "goes")])).is_ok());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at what was made")]
    fn a_token_ends_where_it_ends_and_is_one_word() {
        let data = Shape::CloudflareTunnel.data(&values(&[("token", "t\n")])).unwrap();
        let Value::Secret(text) = &data["token"] else { panic!("it is not hidden") };
        assert_eq!(text.expose().as_str(), Some("t"));
        for broken in ["", " \n", "a b", "a\nb"] {
            let problems = Shape::CloudflareToken.data(&values(&[("api-token", broken)])).unwrap_err();
            assert_eq!(problems, [ShapeError::NotToken("api-token".into())], "{broken:?}");
        }
    }

    #[test]
    fn argo_cd_finds_its_secrets_by_their_label() {
        assert_eq!(Shape::ArgocdRepoCreds.label(), Some((ARGOCD, "repo-creds")));
        assert!(Shape::ArgocdRepository.data(&values(&[("url", "u"), ("sshPrivateKey", "k")])).is_ok());
        assert!(Shape::ArgocdCluster.data(&values(&[("url", "u")])).is_err());
    }
}
