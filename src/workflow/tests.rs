//! Each source of environments against the real thing, or a server that follows its published interface.
//!
//! They are here because the servers are those of the rehearsal, which stands above the sources.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use bytes::Bytes;
use futures::executor::block_on;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use wiremock::matchers::{any, header, path, query_param};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::clock::Clock;
use crate::environment::{Evaluation, Evaluator, InMemory, Options, Outside, Sops, Sources};
use crate::keys::{Identities, ProcessEnvironment};
use crate::kubernetes::Target;
use crate::rehearsal::Cluster;
use crate::rehearsal::network::Handler;
use crate::rehearsal::programs::{connect, pulumi_esc};
use crate::resource::{Map, Silent, redacted, revealed};
use crate::state::{ClusterBackend, Holder, NoRecipients, Session};

struct Nest {
    root: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    cluster: Option<crate::kubernetes::Client>,
    kubeconfig: Option<std::path::PathBuf>,
    allow_exec: bool,
}

impl Nest {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        Self { root, variables: BTreeMap::new(), cluster: None, kubeconfig: None, allow_exec: false }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.root.path().join(name), content).unwrap();
        self
    }

    async fn open(&self, document: &str) -> Evaluation {
        let process: ProcessEnvironment = self.variables.iter().collect();
        let target = Target { kubeconfig: self.kubeconfig.clone(), ..Target::default() };
        let outside = Outside {
            project: self.root.path().to_owned(),
            process,
            target,
            cluster: self.cluster.clone(),
            clock: Clock::system(),
            allow_exec: self.allow_exec,
        };
        let sources =
            Sources::standard(&outside, Sops::new(self.root.path(), Arc::new(Identities::default())));
        let documents = InMemory::new([("env", document)]);
        let evaluator = Evaluator::new(documents, sources, Map::new(), Options::default());
        evaluator.evaluate("env").await.unwrap()
    }

    /// Evaluates and returns the values with and without secrets.
    async fn values(&self, document: &str) -> (Json, Json) {
        let evaluation = self.open(document).await;
        assert!(evaluation.diagnostics.is_empty(), "{}", evaluation.diagnostics);
        (revealed(&evaluation.value), redacted(&evaluation.value))
    }

    /// Evaluates and returns the only error.
    async fn error(&self, document: &str) -> String {
        let evaluation = self.open(document).await;
        let errors: Vec<String> =
            evaluation.diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.concat()
    }
}

/// A server in process on a real port.
struct Served(Arc<dyn Handler>);

impl Respond for Served {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut converted =
            http::Request::builder().method(request.method.as_str()).uri(request.url.as_str());
        for (name, value) in &request.headers {
            converted = converted.header(name.as_str(), value.as_bytes());
        }
        let converted = converted.body(Bytes::from(request.body.clone())).unwrap();
        let answer = block_on(self.0.handle(converted));
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        ResponseTemplate::new(answer.status().as_u16()).set_body_raw(answer.into_body().to_vec(), &kind)
    }
}

async fn serve(handler: Arc<dyn Handler>) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Served(handler)).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn variables_and_files_are_secret_unless_the_document_says_otherwise() {
    let nest = Nest::new().variable("TOKEN", "chirp").variable("EMPTY", "").file("a.txt", "egg\n");
    let nest = nest.file("b.bin", [0xff, 0]);
    let (plain, shown) = nest
        .values(
            "values:
  a: {fn::open::env: {name: TOKEN}}
  b: {fn::open::env: {name: TOKEN, secret: false}}
  c: {fn::open::env: {name: EMPTY, default: none}}
  d: {fn::open::file: {path: a.txt}}
  e: {fn::open::file: {path: a.txt, secret: false}}
  f: {fn::toBase64: {fn::open::file: {path: b.bin}}}
",
        )
        .await;
    assert_eq!(
        plain,
        json!({ "a": "chirp", "b": "chirp", "c": "none", "d": "egg\n", "e": "egg\n", "f": "/wA=" })
    );
    let hidden = "[secret]";
    assert_eq!(
        shown,
        json!({ "a": hidden, "b": "chirp", "c": "none", "d": hidden, "e": "egg\n", "f": hidden })
    );
    let error = nest.error("values: {a: {fn::open::env: {name: NONE}}}").await;
    assert_eq!(error, "the variable NONE is not set; set it, or give a `default`");
    let error = nest.error("values: {a: {fn::open::file: {path: none.txt}}}").await;
    assert!(error.starts_with("read `none.txt`: "), "{error}");
}

