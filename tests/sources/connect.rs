//! `fn::open::onepassword-connect` against the server of rehearsals, which takes only tokens that go with its credentials.

use eggtooth::rehearsal::Port;
use eggtooth::rehearsal::programs::connect::{ConnectFault, Vaults};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::credentials::Credentials;
use super::{Opening, listener, runtime};

pub(super) const PRODUCTION: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const STAGING: &str = "cccccccccccccccccccccccccc";
const DB: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A running server, what it shows, and a token for the vault `production`.
pub(super) struct Nest {
    _runtime: Runtime,
    port: Port,
    pub(super) vaults: Vaults,
    pub(super) token: String,
}

impl Nest {
    pub(super) fn new() -> Self {
        let credentials = Credentials::from_seed("nest");
        Self::of(credentials.json().as_bytes(), &credentials)
    }

    fn of(held: &[u8], credentials: &Credentials) -> Self {
        let (runtime, vaults) = (runtime(), vaults());
        let port = runtime.block_on(async { vaults.serve(listener().await, held).unwrap() });
        Self { _runtime: runtime, port, vaults, token: credentials.token(&[PRODUCTION]) }
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// Expects a refusal of what is read with a token after this many requests.
    fn refuses(&self, token: &str, get: &str, expected: &str, requests: usize) {
        let before = self.vaults.requests().len();
        let claims = token.split('.').nth(1).unwrap_or(token);
        let opening = Opening { variables: &[("TOKEN", token)], secrets: &["chirp", "dragon", claims] };
        let told = opening.refused(&document(&self.address(), get), expected);
        let asked = self.vaults.requests().split_off(before);
        assert_eq!(asked.len(), requests, "{asked:?}\n{told}");
    }
}

fn vaults() -> Vaults {
    let login = |id: &str, title: &str, fields: Json| json!({ "id": id, "title": title, "category": "LOGIN", "fields": fields });
    let field = |label: &str, value: &str| json!({ "id": format!("id-of-{label}-{value}"), "label": label, "value": value });
    let db = login(DB, "db", json!([field("username", "dragon"), field("password", "chirp")]));
    let two =
        login(&"e".repeat(26), "two", json!([field("password", "chirp"), field("password", "chirp-2")]));
    let file = json!({ "id": "f".repeat(26), "name": "ca.pem", "content": "-----chirp-----" });
    let ca = json!({ "id": "d".repeat(26), "title": "ca", "category": "DOCUMENT", "files": [file] });
    let twin = |id: char| login(&String::from(id).repeat(26), "twin", json!([field("password", "chirp")]));
    let vaults = Vaults::default().vault("production", PRODUCTION).vault("staging", STAGING);
    let items = [db, two, ca, twin('g'), twin('h')];
    items.into_iter().fold(vaults, |vaults, item| vaults.item("production", item))
}

fn document(host: &str, get: &str) -> String {
    format!(
        "values:\n  a: {{fn::open::onepassword-connect: {{host: '{host}', \
         token: {{fn::open::env: {{name: TOKEN}}}}, get: {get}}}}}\n"
    )
}

fn one(reference: &str) -> String {
    format!("{{x: {{ref: '{reference}'}}}}")
}

#[test]
fn what_is_there_is_read_by_titles_ids_and_whole_and_counted() {
    let nest = Nest::new();
    let get = format!(
        "{{password: {{ref: op://production/db/password}}, id: {{ref: op://{PRODUCTION}/{DB}/password}}, \
         all: {{ref: op://production/db}}, file: {{ref: op://production/ca/ca.pem}}}}"
    );
    // What `echo` writes into a file ends with a line break.
    let token = format!("{}\n", nest.token);
    let variables = [("TOKEN", token.as_str())];
    let opened = Opening { variables: &variables, secrets: &["chirp", "dragon"] };
    let hidden = opened.run(&document(&nest.address(), &get), &["--format=json", "--timings"]);
    let values: Json = serde_json::from_slice(&hidden.stdout).unwrap();
    assert_eq!(values["a"]["password"], "[secret]");
    let timings = String::from_utf8_lossy(&hidden.stderr).into_owned();
    // The vault, two titles, two items, the content of a file; asked by its id, the item is known already.
    assert!(timings.contains("6 requests"), "{timings}");
    assert_eq!(nest.vaults.requests().len(), 6, "{:?}", nest.vaults.requests());
    let shown = Opening { variables: &variables, secrets: &[] };
    let shown = shown.run(&document(&nest.address(), &get), &["--format=json", "--show-secrets=always"]);
    let values: Json = serde_json::from_slice(&shown.stdout).unwrap();
    let all = json!({ "username": "dragon", "password": "chirp" });
    let expected = json!({ "password": "chirp", "id": "chirp", "all": all, "file": "-----chirp-----" });
    assert_eq!(values["a"], expected);
}

#[test]
fn each_wrong_reference_says_what_is_there_or_what_to_write() {
    let nest = Nest::new();
    let missing = "z".repeat(26);
    for (reference, expected, requests) in [
        ("op://nobody/db/password", "there are 0 vaults titled `nobody` that the token can see", 1),
        ("op://staging/db/password", "there are 0 vaults titled `staging` that the token can see", 1),
        ("op://production/nobody/password", "there are 0 items titled `nobody` that the token can see", 2),
        ("op://production/twin/password", "there are 2 items titled `twin`", 2),
        (
            "op://production/db/pasword",
            "the item `db` has no field or file `pasword`; it has `username`, `password`",
            3,
        ),
        ("op://production/db/admin/password", "has no field or file `password`", 3),
        ("op://production/two/password", "the item `two` has 2 fields or files `password`", 3),
        (
            "op://production/two",
            "the item `two` has 2 fields or files `password`: name the section, or use an id",
            3,
        ),
        ("op://production/ca/key.pem", "has no field or file `key.pem`; it has `ca.pem`", 3),
        (
            &format!("op://{STAGING}/db/password"),
            &format!("does not allow /v1/vaults/{STAGING}/items?filter="),
            1,
        ),
        (&format!("op://{missing}/db/password"), &format!("with 404: vault {missing} not found"), 1),
        (&format!("op://production/{missing}/password"), &format!("with 404: item {missing} not found"), 2),
        (
            "op://production/db/password?attribute=otp",
            "Connect gives values only, no attributes after `?`",
            0,
        ),
        ("production/db/password", "`production/db/password` is no secret reference", 0),
        ("op://production/a\"b/password", "holds '\"', which no reference can; use the id instead", 0),
    ] {
        nest.refuses(&nest.token, &one(reference), expected, requests);
    }
}

#[test]
fn a_token_that_is_not_the_servers_is_sent_once_and_one_that_can_not_be_right_never() {
    let nest = Nest::new();
    let many = "{x: {ref: op://production/db/username}, y: {ref: op://production/db/password}, \
                z: {ref: op://staging/db/password}}";
    let foreign = Credentials::from_seed("cuckoo").token(&[PRODUCTION]);
    nest.refuses(&foreign, many, "`x`, `y`, `z`: 1Password Connect at http://127.0.0.1:", 1);
    nest.refuses(&foreign, many, "refused the credential: Invalid token signature (it is not sent again", 1);
    let blind = Credentials::from_seed("nest").token(&[STAGING]);
    nest.refuses(&blind, many, "there are 0 vaults titled `production`", 3);
    let expired = Credentials::from_seed("nest").token_until(&[PRODUCTION], Some(1_700_000_001));
    nest.refuses(&expired, many, "the Connect token expired", 0);
    nest.refuses("ops_eyJjaGly", many, "service account", 0);
    nest.refuses("egg-shell", many, "is not a JWT: it has not three parts", 0);
    nest.refuses(&nest.token.replacen('.', ".\n", 1), many, "is not a JWT: its claims can't be read", 0);
}

#[test]
fn each_fault_of_a_server_or_of_a_proxy_before_it_is_told_apart() {
    let nest = Nest::new();
    let (password, file) = (one("op://production/db/password"), one("op://production/ca/ca.pem"));
    let list = "/v1/vaults?filter=title+eq+%22production%22";
    for (fault, get, expected, requests) in [
        (ConnectFault::Unauthorized, &password, "refused the credential: Invalid token signature", 1),
        (ConnectFault::ForbiddenTwice, &password, "Authorization: token does not have access to vault", 1),
        (ConnectFault::Forbidden, &password, "to this credential: vault is not in scope", 1),
        (ConnectFault::SyncTimeout, &password, "with 408: sync did not complete within timeout", 3),
        (
            ConnectFault::InternalError,
            &password,
            &format!("answered {list} with 500: Something went wrong"),
            1,
        ),
        (ConnectFault::BadGateway, &password, "with 502: Bad Gateway", 3),
        (ConnectFault::LoginPage, &password, "in a form that is not its own: is there a proxy", 1),
        (ConnectFault::DuplicateVaults, &password, "there are 2 vaults titled `production`", 1),
        (ConnectFault::NoFiles, &file, "the file `ca.pem` can't be had: ", 4),
        (ConnectFault::NoFiles, &file, "with 404: Not Found (servers before version 1.3.0 give no files)", 4),
    ] {
        nest.vaults.inject(fault);
        nest.refuses(&nest.token, get, expected, requests);
    }
}

#[test]
fn a_server_without_credentials_and_one_that_is_not_there_are_told() {
    let own = Credentials::from_seed("nest");
    let nest = Nest::of(b"eyJ2ZXJpZmllciI6", &own);
    let get = one("op://production/db/password");
    nest.refuses(&nest.token, &get, "with 500: failed to initiate, review service logs for details", 1);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let opening = Opening { variables: &[("TOKEN", &nest.token)], secrets: &["chirp"] };
    let told = opening.refused(&document(&format!("http://{closed}"), &get), "does not answer");
    assert!(told.contains("refused"), "the cause is not in:\n{told}");
    opening.refused(&document("connect:8080", &get), "it has to begin with http:// or https://");
}
