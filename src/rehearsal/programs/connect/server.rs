//! The Connect server's HTTP interface.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response, header};
use http_body_util::Full;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::rehearsal::{Port, RehearsalError, network::Handler};

use super::credentials::Credentials;
use super::pairing::{self, Grant, Refusal};
use super::{ConnectFault, Vaults, items};

/// Which of the two containers a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Api,
    Sync,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Sync => "Sync",
        }
    }
}

/// A running server.
pub(super) struct Server {
    pub(super) part: Part,
    pub(super) credentials: Option<Credentials>,
    pub(super) vaults: Vaults,
    pub(super) clock: Clock,
}

/// What an authorized request may see, and whether every vault is there twice.
struct Admitted {
    grant: Grant,
    twice: bool,
}

impl Vaults {
    /// Serves the vaults on a port of this machine, as a server that holds `credentials`, the text of a
    /// `1password-credentials.json`; one that holds none says so to whoever asks.
    pub fn serve(&self, listener: TcpListener, credentials: &[u8]) -> Result<Port, RehearsalError> {
        let credentials = Credentials::parse(credentials);
        let clock = Clock::system();
        let server = Arc::new(Server { part: Part::Api, credentials, vaults: self.clone(), clock });
        let answer = move |request| {
            let server = Arc::clone(&server);
            async move { Some(server.answer(request).await.map(Full::new)) }
        };
        Port::open(listener, answer)
    }
}

impl Handler for Server {
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>> {
        Box::pin(self.answer(request))
    }
}

impl Server {
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        match request.uri().path() {
            "/heartbeat" => text(200, "text/plain", "."),
            "/health" => self.health(),
            "/metrics" => text(200, "text/plain", ""),
            path if path.starts_with("/v1/") && self.part == Part::Api => self.answer_api(&request).await,
            _ => text(404, "text/plain", "404 page not found"),
        }
    }

    /// Without credentials the server keeps trying, and says that it is not well.
    fn health(&self) -> Response<Bytes> {
        let well = self.credentials.is_some();
        let message = "Make a request with a valid bearer token to initialize";
        let status = if well { "ACTIVE" } else { "UNINITIALIZED" };
        let body = json!({
            "name": format!("1Password Connect {}", self.part.name()), "version": "1.8.2",
            "dependencies": [
                { "service": "sqlite", "status": "ACTIVE", "message": "Connected to database" },
                { "service": "sync", "status": status, "message": message },
            ],
        });
        json(if well { 200 } else { 500 }, &body)
    }

    async fn answer_api(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let response = match self.admit(request, path).await {
            Err(response) => response,
            Ok(admitted) => self.route(request, &admitted),
        };
        self.vaults.note(request.method(), path, Some(response.status().as_u16()));
        response
    }

    /// Faults first, then the token.
    async fn admit(&self, request: &Request<Bytes>, path: &str) -> Result<Admitted, Response<Bytes>> {
        let mut twice = false;
        match self.vaults.meet() {
            Some((ConnectFault::Hang, _)) => {
                self.vaults.note(request.method(), path, None);
                self.vaults.healed().await;
            }
            Some((ConnectFault::Unauthorized, _)) => return Err(error(401, "Invalid token signature")),
            Some((ConnectFault::ForbiddenTwice, 0 | 1)) => {
                return Err(error(403, "Authorization: token does not have access to vault"));
            }
            Some((ConnectFault::Forbidden, _)) => return Err(error(403, "vault is not in scope")),
            Some((ConnectFault::SyncTimeout, _)) => {
                return Err(error(408, "sync did not complete within timeout, please retry the request"));
            }
            Some((ConnectFault::InternalError, _)) => return Err(error(500, "Something went wrong")),
            Some((ConnectFault::BadGateway, _)) => {
                return Err(text(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>"));
            }
            Some((ConnectFault::LoginPage, _)) => {
                return Err(text(200, "text/html", "<html><form>Sign in</form></html>"));
            }
            Some((ConnectFault::NoFiles, _)) if request.uri().path().contains("/files/") => {
                return Err(text(404, "text/plain", "404 page not found"));
            }
            Some((ConnectFault::DuplicateVaults, _)) => twice = true,
            Some((ConnectFault::ForbiddenTwice | ConnectFault::NoFiles | ConnectFault::SlowStart(_), _))
            | None => {}
        }
        let Some(credentials) = &self.credentials else {
            return Err(error(500, "failed to initiate, review service logs for details"));
        };
        let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        match pairing::verify(credentials, token, &self.vaults, self.clock.now()) {
            Ok(grant) => Ok(Admitted { grant, twice }),
            Err(Refusal::Signature) => Err(error(401, "Invalid token signature")),
            Err(Refusal::Expired) => Err(error(401, "validation failed, token is expired (exp)")),
        }
    }

    fn route(&self, request: &Request<Bytes>, admitted: &Admitted) -> Response<Bytes> {
        let path = request.uri().path().trim_start_matches("/v1/");
        let filter = title_filter(request.uri().query().unwrap_or_default());
        let segments: Vec<&str> = path.split('/').collect();
        let mut account = self.vaults.account();
        if segments == ["vaults"] {
            let copies = if admitted.twice { 2 } else { 1 };
            let listed = account
                .vaults
                .iter()
                .filter(|vault| admitted.grant.allows(&account, vault["id"].as_str().unwrap_or_default()))
                .filter(|vault| filter.as_ref().is_none_or(|title| vault["name"] == **title))
                .map(items::summary);
            return json(200, &listed.flat_map(|vault| vec![vault; copies]).collect());
        }
        let ["vaults", id, rest @ ..] = segments.as_slice() else { return error(404, "not found") };
        if !items::is_identifier(id) {
            return error(400, "Invalid Vault UUID");
        }
        let allowed = admitted.grant.allows(&account, id);
        let Some(vault) = account.vaults.iter_mut().find(|vault| vault["id"] == **id) else {
            return error(404, &format!("vault {id} not found"));
        };
        if !allowed {
            return error(403, &format!("vault {id} is not in scope"));
        }
        let body = || serde_json::from_slice::<Json>(request.body()).ok();
        match (request.method(), rest) {
            (&Method::GET, []) => json(200, &items::summary(vault)),
            (&Method::GET, ["items"]) => json(200, &items::list(vault, filter.as_deref())),
            (&Method::GET, ["items", item, rest @ ..]) => items::get(vault, item, rest),
            (&Method::POST, ["items"]) => items::put(vault, None, body()),
            (&Method::PUT, ["items", item]) => items::put(vault, Some(item), body()),
            (&Method::DELETE, ["items", item]) => items::delete(vault, item),
            _ => error(404, "not found"),
        }
    }
}

/// Returns the title of `filter=title eq "X"` (or `name eq "X"`); `+` is a space, as the Go SDK writes it.
fn title_filter(query: &str) -> Option<String> {
    let (_, filter) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "filter")?;
    let title = filter.strip_prefix("title eq ").or_else(|| filter.strip_prefix("name eq "))?;
    Some(title.trim_matches('"').to_owned())
}

pub(super) fn error(status: u16, message: &str) -> Response<Bytes> {
    json(status, &json!({ "status": status, "message": message }))
}

pub(super) fn json(status: u16, body: &Json) -> Response<Bytes> {
    respond(status, "application/json", Bytes::from(body.to_string()))
}

pub(super) fn text(status: u16, content: &'static str, body: &'static str) -> Response<Bytes> {
    respond(status, content, Bytes::from_static(body.as_bytes()))
}

pub(super) fn respond(status: u16, content: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content));
    response
}
