//! The connection to one cluster: requests with deadlines and retries, warnings, identity.
//!
//! Bodies are written and read here and not by `kube`, which logs what it can't parse: the body of a Secret must
//! be in no log, at no level.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::{Body, ClientBuilder};
use serde::de::DeserializeOwned;
use tokio::sync::RwLock;
use zeroize::Zeroizing;

use super::{
    Discovery, KubernetesError, Target, connect,
    guard::{Guard, WritingUnder},
    status::Status,
};
use crate::resource::Permit;

/// A connection to a cluster; cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    service: kube::Client,
    guard: Arc<Guard>,
    context: String,
    warnings: Mutex<BTreeSet<String>>,
    discovery: RwLock<Option<Arc<Discovery>>>,
}

/// One request before it is sent.
pub(super) struct Call {
    /// What is tried, for messages: `apply Deployment a/b`.
    pub(super) act: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) accept: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    /// Whether it may be sent again when nobody knows what became of the first.
    pub(super) repeatable: bool,
}

pub(super) const JSON: &str = "application/json";
const ANSWER: Duration = Duration::from_mins(1);
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Call {
    pub(super) fn get(act: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            act: act.into(),
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            accept: JSON,
            content_type: JSON,
            body: None,
            repeatable: true,
        }
    }

    pub(super) fn send(
        act: impl Into<String>,
        method: Method,
        path: impl Into<String>,
        content_type: &'static str,
        json: &serde_json::Value,
    ) -> Self {
        let repeatable = method != Method::POST;
        // Of the right size from the start: a buffer that grows leaves copies behind.
        let mut body = Zeroizing::new(Vec::with_capacity(size(json)));
        serde_json::to_writer(&mut *body, json).expect("a JSON value is always written to memory");
        Self { method, content_type, body: Some(body), repeatable, ..Self::get(act, path) }
    }

    pub(super) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// Returns what is sent but for the body.
    pub(super) fn head(&self) -> Request<()> {
        let uri = match self.query.as_slice() {
            [] => self.path.clone(),
            query => {
                let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
                format!("{}?{query}", self.path)
            }
        };
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        // Names and selectors are escaped, so that only a malformed path could fail; the root then answers 404.
        *request.uri_mut() = uri.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, http::HeaderValue::from_static(self.accept));
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(self.content_type));
        request
    }
}

/// An upper bound of the JSON text's length, but for escapes.
fn size(json: &serde_json::Value) -> usize {
    use serde_json::Value as Json;
    match json {
        Json::Null | Json::Bool(_) => 5,
        Json::Number(_) => 24,
        Json::String(text) => text.len() + text.len() / 8 + 3,
        Json::Array(values) => 2 + values.iter().map(|value| size(value) + 1).sum::<usize>(),
        Json::Object(entries) => {
            2 + entries.iter().map(|(key, value)| key.len() + 4 + size(value)).sum::<usize>()
        }
    }
}

