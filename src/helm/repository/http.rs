//! Requests to a repository over HTTP: tried again where that may help, and never without a limit.

use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, StatusCode, Url};

use super::access::{Access, Login};
use super::patience::patiently;
use super::{RepositoryError, without_password};

/// Indexes of large repositories have some tens of megabytes.
pub(super) const LIMIT: u64 = 128 * 1024 * 1024;

/// A repository's server.
pub(super) struct Http {
    client: Client,
    repository: String,
    /// Whom the login is for: no other host gets it, unless the user said so.
    host: Option<(String, Option<u16>)>,
    login: Option<Login>,
    pass_credentials: bool,
}

/// What the server sent.
pub(super) enum Answer {
    Unchanged,
    Bytes { bytes: Vec<u8>, tag: Option<String> },
}

impl Http {
    /// Prepares for a repository. Nothing is sent yet.
    pub(super) fn new(repository: &str, access: &Access) -> Result<Self, RepositoryError> {
        Ok(Self {
            client: access.client()?,
            repository: without_password(repository),
            host: Url::parse(repository).ok().and_then(|address| host(&address)),
            login: access.login.clone(),
            pass_credentials: access.pass_credentials,
        })
    }

    /// Fetches a file, whole.
    pub(super) async fn bytes(&self, address: Url) -> Result<Vec<u8>, RepositoryError> {
        match self.get(address, None).await? {
            Answer::Bytes { bytes, .. } => Ok(bytes),
            Answer::Unchanged => Ok(Vec::new()),
        }
    }

    /// Fetches a file unless it is the one of which `tag` was told before.
    pub(super) async fn get(&self, address: Url, tag: Option<&str>) -> Result<Answer, RepositoryError> {
        patiently(|| self.once(address.clone(), tag)).await
    }

    async fn once(&self, address: Url, tag: Option<&str>) -> Result<Answer, RepositoryError> {
        // An address may hold a password; the error must not.
        let down = |error: reqwest::Error| RepositoryError::Down {
            repository: self.repository.clone(),
            source: error.without_url(),
        };
        let file = address.path().to_owned();
        let too_large = || RepositoryError::TooLarge {
            repository: self.repository.clone(),
            file: file.clone(),
            limit: LIMIT,
        };
        let mut request = self.client.get(address.clone());
        if let Some(login) = self.login.as_ref().filter(|_| self.is_trusted(&address)) {
            #[expect(clippy::disallowed_methods, reason = "the Authorization header is where a login goes")]
            let password = login.password.expose();
            request = request.basic_auth(&login.username, Some(password));
        }
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let mut response = request.send().await.map_err(down)?;
        if response.status() == StatusCode::NOT_MODIFIED && tag.is_some() {
            return Ok(Answer::Unchanged);
        }
        if response.status() != StatusCode::OK {
            return Err(RepositoryError::Status {
                repository: self.repository.clone(),
                status: response.status().as_u16(),
                file,
            });
        }
        if response.content_length().is_some_and(|length| length > LIMIT) {
            return Err(too_large());
        }
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(down)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > LIMIT {
                return Err(too_large());
            }
        }
        Ok(Answer::Bytes { bytes, tag })
    }

    fn is_trusted(&self, address: &Url) -> bool {
        self.pass_credentials || host(address) == self.host
    }
}

fn host(address: &Url) -> Option<(String, Option<u16>)> {
    Some((address.host_str()?.to_owned(), address.port_or_known_default()))
}