#[tokio::test]
async fn wrong_inputs_are_found_by_a_check_that_opens_nothing() {
    let document = "values:\n  a: {fn::open::file: {pth: a.txt}}\n  b: {fn::open::aws-secrets: {}}\n";
    let evaluation = Nest::new().open(document).await;
    let found: Vec<String> = evaluation.diagnostics.iter().map(ToString::to_string).collect();
    let all = found.join("\n");
    assert!(all.contains("unknown property \"pth\"") && all.contains("did you mean `path`?"), "{all}");
    assert!(all.contains("missing required properties: path"), "{all}");
    assert!(all.contains("unknown provider \"aws-secrets\"") && all.contains("clouds"), "{all}");
    assert!(evaluation.openings.is_empty());
}

const PRODUCTION: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const STAGING: &str = "cccccccccccccccccccccccccc";

fn vaults() -> connect::Vaults {
    let vaults = connect::Vaults::default().vault("production", PRODUCTION).vault("staging", STAGING);
    let vaults = vaults.login("production", "db", &[("username", "dragon"), ("password", "chirp")]);
    let file = json!({ "id": "ffffffffffffffffffffffffff", "name": "ca.pem", "content": "PEM" });
    let document =
        json!({ "id": "dddddddddddddddddddddddddd", "title": "ca", "category": "DOCUMENT", "files": [file] });
    vaults.item("production", document)
}

fn connect_document(host: &str, token: &str, get: &str) -> String {
    format!(
        "values:\n  a: {{fn::open::onepassword-connect: {{host: '{host}', token: {{fn::secret: '{token}'}}, get: {get}}}}}\n"
    )
}

#[tokio::test]
async fn connect_gives_fields_files_and_whole_items_and_asks_each_thing_once() {
    let (handler, token) = connect::tests::accepting(&vaults(), &[PRODUCTION]);
    let server = serve(handler).await;
    let get = "{user: {ref: 'op://production/db/username'}, password: {ref: 'op://production/db/password'}, \
               all: {ref: op://production/db}, ca: {ref: op://production/ca/ca.pem}, \
               id: {ref: op://aaaaaaaaaaaaaaaaaaaaaaaaaa/db/password}}";
    let nest = Nest::new();
    // A token with a line break at its end, and an address with the interface's path, are what people have.
    let document = connect_document(&format!("{}/v1/", server.uri()), &token, get);
    let evaluation = nest.open(&document).await;
    assert!(evaluation.diagnostics.is_empty(), "{}", evaluation.diagnostics);
    let all = json!({ "username": "dragon", "password": "chirp" });
    let expected = json!({ "user": "dragon", "password": "chirp", "all": all, "ca": "PEM", "id": "chirp" });
    assert_eq!(revealed(&evaluation.value)["a"], expected);
    assert!(!redacted(&evaluation.value).to_string().contains("chirp"));
    // The vault; both titles; both items; the file's content.
    assert_eq!(requests(&server).await, 6);
    assert_eq!(evaluation.openings.iter().map(|opening| opening.requests).sum::<u32>(), 6);
}

