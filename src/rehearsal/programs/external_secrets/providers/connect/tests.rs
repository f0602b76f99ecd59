//! The calls to Connect, and what is said of its answers, on the rehearsal's network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Connect;
use crate::clock::Clock;
use crate::rehearsal::{
    network::{Handler, Listening, Network},
    programs::external_secrets::{providers::client::Validation, resource::RemoteReference},
};

const VAULT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const SECOND: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbb";
const ITEM: &str = "cccccccccccccccccccccccccc";

/// Answers from a list of paths, and remembers what it was asked.
#[derive(Default)]
struct Server {
    answers: Vec<(String, u16, String)>,
    asked: Mutex<Vec<String>>,
}

impl Server {
    fn answers(mut self, path: &str, status: u16, body: Value) -> Self {
        self.answers.push((path.to_owned(), status, body.to_string()));
        self
    }

    /// Two vaults, of which the second has the item `db`.
    fn usual() -> Self {
        let summary = json!([{ "id": ITEM, "title": "db", "vault": { "id": SECOND }, "category": "LOGIN" }]);
        let item = json!({ "id": ITEM, "title": "db", "vault": { "id": SECOND }, "category": "LOGIN",
            "fields": [{ "label": "password", "value": "pw" }, { "label": "user", "value": "me" }] });
        Self::default()
            .answers("/v1/vaults?filter=title+eq+%22first%22", 200, json!([{ "id": VAULT }]))
            .answers("/v1/vaults?filter=title+eq+%22second%22", 200, json!([{ "id": SECOND }]))
            .answers(&format!("/v1/vaults/{VAULT}/items?filter=title+eq+%22db%22"), 200, json!([]))
            .answers(&format!("/v1/vaults/{SECOND}/items?filter=title+eq+%22db%22"), 200, summary)
            .answers(&format!("/v1/vaults/{VAULT}/items?filter=title+eq+%22none%22"), 200, json!([]))
            .answers(&format!("/v1/vaults/{SECOND}/items?filter=title+eq+%22none%22"), 200, json!([]))
            .answers(&format!("/v1/vaults/{SECOND}/items/{ITEM}"), 200, item)
    }

    fn start(self) -> Running {
        let network = Network::new(Clock::system());
        let server = Arc::new(self);
        let handler = Arc::clone(&server) as Arc<dyn Handler>;
        let listening = network.listen_outside("connect", 8080, handler);
        Running { network, server, _listening: listening }
    }
}

impl Handler for Server {
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>> {
        let path = request.uri().path_and_query().unwrap().to_string();
        self.asked.lock().unwrap().push(path.clone());
        let found = self.answers.iter().find(|(of, ..)| *of == path);
        let (status, body) =
            found.map_or((404, "404 page not found".to_owned()), |(_, status, body)| (*status, body.clone()));
        let response = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        Box::pin(async move { response })
    }
}

struct Running {
    network: Network,
    server: Arc<Server>,
    _listening: Listening,
}

impl Running {
    fn connect(&self, token: &str) -> Connect {
        let vaults = [("second".to_owned(), 2), ("first".to_owned(), 1)].into();
        Connect::new(self.network.clone(), "http://connect:8080", token.as_bytes(), vaults)
    }

    fn asked(&self) -> Vec<String> {
        self.server.asked.lock().unwrap().clone()
    }
}

fn reference(key: &str, property: &str) -> RemoteReference {
    serde_json::from_value(json!({ "key": key, "property": property })).unwrap()
}

