//! The client.

use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;

use super::answer::Environment;
use crate::remote::{Credential, Meter, Service, ServiceError};
use crate::resource::Value;
use crate::secret::Secret;

/// Pulumi ESC with an access token.
#[derive(Debug)]
pub struct PulumiEsc(Service);

/// Which environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The organization.
    pub organization: String,
    /// The project.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// A revision or a tag; without one, the latest.
    pub version: Option<String>,
}

/// Why an environment can't be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PulumiEscError {
    /// A part of the environment's name can't be in an address.
    #[error("`{0}` can't be a part of an environment's name at Pulumi ESC")]
    Name(String),
    /// The environment is not there, or not for this token.
    #[error(
        "there is no environment `{}/{}/{}` at Pulumi ESC that the token may open{}",
        .0.organization, .0.project, .0.environment, version(.0)
    )]
    NotFound(Address),
    /// No answer, or a refusal.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

fn version(address: &Address) -> String {
    address.version.as_ref().map(|version| format!(" in the version `{version}`")).unwrap_or_default()
}

#[derive(Deserialize)]
struct Session {
    id: String,
}

impl PulumiEsc {
    /// The service that Pulumi runs.
    pub const ADDRESS: &str = "https://api.pulumi.com";

    /// Returns the service at an address; sends nothing yet.
    pub fn new(address: &str, token: &Secret<String>) -> Result<Self, PulumiEscError> {
        let credential = Credential { header: header::AUTHORIZATION, scheme: "token ", token: token.clone() };
        let service = Service::new("Pulumi ESC", address, credential)?;
        let version = HeaderValue::from_static("application/vnd.pulumi+8");
        let source = HeaderName::from_static("x-pulumi-source");
        Ok(Self(service.header(header::ACCEPT, version).header(source, HeaderValue::from_static("eggtooth"))))
    }

    /// Says whether this is the service at an address with a token.
    pub fn is(&self, address: &str, token: &Secret<String>) -> bool {
        self.0.is(address, token)
    }

    /// Opens an environment and reads its values.
    pub async fn open(&self, address: &Address, meter: &Meter) -> Result<Value, PulumiEscError> {
        let Address { organization, project, environment, version } = address;
        let parts = [organization, project, environment];
        for part in parts.into_iter().chain(version) {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
            if part.is_empty() || part.len() > 100 || part.starts_with('.') || !part.chars().all(fits) {
                return Err(PulumiEscError::Name(part.clone()));
            }
        }
        let base = format!("/api/esc/environments/{organization}/{project}/{environment}");
        let versioned = match version {
            Some(version) => format!("{base}/versions/{version}"),
            None => base.clone(),
        };
        let missing = |error: ServiceError| match error {
            ServiceError::Status { status: 404, .. } => PulumiEscError::NotFound(address.clone()),
            error => PulumiEscError::Service(error),
        };
        let session: Session = self.0.post(&format!("{versioned}/open"), meter).await.map_err(missing)?;
        let id: String = url::form_urlencoded::byte_serialize(session.id.as_bytes()).collect();
        let opened: Environment = self.0.get(&format!("{base}/open/{id}"), meter).await?;
        Ok(opened.into_value())
    }
}
