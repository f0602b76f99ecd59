//! The Connect server by itself: what a client of the real one relies on, and each fault.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::trial;
use crate::cluster::runtime;
use crate::connect::{self, Connect, Credentials, Fault, PRODUCTION, STAGING};
use crate::process::{Process, tail};
use crate::{run_folder, wait};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("connect::vaults_and_items_are_found_by_title", vaults_and_items_are_found_by_title),
        trial("connect::a_token_reaches_only_its_vaults", a_token_reaches_only_its_vaults),
        trial("connect::an_expired_token_is_refused", an_expired_token_is_refused),
        trial("connect::items_can_be_written", items_can_be_written),
        trial("connect::old_charts_hand_over_base64", old_charts_hand_over_base64),
        trial("connect::each_fault_answers_as_the_real_server", each_fault_answers_as_the_real_server),
    ]
}

fn vaults_and_items_are_found_by_title() {
    let server = Server::start();
    let token = server.credentials.token(&[PRODUCTION, STAGING]);
    let (status, vaults) = server.get("/v1/vaults?filter=title+eq+%22staging%22", &token);
    assert_eq!(
        (status, vaults[0]["id"].as_str(), vaults.as_array().map(Vec::len)),
        (200, Some(STAGING), Some(1))
    );
    let (_, items) = server.get(&format!("/v1/vaults/{PRODUCTION}/items?filter=title+eq+%22db%22"), &token);
    assert_eq!(items[0]["vault"]["id"], PRODUCTION);
    assert!(items[0].get("fields").is_none(), "a list has summaries: {items}");
    let id = items[0]["id"].as_str().unwrap();
    let (_, item) = server.get(&format!("/v1/vaults/{PRODUCTION}/items/{id}"), &token);
    assert_eq!(item["fields"][1]["value"], "correct horse battery staple");
    let (status, missing) =
        server.get(&format!("/v1/vaults/{PRODUCTION}/items/zzzzzzzzzzzzzzzzzzzzzzzzzz"), &token);
    assert_eq!((status, &missing["message"]), (404, &json!("item zzzzzzzzzzzzzzzzzzzzzzzzzz not found")));
    assert_eq!(server.get("/v1/vaults/production", &token).0, 400);
}

fn a_token_reaches_only_its_vaults() {
    let server = Server::start();
    // Tokens may write ids in upper case.
    let token = server.credentials.token(&[&PRODUCTION.to_uppercase()]);
    let (_, vaults) = server.get("/v1/vaults", &token);
    assert_eq!(vaults.as_array().map(Vec::len), Some(1));
    let (status, error) = server.get(&format!("/v1/vaults/{STAGING}"), &token);
    assert_eq!((status, &error["message"]), (403, &json!(format!("vault {STAGING} is not in scope"))));
    let (status, error) = server.get("/v1/vaults", &Credentials::from_seed("another").token(&[PRODUCTION]));
    assert_eq!((status, error), (401, json!({ "status": 401, "message": "Invalid token signature" })));
    assert_eq!(
        server.connect.requests().iter().map(|request| request.status).collect::<Vec<_>>(),
        [200, 403, 401]
    );
}

fn an_expired_token_is_refused() {
    let server = Server::start();
    let (status, error) =
        server.get("/v1/vaults", &server.credentials.token_until(&[PRODUCTION], Some(1_700_000_001)));
    assert_eq!((status, &error["message"]), (401, &json!("validation failed, token is expired (exp)")));
}

fn items_can_be_written() {
    let server = Server::start();
    let token = server.credentials.token(&[PRODUCTION]);
    let items = format!("/v1/vaults/{PRODUCTION}/items");
    let item = connect::login("", "fresh", "somebody", "new");
    let (status, made) = server.send(http::Method::POST, &items, &token, Some(&item));
    let id = made["id"].as_str().unwrap();
    assert_eq!((status, id.len()), (200, 26));
    let one = format!("{items}/{id}");
    assert_eq!(server.get(&one, &token).1["title"], "fresh");
    assert_eq!(server.send(http::Method::DELETE, &one, &token, None).0, 204);
    assert_eq!(server.get(&one, &token).0, 404);
}

