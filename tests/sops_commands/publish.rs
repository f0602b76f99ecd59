//! What is published, beside sops, to a Vault of the test.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::nest::{Nest, Ran, oracle, ran};

/// A key/value engine of version 2 at `/v1/…/data/…`, of version 1 elsewhere.
#[derive(Default)]
struct Engine(Mutex<BTreeMap<String, Value>>);

impl Respond for Engine {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.url.path().to_owned();
        if path.contains("refused") {
            return ResponseTemplate::new(403).set_body_json(json!({ "errors": ["permission denied"] }));
        }
        if path.contains("unreadable") && request.method.as_str() == "GET" {
            return ResponseTemplate::new(403).set_body_json(json!({ "errors": ["permission denied"] }));
        }
        if request.method.as_str() != "GET" {
            secrets.insert(path, request.body_json().unwrap());
            return ResponseTemplate::new(204);
        }
        match secrets.get(&path) {
            None => ResponseTemplate::new(404).set_body_json(json!({ "errors": [] })),
            Some(body) if path.contains("/data/") => ResponseTemplate::new(200)
                .set_body_json(json!({ "data": { "data": body["data"], "metadata": { "version": 1 } } })),
            Some(body) => ResponseTemplate::new(200).set_body_json(json!({ "data": body })),
        }
    }
}

/// A Vault, and the requests that it got.
struct Vault {
    runtime: Runtime,
    server: MockServer,
}

/// Method, path, token, namespace and body.
type Asked = (String, String, String, String, Value);

impl Vault {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(Engine::default()).mount(&server).await;
            server
        });
        Self { runtime, server }
    }

    fn run(&self, mut command: Command, words: &[&str]) -> Ran {
        command
            .args(words)
            .env("VAULT_ADDR", self.server.uri())
            .env("VAULT_TOKEN", "hvs.chirp")
            .env("VAULT_NAMESPACE", "nest");
        ran(command.output().unwrap())
    }

    /// The requests since the last time.
    fn asked(&self) -> Vec<Asked> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        self.runtime.block_on(self.server.reset());
        self.runtime.block_on(Mock::given(any()).respond_with(Engine::default()).mount(&self.server));
        requests.iter().map(asked).collect()
    }
}

