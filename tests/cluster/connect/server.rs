//! The Connect server's HTTP interface.

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::credentials::{Grant, Refusal};
use super::fault::{Fault, Switch};
use super::vaults::{Vaults, array_mut};
use super::{Credentials, Request, session};
use crate::http as server;
use crate::http::Response;

/// One line of JSON for each request to `/v1`, in the Connect folder.
pub(crate) const ACCESS_LOG: &str = "requests.jsonl";

/// Which of the two containers this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Api,
    Sync,
}

struct Server {
    part: Part,
    credentials: Option<Credentials>,
    vaults: Vaults,
    faults: Switch,
    access_log: PathBuf,
}

/// Serves until the process is told to end.
pub(crate) async fn serve(part: Part, folder: &Path) -> ExitCode {
    let server = Arc::new(Server {
        part,
        credentials: session::load(),
        vaults: Vaults::new(folder),
        faults: Switch::new(folder),
        access_log: folder.join(ACCESS_LOG),
    });
    if let Some((Fault::SlowStart(time), _)) = server.faults.meet() {
        tokio::time::sleep(time).await;
    }
    let default = if part == Part::Api { 8080 } else { 8081 };
    let port = std::env::var("OP_HTTP_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(default);
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
    eprintln!("(I) starting 1Password Connect {part:?} on port {port}");
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    server::serve_connection(stream, |request| server.answer(request)).await;
                });
            }
            _ = terminate.recv() => return ExitCode::SUCCESS,
        }
    }
}

impl Server {
    async fn answer(&self, request: server::Request) -> Response {
        match request.uri().path() {
            "/heartbeat" => server::text(200, "."),
            "/health" => self.health(),
            "/metrics" => server::text(200, ""),
            path if path.starts_with("/v1/") && self.part == Part::Api => self.answer_api(request).await,
            _ => server::text(404, "404 page not found"),
        }
    }

    /// Without credentials the server keeps trying, and says that it is not well.
    fn health(&self) -> Response {
        let status = if self.credentials.is_some() { "ACTIVE" } else { "UNINITIALIZED" };
        let message = "Make a request with a valid bearer token to initialize";
        let body = json!({
            "name": format!("1Password Connect {:?}", self.part), "version": "1.8.2",
            "dependencies": [
                { "service": "sqlite", "status": "ACTIVE", "message": "Connected to database" },
                { "service": "sync", "status": status, "message": message },
            ],
        });
        server::json(if self.credentials.is_some() { 200 } else { 500 }, &body)
    }

    async fn answer_api(&self, request: server::Request) -> Response {
        let method = request.method().clone();
        let path = request.uri().to_string();
        let response = match self.refuse(&request).await {
            Err(response) => response,
            Ok((grant, duplicates)) => self.route(request, &grant, duplicates).await,
        };
        self.record(&method, &path, response.status().as_u16());
        response
    }

    /// Faults first, then the token.
    async fn refuse(&self, request: &server::Request) -> Result<(Grant, bool), Response> {
        let mut duplicates = false;
        match self.faults.meet() {
            Some((Fault::Hang, _)) => {
                self.record(request.method(), &request.uri().to_string(), 0);
                std::future::pending::<()>().await;
            }
            Some((Fault::Unauthorized, _)) => return Err(error(401, "Invalid token signature")),
            Some((Fault::ForbiddenTwice, before)) if before < 2 => {
                return Err(error(403, "Authorization: token does not have access to vault"));
            }
            Some((Fault::SyncTimeout, _)) => {
                return Err(error(408, "sync did not complete within timeout, please retry the request"));
            }
            Some((Fault::InternalError, _)) => return Err(error(500, "Something went wrong")),
            Some((Fault::BadGateway, _)) => {
                return Err(server::bytes(
                    502,
                    "text/html",
                    b"<html><h1>502 Bad Gateway</h1></html>".to_vec(),
                ));
            }
            Some((Fault::DuplicateVaults, _)) => duplicates = true,
            Some((Fault::ForbiddenTwice | Fault::SlowStart(_), _)) | None => {}
        }
        let Some(credentials) = &self.credentials else {
            return Err(error(500, "failed to initiate, review service logs for details"));
        };
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
        match credentials.verify(token, now.cast_signed()) {
            Ok(grant) => Ok((grant, duplicates)),
            Err(Refusal::Signature) => Err(error(401, "Invalid token signature")),
            Err(Refusal::Expired) => Err(error(401, "validation failed, token is expired (exp)")),
        }
    }