/// Charts below 2.3.0 put base64 into the variable itself; raw JSON there is the mistake.
fn old_charts_hand_over_base64() {
    use base64::Engine;
    let credentials = Credentials::from_seed("old");
    let encoded = base64::engine::general_purpose::STANDARD.encode(credentials.json());
    assert_eq!(Server::start_with(&encoded).get("/health", "").0, 200);
    let wrong = Server::start_with(&credentials.json());
    assert_eq!(wrong.get("/health", "").0, 500);
    assert!(tail(wrong.process.log(), 5).contains("illegal base64 data at input byte 0"));
    let (status, error) = wrong.get("/v1/vaults", &credentials.token(&[PRODUCTION]));
    assert_eq!(
        (status, &error["message"]),
        (500, &json!("failed to initiate, review service logs for details"))
    );
}

fn each_fault_answers_as_the_real_server() {
    let server = Server::start();
    let token = server.credentials.token(&[PRODUCTION]);
    let faults = server.connect.faults();
    let statuses = |fault: Fault| {
        faults.set(fault);
        [(); 3].map(|()| server.get("/v1/vaults", &token).0)
    };
    assert_eq!(statuses(Fault::Unauthorized), [401; 3]);
    assert_eq!(statuses(Fault::ForbiddenTwice), [403, 403, 200]);
    assert_eq!(statuses(Fault::SyncTimeout), [408; 3]);
    assert_eq!(statuses(Fault::InternalError), [500; 3]);
    assert_eq!(statuses(Fault::BadGateway), [502; 3]);
    assert_eq!(server.get("/v1/vaults", &token).1, Value::Null, "a proxy's page is no JSON");
    assert_eq!(statuses(Fault::Hang), [0; 3]);
    assert_eq!(server.get("/health", &token).0, 200, "probes go on");
    assert_eq!(statuses(Fault::DuplicateVaults), [200; 3]);
    assert_eq!(server.get("/v1/vaults", &token).1.as_array().map(Vec::len), Some(2));
    assert_eq!(statuses(Fault::SlowStart(Duration::from_mins(1))), [200; 3]);
    faults.clear();
    assert_eq!(server.get("/v1/vaults", &token).0, 200);
}

/// A Connect server on loopback, without a cluster.
struct Server {
    process: Process,
    connect: Connect,
    credentials: Credentials,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let credentials = Credentials::from_seed("connect");
        let file = tempfile::NamedTempFile::new_in(run_folder::memory()).unwrap();
        std::fs::write(file.path(), credentials.json()).unwrap();
        let server = Self::start_with(file.path().to_str().unwrap());
        Self { credentials, ..server }
    }

    /// Starts the server with a value of `OP_SESSION` and waits until it listens.
    fn start_with(session: &str) -> Self {
        static PORT: AtomicU16 = AtomicU16::new(8100);
        let port = PORT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::tempdir_in(run_folder::memory()).unwrap();
        let connect = Connect::create(&folder.path().join("connect"));
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["connect", "api"]).env_clear();
        command
            .env("OP_SESSION", session)
            .env("OP_HTTP_PORT", port.to_string())
            .env(connect::FOLDER, connect.folder());
        let log: PathBuf = folder.path().join("connect.log");
        let mut process = Process::start("connect", &mut command, &log);
        wait::until("Connect to listen", Duration::from_secs(20), || {
            process.expect_running();
            std::net::TcpStream::connect(("127.0.0.1", port))
        })
        .unwrap();
        Self { process, connect, credentials: Credentials::from_seed("connect"), port, _folder: folder }
    }

    fn get(&self, path: &str, token: &str) -> (u16, Value) {
        self.send(http::Method::GET, path, token, None)
    }

    /// Status and JSON of the answer; status 0 stands for none within a second, null for what is not JSON.
    fn send(&self, method: http::Method, path: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(1)).build().unwrap();
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let request = client.request(method, url).bearer_auth(token);
        let request = body.into_iter().fold(request, reqwest::RequestBuilder::json);
        runtime().block_on(async {
            match request.send().await {
                Ok(response) => (response.status().as_u16(), response.json().await.unwrap_or_default()),
                Err(_) => (0, Value::Null),
            }
        })
    }
}