fn asked(request: &Request) -> Asked {
    let header = |name: &str| {
        request.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let body = if request.body.is_empty() { Value::Null } else { request.body_json().unwrap() };
    let path = request.url.path().to_owned();
    (request.method.to_string(), path, header("x-vault-token"), header("x-vault-namespace"), body)
}

const PLAIN: &str = "# shell\negg: chirp\nnumbers: [1, -2, 0.5, 1e21, true, null]\nday: 2020-01-02\n\
                     nested:\n    # yolk\n    key: \"a\\nb <&>\"\n    empty: {}\n    unicode: \u{fc}\u{1f95a}\n";

fn nest() -> Nest {
    let nest = Nest::new(2);
    nest.write("plain.yaml", PLAIN);
    nest.write("plain.env", "A=1\nB=two words\n");
    nest.write("plain.ini", "[section]\nkey = value\n");
    nest.write("plain.json", "{\"a\": {\"b\": [1, \"x\"]}, \"c\": 1.5}");
    nest.write("plain.txt", "anything\n");
    nest.write("several.yaml", "a: 1\nb: 2\n---\nb: 3\nc: 4\n");
    let recipient = nest.recipient(0);
    for name in ["plain.yaml", "plain.env", "plain.ini", "plain.json", "plain.txt", "several.yaml"] {
        let encrypted = nest.ok(&["encrypt", "--age", &recipient, name]);
        nest.write(&format!("tree/{}", name.replace("plain", "file")), &encrypted);
        nest.write(&format!("tree/below/{}", name.replace("plain", "file")), &encrypted);
    }
    let foreign = nest.ok(&["encrypt", "--age", &nest.recipient(1), "plain.yaml"]);
    nest.write("foreign.yaml", &foreign);
    let good = nest.read("tree/file.yaml");
    nest.write("other-mac.yaml", &good.replacen("egg: ENC[", "hen: ENC[", 1));
    nest
}

const RULES: &str = "destination_rules:\n\
    - { path_regex: 'env$', vault_path: first/engine/, vault_kv_mount_name: kv1, vault_kv_version: 1 }\n\
    - { path_regex: 'ini$', vault_path: short, omit_extensions: true, vault_kv_mount_name: kv/ }\n\
    - { path_regex: 'bucket', s3_bucket: eggs }\n\
    - { path_regex: 'google', gcs_bucket: eggs }\n\
    - { path_regex: 'refused', vault_path: refused }\n\
    - { path_regex: 'unreadable', vault_path: unreadable }\n\
    - { path_regex: 'nowhere' }\n\
    - { path_regex: 'tree|foreign|other-mac|plain', vault_path: nest/eggs }\n";

#[test]
fn both_tools_send_vault_the_same() {
    let Some(sops) = oracle() else { return };
    let (nest, vault) = (nest(), Vault::start());
    nest.write(".sops.yaml", RULES);
    let copy = nest.read("tree/file.yaml");
    nest.write("unreadable.yaml", &copy);
    let cases: [&[&str]; 9] = [
        &["publish", "--yes", "tree/file.yaml"],
        &["publish", "-y", "tree/file.env"],
        &["publish", "--yes", "tree/file.ini"],
        &["publish", "--yes", "tree/file.json"],
        &["publish", "--yes", "--omit-extensions", "tree/file.txt"],
        &["publish", "--yes", "tree/several.yaml"],
        &["publish", "--yes", "--recursive", "tree"],
        &["publish", "--yes", "--recursive", "--omit-extensions", "tree/below"],
        &["publish", "--yes", "unreadable.yaml"],
    ];
    for words in cases {
        let theirs = vault.run(nest.oracle_command(&sops), words);
        let their_requests = vault.asked();
        let ours = vault.run(nest.command(), words);
        assert_eq!(
            (theirs.code, ours.code),
            (Some(0), Some(0)),
            "{words:?}: {}\n{}",
            theirs.stderr,
            ours.stderr
        );
        assert!(their_requests.iter().any(|request| request.0 == "PUT"), "{words:?}");
        assert_eq!(vault.asked(), their_requests, "{words:?}");
        assert!(!format!("{ours:?}").contains("chirp"), "{ours:?}");
    }
}

#[test]
fn what_vault_has_already_is_not_written_again() {
    let (nest, vault) = (nest(), Vault::start());
    nest.write(".sops.yaml", RULES);
    for words in [["publish", "--yes", "tree/file.yaml"], ["publish", "--yes", "tree/file.env"]] {
        assert_eq!(vault.run(nest.command(), &words).code, Some(0));
        let second = vault.run(nest.command(), &words);
        assert!(second.stderr.contains("has the values of"), "{}", second.stderr);
        let methods: Vec<String> = vault.asked().into_iter().map(|request| request.0).collect();
        assert_eq!(methods, ["GET", "PUT", "GET"], "{words:?}");
    }
}

#[test]
fn what_cannot_be_published_ends_as_with_sops_and_sends_nothing() {
    let Some(sops) = oracle() else { return };
    let (nest, vault) = (nest(), Vault::start());
    nest.write(".sops.yaml", RULES);
    let copy = nest.read("tree/file.yaml");
    nest.write("tree/nowhere.yaml", &copy);
    nest.write("unmatched.yaml", &copy);
    let cases: [&[&str]; 9] = [
        &["publish"],
        &["publish", "--yes", "absent.yaml"],
        &["publish", "--yes", "tree"],
        &["publish", "--yes", "unmatched.yaml"],
        &["publish", "--yes", "tree/nowhere.yaml"],
        &["publish", "--yes", "plain.yaml"],
        &["publish", "--yes", "foreign.yaml"],
        &["publish", "--yes", "other-mac.yaml"],
        &["publish", "tree/file.yaml"],
    ];
    for words in cases {
        let theirs = vault.run(nest.oracle_command(&sops), words);
        let ours = vault.run(nest.command(), words);
        if words.contains(&"tree/nowhere.yaml") {
            // A rule without a destination.
            assert!(ours.stderr.contains("no destination rule"), "{}", ours.stderr);
        }
        assert_eq!(ours.code, theirs.code, "{words:?}: {}\n{}", theirs.stderr, ours.stderr);
        assert_ne!(ours.code, Some(0), "{words:?}");
        assert!(!ours.stderr.contains("chirp"), "{}", ours.stderr);
    }
    assert_eq!(vault.asked(), []);
}

#[test]
fn the_destination_is_asked_about() {
    let Some(sops) = oracle() else { return };
    let (nest, vault) = (nest(), Vault::start());
    nest.write(".sops.yaml", RULES);
    let answer = |mut command: Command, words: &[&str], answer: &str| {
        use std::io::Write as _;
        command
            .args(words)
            .env("VAULT_ADDR", vault.server.uri())
            .env("VAULT_TOKEN", "hvs.chirp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
        ran(child.wait_with_output().unwrap())
    };
    let one = ["publish", "tree/file.yaml"];
    let folder = ["publish", "--recursive", "tree/below"];
    let cases: [(&[&str], &str, i32, usize); 4] = [
        (&one, "y\n", 0, 2),
        (&one, "n\n", 1, 0),
        (&one, "perhaps\ny\n", 0, 2),
        (&folder, "n\ny\nn\nn\nn\nn\n", 0, 2),
    ];
    for (words, text, code, requests) in cases {
        let theirs = answer(nest.oracle_command(&sops), words, text);
        assert_eq!((theirs.code, vault.asked().len()), (Some(code), requests), "{words:?}: {theirs:?}");
        let ours = answer(nest.command(), words, text);
        assert_eq!((ours.code, vault.asked().len()), (Some(code), requests), "{words:?}: {ours:?}");
        let place = format!("{}/v1/secret/data/nest/eggs/", vault.server.uri());
        assert!(ours.stdout.contains(&place), "{}", ours.stdout);
    }
}

#[test]
fn buckets_are_left_out_and_a_refusal_is_told() {
    let (nest, vault) = (nest(), Vault::start());
    nest.write(".sops.yaml", RULES);
    let copy = nest.read("tree/file.yaml");
    for (name, told) in [
        ("bucket.yaml", "publishing to the S3 bucket `eggs` is left out"),
        ("google.yaml", "publishing to the GCS bucket `eggs` is left out"),
        ("refused.yaml", "does not allow /v1/secret/data/refused/refused.yaml to this credential"),
    ] {
        nest.write(name, &copy);
        let refused = vault.run(nest.command(), &["publish", "--yes", name]);
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        assert!(!refused.stderr.contains("chirp"), "{}", refused.stderr);
    }
    nest.write("tree/bytes.bin", "");
    let bytes = nest.join("bytes");
    std::fs::write(&bytes, [0xff, 0xfe]).unwrap();
    nest.ok(&["encrypt", "--age", &nest.recipient(0), "--output", "tree/bytes.bin", "bytes"]);
    let bytes = vault.run(nest.command(), &["publish", "--yes", "tree/bytes.bin"]);
    assert!(bytes.stderr.contains("it is not UTF-8 text"), "{bytes:?}");
    assert!(vault.asked().iter().all(|request| request.1.contains("refused")));
    let tokenless = nest.command().args(["publish", "--yes", "tree/file.yaml"]).output().unwrap();
    assert!(ran(tokenless).stderr.contains("hint: set VAULT_TOKEN"));
}
