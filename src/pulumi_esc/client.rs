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
    /// The session is gone.
    #[error(
        "Pulumi ESC opened the environment `{}/{}/{}`, but knows its session no longer: try again",
        .0.organization, .0.project, .0.environment
    )]
    Ended(Address),
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
        let missing = |meaning: fn(Address) -> PulumiEscError| {
            move |error: ServiceError| match error {
                ServiceError::Status { status: 404, .. } => meaning(address.clone()),
                error => PulumiEscError::Service(error),
            }
        };
        let session: Session = self
            .0
            .post(&format!("{versioned}/open"), meter)
            .await
            .map_err(missing(PulumiEscError::NotFound))?;
        let id: String = url::form_urlencoded::byte_serialize(session.id.as_bytes()).collect();
        let opened: Result<Environment, _> = self.0.get(&format!("{base}/open/{id}"), meter).await;
        Ok(opened.map_err(missing(PulumiEscError::Ended))?.into_value())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    fn address(environment: &str, version: Option<&str>) -> Address {
        let version = version.map(str::to_owned);
        Address {
            organization: "eggs".into(),
            project: "nest".into(),
            environment: environment.into(),
            version,
        }
    }

    async fn open(server: &MockServer, address: &Address) -> Result<Value, PulumiEscError> {
        let service = PulumiEsc::new(&server.uri(), &Secret::new("pul-chirp".to_owned())).unwrap();
        service.open(address, &Meter::default()).await
    }

    #[tokio::test]
    async fn an_environment_is_opened_in_its_version_and_read_with_its_marks() {
        let server = MockServer::start().await;
        let base = "/api/esc/environments/eggs/nest/prod";
        Mock::given(method("POST"))
            .and(path(format!("{base}/versions/stable/open")))
            .and(header("authorization", "token pul-chirp"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "id": "s/1" })))
            .mount(&server)
            .await;
        let properties = json!({ "password": { "value": "chirp", "secret": true, "trace": {} } });
        Mock::given(method("GET"))
            .and(path(format!("{base}/open/s%2F1")))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "properties": properties })))
            .mount(&server)
            .await;
        let value = open(&server, &address("prod", Some("stable"))).await.unwrap();
        assert_eq!(format!("{value:?}"), r#"{"password": [secret]}"#);
    }

    #[tokio::test]
    async fn each_refusal_is_told_and_holds_nothing_of_the_token() {
        let failure = |code: u16, message: &str| {
            ResponseTemplate::new(code).set_body_json(json!({ "code": code, "message": message }))
        };
        for (response, expected) in [
            (failure(401, "Unauthorized: No credentials"), "refused the credential: Unauthorized"),
            (failure(403, "token pul-chirp may not"), "does not allow /api/esc/environments/eggs/nest/prod"),
            (failure(404, "not found"), "there is no environment `eggs/nest/prod` at Pulumi ESC"),
            (failure(400, "environment has errors"), "with 400: environment has errors"),
            (ResponseTemplate::new(200).set_body_string("<html>"), "is there a proxy"),
        ] {
            let server = MockServer::start().await;
            Mock::given(method("POST")).respond_with(response).mount(&server).await;
            let said = open(&server, &address("prod", None)).await.unwrap_err().to_string();
            assert!(said.contains(expected) && !said.contains("chirp"), "{said}");
        }
    }

    #[tokio::test]
    async fn a_name_that_can_be_no_part_of_an_address_is_not_sent() {
        let server = MockServer::start().await;
        for name in ["", "..", "a/b", "a b", "a?b"] {
            let error = open(&server, &address(name, None)).await.unwrap_err();
            assert!(matches!(error, PulumiEscError::Name(_)), "{name}");
        }
        assert_eq!(server.received_requests().await.unwrap().len(), 0);
    }
}
