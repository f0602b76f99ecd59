//! What External Secrets' client relies on.

use bytes::Bytes;
use http::Request;
use serde_json::{Value as Json, json};

use crate::rehearsal::network::Handler;

use super::environments::trace;
use super::{EscEnvironments, EscFault, EscServer};

/// A server over these environments, for tests of clients.
pub(crate) fn serving(environments: &EscEnvironments) -> std::sync::Arc<dyn Handler> {
    std::sync::Arc::new(EscServer(environments.clone()))
}

const ENVIRONMENT: &str = "/api/esc/environments/nest/eggs/production";

fn server() -> EscServer {
    let values =
        json!({ "app": { "password": { "fn::secret": "chirp" }, "ports": [80, 81] }, "plain": true });
    EscServer(EscEnvironments::default().environment("nest/eggs/production", values).token("pul-good"))
}

async fn send(server: &EscServer, method: &str, path: &str, token: &str, body: &str) -> (u16, Json) {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://api.pulumi.com{path}"))
        .header("authorization", format!("token {token}"))
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    let answer = server.handle(request).await;
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/"));
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

async fn open(server: &EscServer) -> String {
    let (status, opened) = send(server, "POST", &format!("{ENVIRONMENT}/open"), "pul-good", "").await;
    assert_eq!(status, 200);
    opened["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_property_is_read_over_the_double_slash_that_the_client_sends() {
    let server = server();
    let session = open(&server).await;
    let read = async |property: &str| {
        send(&server, "GET", &format!("{ENVIRONMENT}/open//{session}?property={property}"), "pul-good", "")
            .await
    };
    assert_eq!(
        read("app.password").await,
        (200, json!({ "value": "chirp", "trace": trace(), "secret": true }))
    );
    assert_eq!(read("app.ports%5B1%5D").await, (200, json!({ "value": 81, "trace": trace() })));
    assert_eq!(read("app").await.1["value"]["password"]["secret"], true);
    assert_eq!(read("app.nothing").await.0, 404);
    let (_, whole) = send(&server, "GET", &format!("{ENVIRONMENT}/open/{session}"), "pul-good", "").await;
    assert_eq!(whole["properties"]["plain"], json!({ "value": true, "trace": trace() }));
    // A client of Pulumi's panics at a value within another one whose trace names no environment.
    let inner = &whole["properties"]["app"]["value"]["password"]["trace"];
    assert!(inner["def"]["environment"].is_string(), "{whole}");
}

#[tokio::test]
async fn a_session_is_of_its_environment_and_keeps_what_was_opened() {
    let server = server();
    let session = open(&server).await;
    let changed = send(&server, "PATCH", ENVIRONMENT, "pul-good", "values:\n  plain: false\n").await;
    assert_eq!(changed.0, 200);
    let read = async |session: &str| {
        send(&server, "GET", &format!("{ENVIRONMENT}/open//{session}?property=plain"), "pul-good", "").await.1
    };
    assert_eq!(read(&session).await["value"], true);
    assert_eq!(read(&open(&server).await).await["value"], false);
    let other = format!("/api/esc/environments/nest/eggs/other/open//{session}?property=plain");
    assert_eq!(send(&server, "GET", &other, "pul-good", "").await.0, 404);
}

#[tokio::test]
async fn errors_have_code_and_message() {
    let server = server();
    let path = format!("{ENVIRONMENT}/open");
    let (status, refused) = send(&server, "POST", &path, "pul-bad", "").await;
    assert_eq!((status, &refused["code"]), (401, &json!(401)));
    assert!(refused["message"].as_str().unwrap().starts_with("Unauthorized: "));
    let missing = "/api/esc/environments/nest/eggs/nobody/open";
    assert_eq!(send(&server, "POST", missing, "pul-good", "").await.0, 404);
    assert_eq!(send(&server, "PATCH", ENVIRONMENT, "pul-good", "- a list").await.0, 400);
}

#[tokio::test]
async fn a_version_is_opened_by_its_name_and_every_request_is_written_down() {
    let server = server();
    let _ = server.0.clone().environment("nest/eggs/production@stable", json!({ "plain": "stable" }));
    let open = async |version: &str| {
        send(&server, "POST", &format!("{ENVIRONMENT}/versions/{version}/open"), "pul-good", "").await
    };
    assert_eq!(open("7").await.0, 404);
    assert_eq!(open("latest").await.0, 200);
    let session = open("stable").await.1["id"].as_str().unwrap().to_owned();
    let (_, whole) = send(&server, "GET", &format!("{ENVIRONMENT}/open/{session}"), "pul-good", "").await;
    assert_eq!(whole["properties"]["plain"]["value"], "stable");
    let requests = server.0.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[2], format!("POST {ENVIRONMENT}/versions/stable/open"));
}

#[tokio::test]
async fn each_fault_answers_in_the_form_of_the_service_or_of_who_stands_before_it() {
    let server = server();
    let session = open(&server).await;
    let (start, read) = (format!("{ENVIRONMENT}/open"), format!("{ENVIRONMENT}/open/{session}"));
    let (start, read) = (("POST", start.as_str()), ("GET", read.as_str()));
    let status = async |fault, (method, path): (&str, &str)| {
        server.0.inject(fault);
        let request = Request::builder().method(method).uri(format!("https://api.pulumi.com{path}"));
        let request = request.header("authorization", "token pul-good").body(Bytes::new()).unwrap();
        let answer = futures::FutureExt::now_or_never(server.handle(request));
        answer.map(|answer| (answer.status().as_u16(), answer.into_body()))
    };
    for (fault, (opening, reading)) in [
        (EscFault::Forbidden, (403, 403)),
        (EscFault::Conflict, (409, 409)),
        (EscFault::Invalid, (400, 200)),
        (EscFault::SessionEnded, (200, 404)),
        (EscFault::TooMany, (429, 429)),
        (EscFault::InternalError, (500, 500)),
        (EscFault::BadGateway, (502, 502)),
        (EscFault::LoginPage, (200, 200)),
    ] {
        assert_eq!(status(fault, start).await.unwrap().0, opening, "{fault:?}");
        assert_eq!(status(fault, read).await.unwrap().0, reading, "{fault:?}");
    }
    assert!(status(EscFault::Hang, start).await.is_none());
    let body: Json = serde_json::from_slice(&status(EscFault::Invalid, start).await.unwrap().1).unwrap();
    assert_eq!(body["diagnostics"][0]["range"]["begin"]["line"], 3);
    server.0.heal();
    assert_eq!(send(&server, "POST", start.1, "pul-good", "").await.0, 200);
}