impl Client {
    /// Connects to the cluster of a kubeconfig's context, or of the pod that we run in. Sends nothing yet.
    pub async fn connect(target: &Target) -> Result<Self, KubernetesError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (config, context) = target.config().await?;
        match ClientBuilder::try_from(config.clone()) {
            Ok(builder) => Ok(Self::over(builder.build(), context)),
            Err(error) => Err(connect::explain(error, &config, &context)),
        }
    }

    /// Returns a client over another transport: a rehearsal's API server in memory, or a test's.
    pub fn over(service: kube::Client, context: impl Into<String>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self(Arc::new(Inner {
            service,
            guard: Arc::default(),
            context: context.into(),
            warnings: Mutex::default(),
            discovery: RwLock::default(),
        }))
    }

    /// Returns the context's name.
    pub fn context(&self) -> &str {
        &self.0.context
    }

    /// Returns the namespace of objects that name none.
    pub fn default_namespace(&self) -> &str {
        self.0.service.default_namespace()
    }

    /// Returns the connection, for what this module has no word for. It writes under the same permit.
    pub fn kube(&self) -> kube::Client {
        Guard::before(&self.0.guard, self.0.service.clone())
    }

    /// Returns the connection without a permit: for whoever keeps the lock itself.
    pub fn unguarded(&self) -> kube::Client {
        self.0.service.clone()
    }

    /// Asks the permit before each write request, until what is returned is dropped.
    pub fn write_under(&self, permit: Arc<dyn Permit>) -> WritingUnder {
        Guard::set(&self.0.guard, permit)
    }

    /// Returns the warnings that the server sent since the last call, each once.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *warnings).into_iter().collect()
    }

    pub(super) fn cached_discovery(&self) -> &RwLock<Option<Arc<Discovery>>> {
        &self.0.discovery
    }

    /// Sends the request, again while the server is busy, and reads the answer.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, KubernetesError> {
        let act = call.act.clone();
        let body = self.bytes(call).await?;
        serde_json::from_slice(&body).map_err(|error| KubernetesError::Malformed {
            act,
            line: error.line(),
            column: error.column(),
        })
    }

    /// As [`json`](Self::json), the answer as text.
    pub(super) async fn text(&self, call: Call) -> Result<String, KubernetesError> {
        Ok(String::from_utf8_lossy(&self.bytes(call).await?).into_owned())
    }

    /// As [`json`](Self::json), the answer as it is.
    async fn bytes(&self, mut call: Call) -> Result<Zeroizing<Vec<u8>>, KubernetesError> {
        let (head, ()) = call.head().into_parts();
        let body = call.body.take().map(bytes::Bytes::from_owner);
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let request =
                Request::from_parts(head.clone(), body.clone().map_or_else(Body::empty, Body::from));
            self.0.guard.allow(&head.method, &head.uri).await.map_err(KubernetesError::Forbidden)?;
            let error = match self.once(&call.act, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wanted) = worth_another_try(&error, call.repeatable).filter(|_| tries < TRIES) else {
                return Err(error);
            };
            tokio::time::sleep(wanted.max(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            tries += 1;
        }
    }

    async fn once(&self, act: &str, request: Request<Body>) -> Result<Zeroizing<Vec<u8>>, KubernetesError> {
        let transport = |source| KubernetesError::Transport { act: act.to_owned(), source };
        let answer = async {
            let response = self.0.service.send(request).await.map_err(transport)?;
            self.keep_warnings(&response);
            let status = response.status();
            let body = read(response).await.map_err(transport)?;
            Ok((status, body))
        };
        let (status, body) = tokio::time::timeout(ANSWER, answer)
            .await
            .map_err(|_| KubernetesError::Timeout { act: act.to_owned(), seconds: ANSWER.as_secs() })??;
        if status.is_success() { Ok(body) } else { Err(refusal(act, status, &body)) }
    }

    /// Takes the text out of `299 - "text"`.
    fn keep_warnings(&self, response: &Response<Body>) {
        for warning in response.headers().get_all(header::WARNING) {
            let text = warning.to_str().ok().and_then(|text| text.split_once('"')?.1.rsplit_once('"'));
            if let Some((text, _)) = text {
                let mut warnings = self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner);
                warnings.insert(text.replace("\\\"", "\""));
            }
        }
    }
}

async fn read(response: Response<Body>) -> Result<Zeroizing<Vec<u8>>, kube::Error> {
    let length = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or(16 * 1024);
    let mut whole = Zeroizing::new(Vec::with_capacity(length.min(4 * 1024 * 1024)));
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

fn refusal(act: &str, code: StatusCode, body: &[u8]) -> KubernetesError {
    let status = Status::read(code.as_u16(), body);
    let conflicts = status.conflicts();
    if conflicts.is_empty() {
        KubernetesError::Api { act: act.to_owned(), status: Box::new(status) }
    } else {
        KubernetesError::Conflict { act: act.to_owned(), conflicts }
    }
}

/// Returns how long the server wants us to wait before the next try, if there is to be one.
fn worth_another_try(error: &KubernetesError, repeatable: bool) -> Option<Duration> {
    match error {
        KubernetesError::Api { status, .. } if status.code == 429 || (repeatable && status.is_busy()) => {
            Some(Duration::from_secs(status.details.retry_after_seconds.min(30)))
        }
        // A plugin that fails does not get better, and asking again may lock the account.
        KubernetesError::Transport { source: kube::Error::Auth(_), .. } => None,
        KubernetesError::Transport { .. } if repeatable => Some(Duration::ZERO),
        _ => None,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Client({})", self.context())
    }
}
