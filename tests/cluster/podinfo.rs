//! What stands for the image of podinfo: it shows the environment that its container was started with, and the files
//! that it has been given.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cluster::runtime;
use crate::http::{Response, json as answer, serve_connection};

/// The port of podinfo unless `--port` names another.
const PORT: u16 = 9898;

/// Serves until the process is told to end; `arguments` are the container's own.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let value = |flag: &str| arguments.iter().find_map(|argument| argument.strip_prefix(flag));
    let port = value("--port=").and_then(|port| port.parse().ok());
    let folder: Option<Arc<Path>> = value("--config-path=").map(|path| PathBuf::from(path).into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(serve(port.unwrap_or(PORT), folder))
}

async fn serve(port: u16, folder: Option<Arc<Path>>) -> ExitCode {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let folder = folder.clone();
                tokio::spawn(async move {
                    serve_connection(stream, |request| std::future::ready(respond(request.uri().path(), folder.as_deref())))
                        .await;
                });
            }
            _ = terminate.recv() => return ExitCode::SUCCESS,
        }
    }
}

fn respond(path: &str, folder: Option<&Path>) -> Response {
    match path {
        "/env" => answer(200, &variables()),
        "/configs" => answer(200, &files(folder)),
        "/healthz" | "/readyz" => answer(200, &json!({ "status": "OK" })),
        _ => answer(404, &json!({ "code": 404, "message": "not found" })),
    }
}

/// `NAME=VALUE` each, as podinfo tells it.
fn variables() -> Value {
    std::env::vars().map(|(name, value)| format!("{name}={value}")).collect()
}

/// The content of each file by its name.
fn files(folder: Option<&Path>) -> Value {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let content = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name, std::fs::read_to_string(entry.path()).ok()?.into()))
    };
    Value::Object(entries.filter_map(content).collect::<Map<_, _>>())
}

/// Asks podinfo at a pod's address: `env` or `configs`. None while it does not answer.
pub(crate) fn get(address: &str, path: &str) -> Option<Value> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().ok()?;
    runtime().block_on(async {
        let answer = client.get(format!("http://{address}:{PORT}/{path}")).send().await.ok()?;
        answer.json().await.ok()
    })
}
