//! No secret leaves by a side door: not by any verb's output or log, not by what is kept in the cluster, not by argv.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use kube::api::{DynamicObject, ListParams};
use kube::discovery::{ApiGroup, Discovery, verbs};
use kube::{Api, Client};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::finder::{Finder, forms};
use crate::cases::operator::charts;
use crate::cases::project::{Outcome, Project, outcome};
use crate::cases::trial;
use crate::cluster::runtime;
use crate::connect::{Credentials, PRODUCTION, STAGING};
use crate::ground::{Ground, on_both};

/// Has what every escaping changes.
const CANARY: &str = r#"canary 7f3d"quoted"\back<tag>&amp'tick/slash+plus%percent=é e51c9a04"#;
/// What somebody puts in its place: nobody told it to the run, so no scrubber knows it.
const STRANGER: &str = "stranger-b2a94c60f1d84e37-nobody-told-it-5d08";
/// The Secrets whose very purpose is to hold secrets.
const SEEDED: [(&str, &str); 3] = [
    ("onepassword", "op-credentials"),
    ("onepassword", "onepassword-token"),
    ("external-secrets", "onepassword-canary"),
];
/// What may be run on a cluster that is up, as often as one likes.
const VERBS: [&[&str]; 6] = [
    &["preview", "test"],
    &["up", "test", "--yes"],
    &["verify", "test"],
    &["outputs", "test"],
    &["env", "open", "test"],
    &["env", "check", "test"],
];

pub(crate) fn trials() -> Vec<Trial> {
    let searched = "leak::no_secret_is_found_where_none_belongs";
    let mut trials = vec![trial("leak::the_finder_finds_every_form", the_finder_finds_every_form)];
    trials.extend(on_both(searched, no_secret_is_found_where_none_belongs));
    trials
}

/// How a verb is run.
#[derive(Clone, Copy, Debug)]
struct Way {
    json: bool,
    trace: bool,
}

struct Search<'a> {
    cluster: &'a dyn Ground,
    project: Project,
    finder: Finder,
}

/// A search that finds nothing proves nothing, unless it would have found something.
fn the_finder_finds_every_form() {
    let finder = Finder::new([("canary", CANARY)]);
    for (form, text) in forms(CANARY) {
        assert!(!finder.find(format!("before {text} after").as_bytes()).is_empty(), "{form} is not found");
    }
    for before in ["", "a", "ab", "abc"] {
        for after in ["", "z", "zy"] {
            let once = STANDARD.encode(format!("{before}{CANARY}{after}"));
            assert!(!finder.find(once.as_bytes()).is_empty(), "{before}…{after} in base64");
            let twice = STANDARD.encode(format!("{before}{once}{after}"));
            assert!(!finder.find(twice.as_bytes()).is_empty(), "{before}…{after} in base64 twice");
        }
    }
    let mut record = GzEncoder::new(Vec::new(), Compression::default());
    record.write_all(json!({ "config": { "password": CANARY } }).to_string().as_bytes()).unwrap();
    let release =
        json!({ "data": { "release": STANDARD.encode(STANDARD.encode(record.finish().unwrap())) } });
    assert!(!finder.find_in_document(&release).is_empty(), "a release record is not opened");
    assert!(finder.find_in_document(&json!({ "canary": "another" })).is_empty());

    let planted = || Command::new("sh").args(["-c", "sleep 1; exit 0", CANARY]).status().unwrap();
    let (_, seen) = while_watched(planted);
    assert!(seen.iter().any(|line| !finder.find(line).is_empty()), "argv is not seen");
}

fn no_secret_is_found_where_none_belongs(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let search = Search::new(cluster);
    for json in [false, true] {
        let traced = Way { json, trace: true };
        search.run(&["preview", "test"], traced, 0);
        let (_, seen) = while_watched(|| search.run(&["up", "test", "--yes"], traced, 0));
        assert!(seen.iter().any(|line| contains(line, b"up\0test")), "the run itself was not seen");
        for line in seen {
            expect_none(&format!("argv {}", String::from_utf8_lossy(&line)), &search.finder.find(&line));
        }
        for verb in VERBS {
            for trace in [true, false] {
                search.run(verb, Way { json, trace }, 0);
            }
        }
        search.a_value_of_somebody_else_is_not_told(traced);
        search.search_the_cluster();
        search.run(&["destroy", "test", "--yes", "--allow-loss=1"], traced, 0);
    }
}

