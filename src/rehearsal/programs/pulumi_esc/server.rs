//! The API's HTTP interface.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::rehearsal::{Port, RehearsalError, network::Handler};
use crate::yaml;

use super::environments::{part, traced};
use super::{EscEnvironments, EscFault};

/// Where Pulumi's service is.
pub const HOST: &str = "api.pulumi.com";

/// The server over the environments.
pub(in crate::rehearsal) struct EscServer(pub(in crate::rehearsal) EscEnvironments);

/// What a path below `/api/esc/environments/` asks for.
enum Asked<'a> {
    /// The environment itself.
    Definition,
    /// A new session, of a version if one is named.
    Open(Option<&'a str>),
    /// The whole environment of a session.
    Session(&'a str),
    /// One property of it: the path has two slashes, which is what the client sends.
    Property(&'a str),
}

impl EscEnvironments {
    /// Serves the environments on a port of this machine, for an operator in a real cluster.
    pub fn serve(&self, listener: TcpListener) -> Result<Port, RehearsalError> {
        let server = Arc::new(EscServer(self.clone()));
        let answer = move |request| {
            let server = Arc::clone(&server);
            async move { Some(server.handle(request).await.map(Full::new)) }
        };
        Port::open(listener, answer)
    }
}

impl Handler for EscServer {
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>> {
        Box::pin(async move {
            if let Some(response) = self.answer(&request) {
                return response;
            }
            futures::future::pending().await
        })
    }
}

impl EscServer {
    /// Answers; nothing where the service hangs.
    fn answer(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let path = request.uri().path();
        self.0.service().requests.push(format!("{} {path}", request.method()));
        if !self.knows(request) {
            return Some(error(401, "Unauthorized: No credentials provided or are invalid."));
        }
        let Some((name, asked)) = asked(path) else { return Some(error(404, "Not Found")) };
        let fault = self.0.service().fault;
        if fault == Some(EscFault::Hang) {
            return None;
        }
        let opens = matches!(asked, Asked::Open(_));
        Some(
            fault
                .and_then(|fault| fault.answer(&name, opens))
                .unwrap_or_else(|| self.answer_asked(request, &name, asked)),
        )
    }

    fn answer_asked(&self, request: &Request<Bytes>, name: &str, asked: Asked<'_>) -> Response<Bytes> {
        match (request.method(), asked) {
            (&Method::POST, Asked::Open(version)) => self.open(name, version),
            (&Method::GET, Asked::Session(session)) => self.read(name, session, None),
            (&Method::GET, Asked::Property(session)) => {
                let query = request.uri().query().unwrap_or_default();
                let mut parameters = url::form_urlencoded::parse(query.as_bytes());
                let property = parameters.find(|(key, _)| key == "property").map(|(_, value)| value);
                self.read(name, session, Some(property.as_deref().unwrap_or_default()))
            }
            (&Method::GET, Asked::Definition) => self.definition(name),
            (&Method::PATCH, Asked::Definition) => self.update(name, request.body()),
            (_, Asked::Definition | Asked::Open(_) | Asked::Session(_) | Asked::Property(_)) => {
                error(405, "Method Not Allowed")
            }
        }
    }

    /// Returns whether the request has an access token that is accepted.
    fn knows(&self, request: &Request<Bytes>) -> bool {
        let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("token ")).filter(|token| !token.is_empty());
        let Some(token) = token else { return false };
        let service = self.0.service();
        service.tokens.is_empty() || service.tokens.iter().any(|known| known == token)
    }

    fn open(&self, name: &str, version: Option<&str>) -> Response<Bytes> {
        let mut service = self.0.service();
        let known = match version {
            None | Some("latest") => name.to_owned(),
            Some(version) => format!("{name}@{version}"),
        };
        let Some(values) = service.environments.get(&known).cloned() else {
            return error(404, &format!("Not Found: environment {name} not found"));
        };
        let session = format!("session-{}", service.sessions.len() + 1);
        service.sessions.insert(session.clone(), (name.to_owned(), values));
        answer(200, &json!({ "id": session }))
    }

    fn read(&self, name: &str, session: &str, property: Option<&str>) -> Response<Bytes> {
        let service = self.0.service();
        let opened = service.sessions.get(session).filter(|(environment, _)| environment == name);
        let Some((_, values)) = opened else { return error(404, "Not Found: no such session") };
        let Some(path) = property else {
            let whole = traced(values);
            return answer(200, &json!({ "properties": whole["value"] }));
        };
        match part(values, path) {
            Some(value) => answer(200, &traced(value)),
            None => error(404, &format!("Not Found: no property {path}")),
        }
    }

    fn definition(&self, name: &str) -> Response<Bytes> {
        let service = self.0.service();
        let Some(values) = service.environments.get(name) else { return error(404, "Not Found") };
        // JSON is YAML too.
        let body = json!({ "values": values }).to_string();
        respond(200, "application/x-yaml", Bytes::from(body))
    }

    fn update(&self, name: &str, body: &Bytes) -> Response<Bytes> {
        let mut service = self.0.service();
        if !service.environments.contains_key(name) {
            return error(404, "Not Found");
        }
        match document(body) {
            Some(document) if document.is_object() => {
                let values = document.get("values").cloned().unwrap_or_else(|| json!({}));
                service.environments.insert(name.to_owned(), values);
                answer(200, &json!({}))
            }
            _ => error(400, "Bad Request: invalid environment definition"),
        }
    }
}

/// Returns which environment a path is about, and what it asks for.
fn asked(path: &str) -> Option<(String, Asked<'_>)> {
    let mut parts = path.strip_prefix("/api/esc/environments/")?.splitn(4, '/');
    let (organization, project, environment) = (parts.next()?, parts.next()?, parts.next()?);
    let name = format!("{organization}/{project}/{environment}");
    let asked = match parts.next() {
        None => Asked::Definition,
        Some("open") => Asked::Open(None),
        Some(rest) => {
            if let Some(session) = rest.strip_prefix("open/") {
                session.strip_prefix('/').map_or(Asked::Session(session), Asked::Property)
            } else {
                let version = rest.strip_prefix("versions/")?.strip_suffix("/open")?;
                Asked::Open(Some(version))
            }
        }
    };
    Some((name, asked))
}

fn document(body: &[u8]) -> Option<Json> {
    let documents = yaml::parse(std::str::from_utf8(body).ok()?).ok()?;
    yaml::to_json(documents.first()?.root.as_ref()?, yaml::Flavour::Esc).ok()
}

pub(super) fn error(code: u16, message: &str) -> Response<Bytes> {
    answer(code, &json!({ "code": code, "message": message }))
}

pub(super) fn answer(status: u16, body: &Json) -> Response<Bytes> {
    respond(status, "application/json", Bytes::from(body.to_string()))
}

pub(super) fn respond(status: u16, content: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    response
}
