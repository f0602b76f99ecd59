//! What a client of Connect relies on, and each fault.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::clock::VirtualTime;
use crate::rehearsal::network::Handler;

use super::credentials::Credentials;
use super::server::{Part, Server};
use super::{ConnectFault, Vaults};

const PRODUCTION: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const STAGING: &str = "cccccccccccccccccccccccccc";

fn credentials(key: &str) -> Credentials {
    let document = json!({ "verifier": {}, "encCredentials": {}, "version": "2", "deviceUuid": "d",
        "uniqueKey": { "k": key } });
    Credentials::parse(document.to_string().as_bytes()).unwrap()
}

/// A token that could be 1Password's, or, with the key of credentials, one of the test kit.
fn token(server: &str, vaults: &[&str], exp: i64, key: Option<&str>) -> String {
    let encode = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let vts: Vec<Json> = vaults.iter().map(|id| json!({ "u": id.to_uppercase(), "a": 496 })).collect();
    let issued = if key.is_some() { 1_700_000_000 } else { 1_750_000_000 };
    let claims = json!({ "aud": ["com.1password.connect"], "sub": server, "exp": exp, "iat": issued, "nbf": issued,
        "1password.com/vts": vts });
    let signed = format!("{}.{}", encode(json!({ "alg": "ES256" })), encode(claims));
    let signature = key.map_or_else(|| vec![7; 64], |key| credentials(key).sign(signed.as_bytes()));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

const NEVER: i64 = 4_000_000_000;

/// A server, and a token that it accepts for the vaults with these ids, for tests of clients.
pub(crate) fn accepting(vaults: &Vaults, ids: &[&str]) -> (Arc<dyn Handler>, String) {
    (server(vaults, Some("k")), token("s", ids, NEVER, None))
}

/// A token of another server than that of [`accepting`].
pub(crate) fn foreign_token() -> String {
    token("other", &[], NEVER, Some("other"))
}

fn vaults() -> Vaults {
    let vaults = Vaults::default().vault("production", PRODUCTION).vault("staging", STAGING);
    vaults.login("production", "db", &[("username", "dragon"), ("password", "correct horse")])
}

fn server(vaults: &Vaults, key: Option<&str>) -> Arc<Server> {
    let clock = VirtualTime::new("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()).clock();
    let credentials = key.map(credentials);
    Arc::new(Server { part: Part::Api, credentials, vaults: vaults.clone(), clock })
}

async fn send(server: &Server, method: &str, path: &str, token: &str, body: Json) -> (u16, Json) {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://connect:8080{path}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let answer = tokio::time::timeout(Duration::from_mins(1), server.handle(request)).await;
    let Ok(answer) = answer else { return (0, Json::Null) };
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

async fn get(server: &Server, path: &str, token: &str) -> (u16, Json) {
    send(server, "GET", path, token, Json::Null).await
}

#[tokio::test]
async fn vaults_and_items_are_found_by_title_and_lists_have_no_fields() {
    let server = server(&vaults(), Some("k"));
    let token = token("s", &[PRODUCTION, STAGING], NEVER, None);
    let (status, found) = get(&server, "/v1/vaults?filter=title+eq+%22staging%22", &token).await;
    assert_eq!((status, &found[0]["id"], found.as_array().map(Vec::len)), (200, &json!(STAGING), Some(1)));
    let items = format!("/v1/vaults/{PRODUCTION}/items");
    let (_, found) = get(&server, &format!("{items}?filter=title+eq+%22db%22"), &token).await;
    assert_eq!((&found[0]["vault"]["id"], found[0].get("fields")), (&json!(PRODUCTION), None));
    let id = found[0]["id"].as_str().unwrap();
    let (_, item) = get(&server, &format!("{items}/{id}"), &token).await;
    assert_eq!(item["fields"][1]["value"], "correct horse");
    let missing = format!("{items}/zzzzzzzzzzzzzzzzzzzzzzzzzz");
    assert_eq!(
        get(&server, &missing, &token).await.1["message"],
        "item zzzzzzzzzzzzzzzzzzzzzzzzzz not found"
    );
    assert_eq!(get(&server, "/v1/vaults/production", &token).await.0, 400);
}

#[tokio::test]
async fn a_token_reaches_only_the_vaults_in_its_scope_and_those_whose_id_nobody_knows() {
    let vaults = vaults().placeholder("somewhere");
    let server = server(&vaults, Some("k"));
    let token = token("s", &[PRODUCTION], NEVER, None);
    let (_, listed) = get(&server, "/v1/vaults", &token).await;
    let names: Vec<_> =
        listed.as_array().unwrap().iter().map(|vault| vault["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["production", "somewhere"]);
    let (status, refused) = get(&server, &format!("/v1/vaults/{STAGING}"), &token).await;
    assert_eq!((status, &refused["message"]), (403, &json!(format!("vault {STAGING} is not in scope"))));
    let statuses: Vec<_> = vaults.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(200), Some(403)]);
}

#[tokio::test]
async fn a_token_of_the_test_kit_must_be_signed_with_the_servers_own_key() {
    let server = server(&vaults(), Some("k"));
    let good = token("s", &[PRODUCTION], NEVER, Some("k"));
    assert_eq!(get(&server, "/v1/vaults", &good).await.0, 200);
    let other = token("s", &[PRODUCTION], NEVER, Some("other"));
    let refused = json!({ "status": 401, "message": "Invalid token signature" });
    assert_eq!(get(&server, "/v1/vaults", &other).await, (401, refused));
}

#[tokio::test]
async fn credentials_stay_with_the_server_whose_token_came_first() {
    let vaults = vaults();
    let server = server(&vaults, Some("k"));
    let path = "/v1/vaults";
    assert_eq!(get(&server, path, &token("first", &[PRODUCTION], NEVER, None)).await.0, 200);
    assert_eq!(get(&server, path, &token("second", &[PRODUCTION], NEVER, None)).await.0, 401);
    assert_eq!(
        get(&server, path, &token("first", &[STAGING], NEVER, None)).await.0,
        200,
        "it may have several tokens"
    );
    let after_the_disaster = self::server(&vaults, Some("k"));
    assert_eq!(get(&after_the_disaster, path, &token("second", &[PRODUCTION], NEVER, None)).await.0, 401);
}

#[tokio::test]
async fn what_is_no_token_for_connect_or_has_expired_is_refused() {
    let server = server(&vaults(), Some("k"));
    for wrong in ["", "ops_eyJ", "a.b.c", &token("s", &[], NEVER, None)[..40]] {
        assert_eq!(get(&server, "/v1/vaults", wrong).await.0, 401, "{wrong}");
    }
    let expired = token("s", &[PRODUCTION], 1_700_000_001, None);
    let (status, refused) = get(&server, "/v1/vaults", &expired).await;
    assert_eq!((status, &refused["message"]), (401, &json!("validation failed, token is expired (exp)")));
}

#[tokio::test]
async fn items_can_be_written_and_deleted() {
    let server = server(&vaults(), Some("k"));
    let token = token("s", &[PRODUCTION], NEVER, None);
    let items = format!("/v1/vaults/{PRODUCTION}/items");
    let (status, made) = send(&server, "POST", &items, &token, json!({ "title": "fresh" })).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!((status, id.len()), (200, 26));
    let one = format!("{items}/{id}");
    assert_eq!(send(&server, "PUT", &one, &token, json!({ "title": "newer" })).await.1["id"], id);
    assert_eq!(get(&server, &one, &token).await.1["title"], "newer");
    assert_eq!(send(&server, "DELETE", &one, &token, Json::Null).await.0, 204);
    assert_eq!(get(&server, &one, &token).await.0, 404);
}

#[tokio::test]
async fn without_credentials_the_server_is_not_well_and_answers_nobody() {
    let server = server(&vaults(), None);
    assert_eq!(get(&server, "/health", "").await.0, 500);
    assert_eq!(get(&server, "/heartbeat", "").await.0, 200);
    let (status, refused) = get(&server, "/v1/vaults", &token("s", &[], NEVER, None)).await;
    assert_eq!(
        (status, &refused["message"]),
        (500, &json!("failed to initiate, review service logs for details"))
    );
}

#[tokio::test(start_paused = true)]
async fn each_fault_answers_as_the_real_server() {
    let vaults = vaults();
    let server = server(&vaults, Some("k"));
    let token = token("s", &[PRODUCTION], NEVER, None);
    let statuses = async |fault: ConnectFault| {
        vaults.inject(fault);
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(get(&server, "/v1/vaults", &token).await.0);
        }
        statuses
    };
    assert_eq!(statuses(ConnectFault::Unauthorized).await, [401; 3]);
    assert_eq!(statuses(ConnectFault::ForbiddenTwice).await, [403, 403, 200]);
    assert_eq!(statuses(ConnectFault::Forbidden).await, [403; 3]);
    assert_eq!(statuses(ConnectFault::SyncTimeout).await, [408; 3]);
    assert_eq!(statuses(ConnectFault::InternalError).await, [500; 3]);
    assert_eq!(statuses(ConnectFault::BadGateway).await, [502; 3]);
    assert_eq!(statuses(ConnectFault::LoginPage).await, [200; 3]);
    assert_eq!(get(&server, "/v1/vaults", &token).await.1, Json::Null, "a proxy's page is no JSON");
    assert_eq!(statuses(ConnectFault::Hang).await, [0; 3]);
    assert_eq!(get(&server, "/health", &token).await.0, 200, "probes go on");
    assert_eq!(statuses(ConnectFault::DuplicateVaults).await, [200; 3]);
    assert_eq!(get(&server, "/v1/vaults", &token).await.1.as_array().map(Vec::len), Some(2));
    vaults.heal();
    assert_eq!(get(&server, "/v1/vaults", &token).await.1.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_change_in_the_app_is_seen_and_nothing_is_printed() {
    let vaults = vaults();
    assert!(vaults.set_field("production", "db", "password", "new"));
    assert!(!vaults.set_field("production", "db", "nothing", "new"));
    assert_eq!(format!("{vaults:?}"), r#"Vaults(["production", "staging"])"#);
}