impl<'a> Search<'a> {
    /// A project full of secrets, and a finder that knows them part by part.
    fn new(cluster: &'a dyn Ground) -> Self {
        let credentials = Credentials::from_seed("leak");
        let token = credentials.token(&[PRODUCTION, STAGING]);
        let project = Project::with_token(cluster, "leak", &token);
        let document: Value = serde_json::from_str(&credentials.json()).unwrap();
        project.seal_secrets(
            cluster,
            &json!({ "credentials": credentials.json(), "token": token, "canary": CANARY }),
        );
        cluster.set_field("production", "canary", "password", CANARY);
        let parts: Vec<&str> = token.split('.').collect();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        let key = project.read("age.key");
        let finder = Finder::new([
            ("uniqueKey.k", document["uniqueKey"]["k"].as_str().unwrap()),
            ("encCredentials.data", document["encCredentials"]["data"].as_str().unwrap()),
            ("the token's claims", parts[1]),
            ("the token's signature", parts[2]),
            ("the token's secret", claims["1password.com/token"].as_str().unwrap()),
            ("the canary", CANARY),
            ("the stranger", STRANGER),
            ("the age key", key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap()),
        ]);
        Self { cluster, project, finder }
    }

    /// Runs a verb and searches what it prints.
    fn run(&self, words: &[&str], way: Way, code: i32) -> Outcome {
        let mut command = self.project.command(self.cluster, words.iter().copied());
        if way.json {
            command.arg("--json");
        }
        if way.trace {
            command.env("RUST_LOG", "trace");
        }
        let outcome = outcome(&mut command);
        let place = format!("`{}` {way:?}", words.join(" "));
        eprintln!("{place}: {} and {} bytes", outcome.stdout.len(), outcome.stderr.len());
        for (stream, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
            expect_none(&format!("{stream} of {place}"), &self.finder.find(text.as_bytes()));
        }
        assert_eq!(outcome.code, code, "{place}:\n{}\n{}", outcome.stdout, tail(&outcome.stderr));
        let talks_to_the_cluster = words[0] != "env";
        assert!(!way.trace || !talks_to_the_cluster || outcome.stderr.contains("TRACE"), "{place}: no trace");
        outcome
    }

    /// The canary gets a value that was never decrypted here: the verdict says that it differs, not what it is.
    fn a_value_of_somebody_else_is_not_told(&self, way: Way) {
        let set = |value| self.cluster.set_field("production", "canary", "password", value);
        set(STRANGER);
        self.run(&["verify", "test", "--timeout=5"], way, 6);
        self.search_the_cluster();
        set(CANARY);
        self.run(&["verify", "test"], way, 0);
    }

    /// Every object of every kind, with all its annotations and managed fields; the seeded Secrets without their data.
    fn search_the_cluster(&self) {
        let mut objects = runtime().block_on(everything(self.cluster.client()));
        let mut seeded = 0;
        let mut searched = BTreeSet::new();
        for (kind, object) in &mut objects {
            let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
            let metadata = &object["metadata"];
            let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
            if *kind == "Secret" && SEEDED.contains(&(namespace.as_str(), name.as_str())) {
                let data = object["data"].take();
                assert!(!self.finder.find_in_document(&data).is_empty(), "{name} must hold its secret");
                seeded += 1;
            }
            let place = format!("{kind} {namespace}/{name}");
            expect_none(&place, &self.finder.find_in_document(object));
            searched.insert(kind.clone());
        }
        assert_eq!(seeded, SEEDED.len());
        for kind in ["Secret", "Lease", "ConfigMap", "Event", "ClusterSecretStore", "ExternalSecret", "Pod"] {
            assert!(searched.contains(kind), "no {kind} was searched");
        }
    }
}

/// Every object of every kind that can be listed, each with its kind.
async fn everything(client: Client) -> Vec<(String, Value)> {
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    let mut found = Vec::new();
    for (resource, capabilities) in discovery.groups().flat_map(ApiGroup::recommended_resources) {
        if resource.kind == "ComponentStatus" || !capabilities.supports_operation(verbs::LIST) {
            continue;
        }
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        for object in api.list(&ListParams::default()).await.unwrap().items {
            found.push((resource.kind.clone(), serde_json::to_value(object).unwrap()));
        }
    }
    found
}

fn expect_none(place: &str, found: &BTreeSet<&str>) {
    assert!(found.is_empty(), "{place} tells {found:?}");
}

/// Runs `act` and returns every argv that was seen meanwhile.
fn while_watched<T>(act: impl FnOnce() -> T) -> (T, BTreeSet<Vec<u8>>) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let processes = std::fs::read_dir("/proc").unwrap().flatten();
                seen.extend(
                    processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok()),
                );
                std::thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        over.store(true, Ordering::Relaxed);
        let seen = watch.join().unwrap();
        (result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), seen)
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A trace is long; its end tells enough.
fn tail(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.contains("TRACE") && !line.contains("DEBUG")).collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
