//! By what right and over which connection a repository is asked.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Certificate, Client, Identity};

use super::RepositoryError;
use crate::secret::Secret;

/// What a user says about the connection to a repository; the default suits a public one.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Who asks, where the repository wants to know.
    pub login: Option<Login>,
    /// A file with certificates of authorities (PEM) that are trusted besides the system's.
    pub authorities: Option<PathBuf>,
    /// Files with our own certificate and its key (PEM).
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Takes any certificate.
    pub insecure: bool,
    /// Asks a registry over HTTP without TLS.
    pub plain_http: bool,
    /// Sends the login to other hosts that an index points at, too.
    pub pass_credentials: bool,
}

/// A name and its password.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
}

pub(super) const CONNECT: Duration = Duration::from_secs(10);
pub(super) const READ: Duration = Duration::from_secs(30);
pub(super) const AGENT: &str = concat!("eggtooth/", env!("CARGO_PKG_VERSION"));

impl Access {
    /// Fills what was not said with what is known.
    pub(super) fn or(self, known: Self) -> Self {
        Self {
            login: self.login.or(known.login),
            authorities: self.authorities.or(known.authorities),
            identity: self.identity.or(known.identity),
            insecure: self.insecure || known.insecure,
            plain_http: self.plain_http || known.plain_http,
            pass_credentials: self.pass_credentials || known.pass_credentials,
        }
    }

    /// Returns the client for this connection. All that use the default share one, for its setup reads the system's
    /// certificates.
    pub(super) fn client(&self) -> Result<Client, RepositoryError> {
        static DEFAULT: OnceLock<Client> = OnceLock::new();
        if self.authorities.is_some() || self.identity.is_some() || self.insecure {
            return self.own_client();
        }
        if let Some(client) = DEFAULT.get() {
            return Ok(client.clone());
        }
        let client = self.own_client()?;
        Ok(DEFAULT.get_or_init(|| client).clone())
    }

    fn own_client(&self) -> Result<Client, RepositoryError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .user_agent(AGENT)
            .tls_danger_accept_invalid_certs(self.insecure);
        if let Some(path) = &self.authorities {
            let found = Certificate::from_pem_bundle(&read(path)?);
            let found = found.map_err(|source| RepositoryError::Pem { path: path.clone(), source })?;
            builder = builder.tls_certs_merge(found);
        }
        if let Some((certificate, key)) = &self.identity {
            let mut pem = read(key)?;
            pem.push(b'\n');
            pem.extend(read(certificate)?);
            let identity = Identity::from_pem(&pem);
            builder = builder.identity(
                identity.map_err(|source| RepositoryError::Pem { path: certificate.clone(), source })?,
            );
        }
        builder.build().map_err(RepositoryError::Client)
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, RepositoryError> {
    std::fs::read(path).map_err(|source| RepositoryError::Read { path: path.to_owned(), source })
}