    async fn route(&self, request: server::Request, grant: &Grant, duplicates: bool) -> Response {
        let method = request.method().clone();
        let path = request.uri().path().trim_start_matches("/v1/").to_owned();
        let filter = title_filter(request.uri().query().unwrap_or_default());
        let segments: Vec<&str> = path.split('/').collect();
        let mut document = self.vaults.read();
        let visible = array_mut(&mut document, "vaults");
        if segments == ["vaults"] {
            let listed =
                visible.iter().filter(|vault| grant.allows(vault["id"].as_str().unwrap_or_default()));
            let listed = listed
                .filter(|vault| filter.as_ref().is_none_or(|title| vault["name"] == **title))
                .map(summary);
            let copies = if duplicates { 2 } else { 1 };
            return server::json(200, &listed.flat_map(|vault| vec![vault; copies]).collect());
        }
        let ["vaults", id, rest @ ..] = segments.as_slice() else {
            return error(404, "not found");
        };
        if !is_identifier(id) {
            return error(400, "Invalid Vault UUID");
        }
        let Some(vault) = visible.iter_mut().find(|vault| vault["id"] == **id) else {
            return error(404, &format!("vault {id} not found"));
        };
        if !grant.allows(id) {
            return error(403, &format!("vault {id} is not in scope"));
        }
        let response = match (&method, rest) {
            (&Method::GET, []) => return server::json(200, &summary(vault)),
            (&Method::GET, ["items"]) => return server::json(200, &list_items(vault, filter.as_deref())),
            (&Method::GET, ["items", item, rest @ ..]) => return get_item(vault, item, rest),
            (&Method::POST, ["items"]) => put_item(vault, None, body(request).await),
            (&Method::PUT, ["items", item]) => put_item(vault, Some(item), body(request).await),
            (&Method::DELETE, ["items", item]) => delete_item(vault, item),
            _ => return error(404, "not found"),
        };
        self.vaults.write(&document);
        response
    }

    fn record(&self, method: &Method, path: &str, status: u16) {
        let line = Request { method: method.to_string(), path: path.to_owned(), status };
        let line = serde_json::to_string(&line).expect("plain data") + "\n";
        let log = std::fs::File::options().create(true).append(true).open(&self.access_log);
        let _ = log.and_then(|mut log| log.write_all(line.as_bytes()));
    }
}

fn error(status: u16, message: &str) -> Response {
    server::json(status, &json!({ "status": status, "message": message }))
}

fn is_identifier(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// The title of `filter=title eq "X"` (or `name eq "X"`); `+` is a space, as the Go SDK writes it.
fn title_filter(query: &str) -> Option<String> {
    let (_, filter) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "filter")?;
    let title = filter.strip_prefix("title eq ").or_else(|| filter.strip_prefix("name eq "))?;
    Some(title.trim_matches('"').to_owned())
}

/// A vault without its items.
fn summary(vault: &Value) -> Value {
    let mut vault = vault.clone();
    let items = vault["items"].as_array().map_or(0, Vec::len);
    vault["items"] = items.into();
    vault
}

fn list_items(vault: &mut Value, title: Option<&str>) -> Value {
    let vault_id = vault["id"].clone();
    let items =
        array_mut(vault, "items").iter().filter(|item| title.is_none_or(|title| item["title"] == title));
    items
        .map(|item| {
            json!({ "id": item["id"], "title": item["title"], "category": item["category"],
                "tags": item["tags"], "version": item["version"], "vault": { "id": vault_id } })
        })
        .collect()
}

fn get_item(vault: &mut Value, id: &str, rest: &[&str]) -> Response {
    if !is_identifier(id) {
        return error(400, "Invalid Item UUID");
    }
    let vault_id = vault["id"].clone();
    let Some(item) = array_mut(vault, "items").iter_mut().find(|item| item["id"] == id) else {
        return error(404, &format!("item {id} not found"));
    };
    item["vault"] = json!({ "id": vault_id });
    let path = format!("/v1/vaults/{}/items/{id}/files", vault_id.as_str().unwrap_or_default());
    for file in array_mut(item, "files") {
        file["content_path"] = format!("{path}/{}/content", file["id"].as_str().unwrap_or_default()).into();
    }
    let file = |id: &str| item["files"].as_array().into_iter().flatten().find(|file| file["id"] == id);
    match rest {
        [] => server::json(200, &without_contents(item)),
        ["files"] => server::json(200, &without_contents(item)["files"]),
        ["files", id] => file(id)
            .map_or_else(|| error(404, &format!("file {id} not found")), |file| server::json(200, file)),
        ["files", id, "content"] => file(id).map_or_else(
            || error(404, &format!("file {id} not found")),
            |file| {
                let content = file["content"].as_str().unwrap_or_default();
                server::bytes(200, "application/octet-stream", content.as_bytes().to_vec())
            },
        ),
        _ => error(404, "not found"),
    }
}

fn without_contents(item: &Value) -> Value {
    let mut item = item.clone();
    for file in array_mut(&mut item, "files") {
        file.as_object_mut().expect("files are objects").remove("content");
    }
    item
}

fn put_item(vault: &mut Value, id: Option<&str>, item: Option<Value>) -> Response {
    let Some(mut item) = item else {
        return error(400, "Invalid request body");
    };
    let vault_id = vault["id"].clone();
    let items = array_mut(vault, "items");
    item["vault"] = json!({ "id": vault_id });
    if let Some(id) = id {
        let Some(existing) = items.iter_mut().find(|item| item["id"] == id) else {
            return error(404, &format!("item {id} not found"));
        };
        *existing = item.clone();
    } else {
        item["id"] = format!("{:0>26}", items.len()).into();
        items.push(item.clone());
    }
    server::json(200, &item)
}

fn delete_item(vault: &mut Value, id: &str) -> Response {
    let items = array_mut(vault, "items");
    let before = items.len();
    items.retain(|item| item["id"] != id);
    if items.len() == before {
        error(404, &format!("item {id} not found"))
    } else {
        server::bytes(204, "text/plain", vec![])
    }
}

async fn body(request: server::Request) -> Option<Value> {
    let bytes = request.into_body().collect().await.ok()?.to_bytes();
    serde_json::from_slice(&bytes).ok()
}