#[tokio::test]
async fn a_foreign_connect_token_is_sent_once_for_the_whole_environment() {
    let (handler, _) = connect::tests::accepting(&vaults(), &[PRODUCTION]);
    let server = serve(handler).await;
    let token = connect::tests::foreign_token();
    let one = connect_document(
        &server.uri(),
        &token,
        "{x: {ref: op://production/db/username}, y: {ref: op://staging/db/x}}",
    );
    let document = format!("{one}{}", one.replace("values:\n  a:", "  b:"));
    let evaluation = Nest::new().open(&document).await;
    let errors: Vec<&str> = evaluation.diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    for error in errors {
        assert!(error.starts_with("`x`, `y`: 1Password Connect at "), "{error}");
        assert!(error.contains("refused the credential: Invalid token signature"), "{error}");
    }
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn each_refusal_of_connect_says_what_to_do() {
    let vaults = vaults();
    let (handler, token) = connect::tests::accepting(&vaults, &[PRODUCTION]);
    let server = serve(handler).await;
    let error = async |get: &str| Nest::new().error(&connect_document(&server.uri(), &token, get)).await;
    let cases = [
        (
            "{x: {ref: op://production/db/pasword}}",
            "has no field or file `pasword`; it has `username`, `password`",
        ),
        ("{x: {ref: op://production/nobody/password}}", "there are 0 items titled `nobody`"),
        (
            "{x: {ref: op://staging/db/password}}",
            "there are 0 vaults titled `staging` that the token can see",
        ),
        ("{x: {ref: op://cccccccccccccccccccccccccc/db/password}}", "does not allow /v1/vaults/cccc"),
        ("{x: {ref: op://eeeeeeeeeeeeeeeeeeeeeeeeee/db/password}}", "not found"),
        ("{x: {ref: 'op://production/db/password?attribute=otp'}}", "no attributes after `?`"),
        ("{x: {ref: production/db}}", "`production/db` is no secret reference"),
    ];
    for (get, expected) in cases {
        let error = error(get).await;
        assert!(error.contains(expected), "{get}: {error}");
    }
    use connect::ConnectFault::{BadGateway, DuplicateVaults, Forbidden, InternalError, SyncTimeout};
    let faults = [
        (DuplicateVaults, "there are 2 vaults titled `production`", 1),
        (Forbidden, "vault is not in scope", 1),
        (
            InternalError,
            "answered /v1/vaults?filter=title+eq+%22production%22 with 500: Something went wrong",
            1,
        ),
        (SyncTimeout, "with 408: sync did not complete within timeout", 3),
        (BadGateway, "with 502: Bad Gateway", 3),
    ];
    for (fault, expected, sent) in faults {
        vaults.inject(fault);
        let before = requests(&server).await;
        let error = error("{x: {ref: op://production/db/password}}").await;
        assert!(error.contains(expected), "{error}");
        assert_eq!(requests(&server).await - before, sent, "{error}");
    }
}

#[tokio::test]
async fn a_token_that_can_not_be_right_is_never_sent() {
    let server = serve(connect::tests::accepting(&vaults(), &[]).0).await;
    for (token, expected) in [("ops_chirp", "service account token"), ("chirp", "is not a JWT")] {
        let document = connect_document(&server.uri(), token, "{x: {ref: op://production/db/username}}");
        let error = Nest::new().error(&document).await;
        assert!(error.contains(expected) && !error.contains("chirp"), "{error}");
    }
    assert_eq!(requests(&server).await, 0);
    let document =
        "values: {a: {fn::open::onepassword-connect: {get: {x: {ref: op://production/db/username}}}}}";
    assert!(Nest::new().error(document).await.contains("OP_CONNECT_HOST"));
    let (handler, token) = connect::tests::accepting(&vaults(), &[PRODUCTION]);
    let server = serve(handler).await;
    let nest = Nest::new().variable("OP_CONNECT_HOST", &server.uri()).variable("OP_CONNECT_TOKEN", &token);
    assert_eq!(nest.values(document).await.0["a"]["x"], "dragon");
}

fn pulumi() -> pulumi_esc::EscEnvironments {
    let values =
        json!({ "app": { "password": { "fn::secret": "chirp" }, "ports": [80, 81] }, "plain": true });
    pulumi_esc::EscEnvironments::default().environment("nest/eggs/production", values).token("pul-good")
}

#[tokio::test]
async fn an_environment_of_pulumi_comes_with_its_marks_in_two_requests() {
    let server = serve(pulumi_esc::tests::serving(&pulumi())).await;
    let nest = Nest::new()
        .variable("PULUMI_BACKEND_URL", &server.uri())
        .variable("PULUMI_ACCESS_TOKEN", "pul-good\n");
    let (plain, shown) = nest
        .values("values: {a: {fn::open::pulumi-esc: {organization: nest, project: eggs, environment: production}}}")
        .await;
    assert_eq!(plain["a"], json!({ "app": { "password": "chirp", "ports": [80, 81] }, "plain": true }));
    assert_eq!(shown["a"]["app"]["password"], "[secret]");
    assert_eq!(requests(&server).await, 2);
    let (plain, shown) = nest
        .values("values: {a: {fn::open::pulumi-esc: {organization: nest, project: eggs, environment: production, property: app.password}}}")
        .await;
    assert_eq!((&plain["a"], &shown["a"]), (&json!("chirp"), &json!("[secret]")));
}

#[tokio::test]
async fn each_refusal_of_pulumi_is_told_and_a_refused_token_is_sent_once() {
    let server = serve(pulumi_esc::tests::serving(&pulumi())).await;
    let nest = |token: &str| {
        Nest::new().variable("PULUMI_BACKEND_URL", &server.uri()).variable("PULUMI_ACCESS_TOKEN", token)
    };
    let call = |name: &str, environment: &str, more: &str| {
        format!(
            "  {name}: {{fn::open::pulumi-esc: {{organization: nest, project: eggs, environment: '{environment}'{more}}}}}\n"
        )
    };
    let document = format!("values:\n{}{}", call("a", "production", ""), call("b", "staging", ""));
    let evaluation = nest("pul-bad").open(&document).await;
    assert_eq!(evaluation.diagnostics.iter().count(), 2);
    for error in &evaluation.diagnostics {
        assert!(error.message.contains("refused the credential: Unauthorized: "), "{}", error.message);
    }
    assert_eq!(requests(&server).await, 1);
    let cases = [
        (call("a", "nobody", ""), "there is no environment `nest/eggs/nobody` at Pulumi ESC"),
        (call("a", "a/../b", ""), "`a/../b` can't be a part of an environment's name"),
        (call("a", "production", ", property: app.nothing"), "has no `app.nothing`"),
    ];
    for (call, expected) in cases {
        let error = nest("pul-good").error(&format!("values:\n{call}")).await;
        assert!(error.contains(expected), "{error}");
    }
    let error = Nest::new().error(&format!("values:\n{}", call("a", "production", ""))).await;
    assert!(error.contains("PULUMI_ACCESS_TOKEN"), "{error}");
}

#[tokio::test]
async fn vault_gives_both_versions_of_its_engine_and_a_refused_token_is_sent_once() {
    let server = MockServer::start().await;
    let known = |at: &str| Mock::given(path(at)).and(header("x-vault-token", "chirp"));
    let two = json!({ "data": { "data": { "password": "egg", "n": 1 }, "metadata": { "version": 3 } } });
    let three = known("/v1/secret/data/app/db").and(query_param("version", "3"));
    three.respond_with(ResponseTemplate::new(200).set_body_json(&two)).mount(&server).await;
    known("/v1/secret/data/app/db")
        .respond_with(ResponseTemplate::new(200).set_body_json(&two))
        .mount(&server)
        .await;
    let one = json!({ "data": { "password": "old" } });
    known("/v1/kv/app").respond_with(ResponseTemplate::new(200).set_body_json(one)).mount(&server).await;
    let refused = json!({ "errors": ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"] });
    let bad = Mock::given(header("x-vault-token", "bad"));
    bad.respond_with(ResponseTemplate::new(403).set_body_json(refused)).mount(&server).await;
    let nest = Nest::new().variable("VAULT_ADDR", &server.uri()).variable("VAULT_TOKEN", "chirp");
    let (plain, shown) = nest
        .values(
            "values:
  a: {fn::open::vault-kv: {path: app/db}}
  b: {fn::open::vault-kv: {path: /app/db, version: 3, key: password}}
  c: {fn::open::vault-kv: {mount: kv, path: app, engine: 1}}
",
        )
        .await;
    assert_eq!(plain, json!({ "a": { "password": "egg", "n": 1 }, "b": "egg", "c": { "password": "old" } }));
    assert!(!shown.to_string().contains("egg"), "{shown}");
    for (inputs, expected) in [
        ("{path: none}", "there is no secret `none` in the engine `secret` of Vault"),
        ("{path: app/db, key: user}", "the secret `app/db` of Vault has no key `user`; it has n, password"),
        ("{path: app/db, engine: 3}", "`engine` is 1 or 2, not 3"),
    ] {
        let error = nest.error(&format!("values: {{a: {{fn::open::vault-kv: {inputs}}}}}")).await;
        assert!(error.contains(expected), "{error}");
    }
    let says =
        |status: u16, error: &str| ResponseTemplate::new(status).set_body_json(json!({ "errors": [error] }));
    for (at, answer) in [
        ("/v1/secret/data/denied", says(403, "1 error occurred:\n\t* permission denied\n\n")),
        ("/v1/secret/data/sealed", says(503, "Vault is sealed")),
        ("/v1/secret/data/page", ResponseTemplate::new(200).set_body_string("<html>")),
        // What an engine of version 1 gives has not the form of one of version 2.
        ("/v1/old/data/app", ResponseTemplate::new(200).set_body_json(json!({ "data": { "a": "chirp" } }))),
        ("/v1/nest/data/app", says(404, "no handler for route \"nest/data/app\". route entry not found.")),
        (
            "/v1/secret/data/deleted",
            ResponseTemplate::new(404).set_body_json(json!({ "data": { "data": null, "metadata": {} } })),
        ),
    ] {
        known(at).respond_with(answer).mount(&server).await;
    }
    for (inputs, expected) in [
        ("{path: denied}", "does not allow /v1/secret/data/denied to this credential: 1 error occurred"),
        ("{path: sealed}", "with 503: Vault is sealed"),
        ("{path: page}", "is there a proxy"),
        ("{path: app, mount: nest}", "there is no secret `app` in the engine `nest` of Vault"),
        ("{path: deleted}", "or its version is deleted"),
        ("{path: app, engine: 1, mount: kv, version: 2}", "keeps no versions of a secret"),
        ("{path: app, mount: old}", "or the engine's version is not 2"),
    ] {
        let error = nest.error(&format!("values: {{a: {{fn::open::vault-kv: {inputs}}}}}")).await;
        assert!(error.contains(expected) && !error.contains("chirp"), "{error}");
    }
    let before = requests(&server).await;
    let document = "values:\n  a: {fn::open::vault-kv: {path: a, token: bad}}\n  b: {fn::open::vault-kv: {path: b, token: bad}}\n";
    let evaluation = nest.open(document).await;
    assert_eq!(evaluation.diagnostics.iter().count(), 2);
    assert_eq!(requests(&server).await - before, 1);
}

#[tokio::test]
async fn a_program_starts_only_where_that_is_allowed_and_never_sees_our_keys() {
    let document = "values:
  a: {fn::open::exec: {command: [sh, -c, 'printf \"$WORD\\n\\n\"; env | grep -c ^SOPS_'], environment: {WORD: {fn::secret: chirp}}, format: text}}
";
    let mut nest = Nest::new().variable("PATH", "/usr/bin:/bin").variable("SOPS_AGE_KEY", "k");
    let error = nest.error(document).await;
    assert!(error.contains("wants to start `sh`") && error.contains("--allow-exec"), "{error}");
    nest.allow_exec = true;
    let error = nest.error(document).await;
    // grep finds no variable, and says so by its status.
    assert!(error.starts_with("`sh` failed: exit status: 1"), "{error}");
    let (plain, shown) = nest.values(&document.replace("grep -c ^SOPS_", "grep -c ^WORD=")).await;
    assert_eq!((&plain["a"], &shown["a"]), (&json!("chirp\n\n1"), &json!("[secret]")));
    let (plain, shown) = nest
        .values(
            "values: {a: {fn::open::exec: {command: [echo, '{\"x\": [1]}'], format: json, secret: false}}}",
        )
        .await;
    assert_eq!((&plain["a"], &shown["a"]), (&json!({ "x": [1] }), &json!({ "x": [1] })));
    for (inputs, expected) in [
        ("{command: [eggtooth-no-such-program]}", "start `eggtooth-no-such-program`"),
        ("{command: [sleep, '5'], timeout: 0}", "`sleep` did not end within 0 s"),
        ("{command: [echo, chirp], format: json}", "`echo` wrote something that is not JSON"),
        ("{command: [cat, /dev/zero]}", "`cat` wrote more than 16 MiB"),
        ("{command: []}", "`command` is empty"),
        ("{command: [echo, {fn::secret: chirp}]}", "the inputs of fn::open::exec: `command.1`"),
    ] {
        let error = nest.error(&format!("values: {{a: {{fn::open::exec: {inputs}}}}}")).await;
        assert!(error.contains(expected) && !error.contains("chirp"), "{error}");
    }
}

fn write_op(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join("op");
    let script = "#!/bin/sh\necho start >> \"$LOG\"\nwhile IFS= read -r line; do case \"$line\" in\n\
                  \"{{\"*) echo \"$OP_SERVICE_ACCOUNT_TOKEN of $line\" ;;\n*) echo \"$line\" ;;\nesac; done\n";
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn op_reads_all_values_by_one_process_under_pulumis_name_too() {
    let nest = Nest::new();
    write_op(nest.root.path());
    let log = nest.root.path().join("log");
    let search = format!("{}:/usr/bin:/bin", nest.root.path().display());
    let nest = nest.variable("PATH", &search).variable("LOG", log.to_str().unwrap());
    let (plain, shown) = nest
        .values(
            "values:
  a: {fn::open::1password-secrets: {login: {serviceAccountToken: {fn::secret: ops_x}}, get: {x: {ref: op://v/i/x}, y: {ref: op://v/i/y}}}}
",
        )
        .await;
    assert_eq!(plain["a"], json!({ "x": "ops_x of {{ op://v/i/x }}", "y": "ops_x of {{ op://v/i/y }}" }));
    assert_eq!(shown["a"]["x"], "[secret]");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "start\n");
}

#[tokio::test]
async fn a_secret_of_another_context_is_read_and_what_is_missing_is_told() {
    let cluster = Cluster::builder().build().unwrap();
    let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> =
        kube::Api::namespaced(cluster.client(), "default");
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "db" },
        "stringData": { "password": "chirp", "user": "dragon" } });
    secrets
        .create(&kube::api::PostParams::default(), &serde_json::from_value(secret).unwrap())
        .await
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = cluster.serve(listener).unwrap();
    let mut nest = Nest::new().file("kubeconfig", serving.kubeconfig());
    nest.kubeconfig = Some(nest.root.path().join("kubeconfig"));
    let (plain, shown) = nest
        .values("values: {a: {fn::open::kubernetes-secret: {namespace: default, name: db}}, b: {fn::open::kubernetes-secret: {namespace: default, name: db, key: user}}}")
        .await;
    assert_eq!(plain, json!({ "a": { "password": "chirp", "user": "dragon" }, "b": "dragon" }));
    assert!(!shown.to_string().contains("chirp"));
    for (inputs, expected) in [
        ("{namespace: default, name: none}", "there is no Secret default/none in the cluster"),
        (
            "{namespace: default, name: db, key: none}",
            "the Secret default/db has no key `none`; it has password, user",
        ),
        ("{namespace: default, name: db, context: none}", "none"),
    ] {
        let error = nest.error(&format!("values: {{a: {{fn::open::kubernetes-secret: {inputs}}}}}")).await;
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_stack_that_was_never_brought_up_is_told() {
    let cluster = Cluster::builder().build().unwrap();
    let mut nest = Nest::new();
    nest.cluster = Some(cluster.connect("test"));
    let error = nest
        .error("values: {a: {fn::open::eggtooth-stack: {environment: prod, stack: onepassword-connect}}}")
        .await;
    assert!(
        error.contains("has not been brought up in the cluster `test`: run `eggtooth up prod`"),
        "{error}"
    );
}

#[tokio::test]
async fn outputs_of_a_stack_are_read_from_its_state() {
    let cluster = Cluster::builder().build().unwrap();
    let client = cluster.connect("test");
    let backend = ClusterBackend::new(client.unguarded(), Clock::system(), "prod", "nest").unwrap();
    let holder = Holder::here(&ProcessEnvironment::default(), Timestamp::UNIX_EPOCH);
    let session = Session::open(Arc::new(backend), holder, Arc::new(NoRecipients), &Silent).await.unwrap();
    let mut snapshot = session.snapshot().clone();
    snapshot.outputs = [("url".to_owned(), json!("http://nest"))].into();
    session.commit(&snapshot).await.unwrap();
    session.close().await.unwrap();
    let mut nest = Nest::new();
    nest.cluster = Some(client);
    let call = |more: &str| {
        format!("values: {{a: {{fn::open::eggtooth-stack: {{environment: prod, stack: nest{more}}}}}}}")
    };
    assert_eq!(nest.values(&call("")).await.0["a"], json!({ "url": "http://nest" }));
    assert_eq!(nest.values(&call(", output: url")).await.0["a"], "http://nest");
    let error = nest.error(&call(", output: port")).await;
    assert_eq!(error, "the stack `nest` has no output `port`; it has url");
}