async fn refusal(connect: &Connect) -> String {
    match connect.validate().await {
        Validation::Error(failure) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn vaults_are_searched_in_their_order_and_an_item_is_asked_for_twice() {
    let running = Server::usual().start();
    let value = running.connect("t").secret(&reference("db", "user")).await.unwrap();
    assert_eq!(value, b"me");
    assert_eq!(
        running.asked(),
        [
            "/v1/vaults?filter=title+eq+%22first%22".to_owned(),
            format!("/v1/vaults/{VAULT}/items?filter=title+eq+%22db%22"),
            "/v1/vaults?filter=title+eq+%22second%22".to_owned(),
            format!("/v1/vaults/{SECOND}/items?filter=title+eq+%22db%22"),
            format!("/v1/vaults/{SECOND}/items/{ITEM}"),
            format!("/v1/vaults/{SECOND}/items/{ITEM}"),
        ]
    );
}

#[tokio::test]
async fn what_no_vault_has_is_told_with_all_vaults() {
    let running = Server::usual().start();
    let failure = running.connect("t").secret(&reference("none", "")).await.unwrap_err();
    assert_eq!(failure.to_string(), "key not found in 1Password Vaults: none in: map[first:1 second:2]");
}

#[tokio::test]
async fn an_id_is_looked_up_in_the_first_vault_alone() {
    let running = Server::usual().start();
    let failure = running.connect("t").secret(&reference(ITEM, "")).await.unwrap_err();
    assert_eq!(failure.to_string(), "status 404: Not Found");
    assert_eq!(running.asked().len(), 2);
}

#[tokio::test]
async fn extracting_takes_every_field() {
    let data = Server::usual().start().connect("t").extract(&reference("db", "")).await.unwrap();
    assert!(data.keys().eq(["password", "user"]));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_tried_once_and_a_missing_authorization_three_times() {
    let refused = |status: u16, message: &str| {
        let body = json!({ "status": status, "message": message });
        Server::default()
            .answers("/v1/vaults?filter=title+eq+%22first%22", status, body.clone())
            .answers("/v1/vaults?filter=title+eq+%22second%22", status, body)
            .start()
    };
    let running = refused(401, "Invalid token signature");
    assert_eq!(refusal(&running.connect("t")).await, "status 401: Invalid token signature");
    assert_eq!(running.asked().len(), 1);
    let running = refused(403, "Authorization: token does not have access to vault first");
    let start = Instant::now();
    let said = refusal(&running.connect("t")).await;
    assert_eq!(said, "status 403: Authorization: token does not have access to vault first");
    assert_eq!((running.asked().len(), start.elapsed()), (3, Duration::from_millis(600)));
}

#[tokio::test]
async fn what_answers_no_json_is_told_by_its_status_and_what_has_no_status_by_zero() {
    let page = Server::default().start();
    assert_eq!(refusal(&page.connect("t")).await, "status 404: Not Found");
    let odd = Server::default().answers("/v1/vaults?filter=title+eq+%22first%22", 500, json!({})).start();
    assert_eq!(refusal(&odd.connect("t")).await, "status 0: ");
}

#[tokio::test]
async fn a_token_with_a_line_break_and_an_unknown_host_are_told_in_gos_words() {
    let running = Server::usual().start();
    let said = refusal(&running.connect("t\n")).await;
    let expected = "Get \"http://connect:8080/v1/vaults?filter=title+eq+%22first%22\": net/http: invalid header field \
                    value for \"Authorization\"";
    assert_eq!(said, expected);
    let nowhere =
        Connect::new(running.network.clone(), "http://nowhere.ns.svc:8080", b"t", [("v".into(), 1)].into());
    let said = refusal(&nowhere).await;
    assert!(
        said.starts_with(
            "Get \"http://nowhere.ns.svc:8080/v1/vaults?filter=title+eq+%22v%22\": dial tcp: lookup nowhere"
        ),
        "{said}"
    );
    assert!(said.ends_with("no such host"), "{said}");
}

#[tokio::test]
async fn titles_that_several_vaults_have_are_ambiguous() {
    let two = json!([{ "id": VAULT }, { "id": SECOND }]);
    let running = Server::default().answers("/v1/vaults?filter=title+eq+%22first%22", 200, two).start();
    assert_eq!(refusal(&running.connect("t")).await, "Found 2 vaults with title \"first\"");
}
