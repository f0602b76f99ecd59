//! One service with one credential.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use zeroize::Zeroizing;

use super::{Meter, ServiceError, said::said};
use crate::secret::Secret;

/// A service at an address, asked with a credential.
pub struct Service {
    name: &'static str,
    address: String,
    credential: Credential,
    headers: Vec<(HeaderName, HeaderValue)>,
    standing: AsyncMutex<Standing>,
    answers: Mutex<HashMap<String, Arc<OnceCell<Answer>>>>,
}

/// A header that proves who asks.
#[derive(Clone, PartialEq)]
pub struct Credential {
    /// The header's name.
    pub header: HeaderName,
    /// What stands before the secret, with its space: `Bearer `.
    pub scheme: &'static str,
    /// The token.
    pub token: Secret<String>,
}

/// What is known of the credential.
enum Standing {
    Untried,
    Accepted,
    Refused(ServiceError),
}

type Answer = Result<Arc<Zeroizing<Vec<u8>>>, ServiceError>;

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// No secret is larger.
const LIMIT: usize = 16 << 20;
/// How much of what a service says is shown, in characters.
const LONGEST: usize = 600;
/// What will pass is tried again after these pauses.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(900)];

impl Service {
    /// Returns the service `name` at an address; sends nothing yet. Blanks around the token are dropped.
    #[expect(clippy::disallowed_methods, reason = "only whether it can be a header is looked at")]
    pub fn new(name: &'static str, address: &str, mut credential: Credential) -> Result<Self, ServiceError> {
        let trimmed = address.trim().trim_end_matches('/');
        let is_http = url::Url::parse(trimmed)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty());
        if !is_http {
            return Err(ServiceError::Address { service: name, address: address.to_owned() });
        }
        let token = credential.token.expose().trim().to_owned();
        credential.token = Secret::new(token);
        let service = Self {
            name,
            address: trimmed.to_owned(),
            credential,
            headers: Vec::new(),
            standing: AsyncMutex::new(Standing::Untried),
            answers: Mutex::default(),
        };
        service.proof()?;
        Ok(service)
    }

    /// Sends a header with each request.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says whether this is the service at an address with a credential.
    #[expect(clippy::disallowed_methods, reason = "one secret is compared with another")]
    pub fn is(&self, address: &str, token: &Secret<String>) -> bool {
        self.address == address.trim().trim_end_matches('/')
            && self.credential.token.expose() == token.expose().trim()
    }

    /// Reads what is at a path. Asked again, it gives the first answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, meter: &Meter) -> Result<T, ServiceError> {
        let body = self.content(path, meter).await?;
        serde_json::from_slice(&body).map_err(|_| self.not_its_form(path))
    }

    /// Reads the bytes at a path. Asked again, it gives the first answer.
    pub async fn content(&self, path: &str, meter: &Meter) -> Answer {
        let answer = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(path.to_owned()).or_default())
        };
        answer.get_or_init(|| self.send(Method::GET, path, None, meter)).await.clone()
    }

    /// Sends an empty POST and reads the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, meter: &Meter) -> Result<T, ServiceError> {
        let body = self.send(Method::POST, path, None, meter).await?;
        serde_json::from_slice(&body).map_err(|_| self.not_its_form(path))
    }

    /// Puts JSON at a path; the answer is not looked at. What was read there before is read anew.
    pub async fn put(&self, path: &str, body: &[u8], meter: &Meter) -> Result<(), ServiceError> {
        let answer = self.send(Method::PUT, path, Some(body), meter).await;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        answer.map(|_| ())
    }

    /// Sends a request when the credential may be sent.
    async fn send(&self, method: Method, path: &str, body: Option<&[u8]>, meter: &Meter) -> Answer {
        let mut standing = self.standing.lock().await;
        match &*standing {
            Standing::Refused(refusal) => return Err(refusal.clone()),
            Standing::Accepted => {}
            // The first request goes alone: others wait for what becomes of the credential.
            Standing::Untried => {
                let answer = self.try_to_send(&method, path, body, meter).await;
                match &answer {
                    Err(refusal @ ServiceError::Refused { .. }) => {
                        *standing = Standing::Refused(refusal.clone());
                    }
                    Err(error) if error.status().is_none() => {}
                    Ok(_) | Err(_) => *standing = Standing::Accepted,
                }
                return answer;
            }
        }
        drop(standing);
        let answer = self.try_to_send(&method, path, body, meter).await;
        if let Err(refusal @ ServiceError::Refused { .. }) = &answer {
            *self.standing.lock().await = Standing::Refused(refusal.clone());
        }
        answer
    }

    /// Tries again what will pass: a server that is busy, or a gateway before one that is about to start.
    async fn try_to_send(&self, method: &Method, path: &str, body: Option<&[u8]>, meter: &Meter) -> Answer {
        for pause in PAUSES {
            match self.send_once(method, path, body, meter).await {
                Err(ServiceError::Status { status: 408 | 429 | 502 | 503 | 504, .. }) => {
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        self.send_once(method, path, body, meter).await
    }

    async fn send_once(&self, method: &Method, path: &str, body: Option<&[u8]>, meter: &Meter) -> Answer {
        meter.count();
        let unreachable = |source: reqwest::Error| {
            let (service, address) = (self.name, self.address.clone());
            if source.is_timeout() && !source.is_connect() {
                let path = path.to_owned();
                return ServiceError::Silent { service, address, path, seconds: ANSWER.as_secs() };
            }
            ServiceError::Unreachable { service, address, source: Arc::new(source.without_url()) }
        };
        let mut request = client()?
            .request(method.clone(), format!("{}{path}", self.address))
            .timeout(ANSWER)
            .header(self.credential.header.clone(), self.proof()?);
        for (name, value) in &self.headers {
            request = request.header(name.clone(), value.clone());
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Zeroizing::new(Vec::new());
        while let Some(part) = response.chunk().await.map_err(unreachable)? {
            if body.len() + part.len() > LIMIT {
                let (path, address) = (path.to_owned(), self.address.clone());
                return Err(ServiceError::TooLarge { service: self.name, address, path, limit: LIMIT });
            }
            body.extend_from_slice(&part);
        }
        if status.is_success() { Ok(Arc::new(body)) } else { Err(self.failure(status, path, &body)) }
    }

    fn failure(&self, status: http::StatusCode, path: &str, body: &[u8]) -> ServiceError {
        let (service, address, path) = (self.name, self.address.clone(), path.to_owned());
        let message = self.message(status, body);
        match status.as_u16() {
            401 => ServiceError::Refused { service, address, message },
            // Vault's way to refuse a token.
            403 if message.contains("invalid token") => ServiceError::Refused { service, address, message },
            403 => ServiceError::Forbidden { service, address, path, message },
            status => ServiceError::Status { service, address, path, status, message },
        }
    }

    /// Returns what the service says of a failure: its message if it gives one, else what the status means.
    #[expect(clippy::disallowed_methods, reason = "the credential is taken out of the message")]
    fn message(&self, status: http::StatusCode, body: &[u8]) -> String {
        let meaning = status.canonical_reason().unwrap_or("no reason is given");
        let message = said(body).unwrap_or_else(|| meaning.to_owned());
        let token = self.credential.token.expose();
        let message = if token.is_empty() { message } else { message.replace(token.as_str(), "[secret]") };
        message.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
    }

    pub(super) fn not_its_form(&self, path: &str) -> ServiceError {
        ServiceError::Form { service: self.name, address: self.address.clone(), path: path.to_owned() }
    }

    #[expect(clippy::disallowed_methods, reason = "the credential goes into the request's header")]
    fn proof(&self) -> Result<HeaderValue, ServiceError> {
        let proof = Zeroizing::new(format!("{}{}", self.credential.scheme, self.credential.token.expose()));
        let mut value =
            HeaderValue::from_str(&proof).map_err(|_| ServiceError::Unsendable { service: self.name })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Shows where, and nothing of the credential or the answers.
impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Service({} at {})", self.name, self.address)
    }
}

/// One client for all services: its setup reads the system's certificates. It follows no redirection, for a
/// credential is meant for one address.
fn client() -> Result<&'static reqwest::Client, ServiceError> {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    // Whoever was first installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("eggtooth/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|source| ServiceError::Client(Arc::new(source)))?;
    Ok(CLIENT.get_or_init(|| client))
}
