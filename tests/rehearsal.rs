//! `eggtooth rehearse`: the whole life of an environment on a cluster in memory.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

#[path = "cluster/cases/finder.rs"]
mod finder;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assert_cmd::Command;
use serde_json::Value;

use finder::Finder;

#[test]
fn every_act_of_the_demo_environment_comes_to_what_it_must() {
    let Some(report) = rehearse(&["--objective", "1m"], 0) else { return };
    let acts = report["acts"].as_array().unwrap();
    let played: Vec<&str> = acts.iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert_eq!(played, ["up", "up-again", "verify", "reseed", "destroy"]);
    assert_eq!(report["succeeded"], true);
    assert!(acts[1]["told"].as_str().unwrap().starts_with("nothing to do, 10 unchanged"), "{report}");
    assert!(acts[4]["told"].as_str().unwrap().ends_with("nothing is left"), "{report}");
}

#[test]
fn an_objective_that_is_missed_ends_the_rehearsal() {
    let Some(report) = rehearse(&["--objective", "100ms"], 1) else { return };
    assert_eq!(report["acts"].as_array().unwrap().len(), 1);
    assert!(report["acts"][0]["told"].as_str().unwrap().contains("the objective is 100"), "{report}");
}

/// What each fault comes to, and the exit code.
const FAULTS: [(&str, &str, Option<u64>); 36] = [
    ("connect-hangs", "stopped", Some(6)),
    ("connect-late", "survived", Some(0)),
    ("connect-401", "stopped", Some(6)),
    ("connect-403", "stopped", Some(6)),
    ("connect-403-twice", "survived", Some(0)),
    ("connect-408", "stopped", Some(6)),
    ("connect-500", "stopped", Some(6)),
    ("connect-502", "stopped", Some(6)),
    ("connect-duplicate-vaults", "stopped", Some(6)),
    ("connect-crashes", "survived", Some(0)),
    ("credentials-encoded", "stopped", Some(6)),
    ("operator-late", "survived", Some(0)),
    ("operator-crashes", "survived", Some(0)),
    ("operator-crash-loop", "stopped", Some(6)),
    ("operator-never-ready", "stopped", Some(6)),
    ("webhook-late", "survived", Some(0)),
    ("certificate-late", "survived", Some(0)),
    ("definitions-late", "survived", Some(0)),
    ("api-429", "survived", Some(0)),
    ("api-500", "stopped", Some(1)),
    ("api-503", "survived", Some(0)),
    ("api-403", "stopped", Some(1)),
    ("api-slow", "survived", Some(0)),
    ("api-hangs", "survived", Some(0)),
    ("api-drops", "survived", Some(0)),
    ("api-loses-answers", "survived", Some(0)),
    ("api-conflicts", "survived", Some(0)),
    ("api-restarts", "stopped", Some(1)),
    ("lease-conflicts", "survived", Some(0)),
    ("lease-stolen", "stopped", Some(1)),
    ("killed=1", "killed", None),
    ("killed=3", "killed", None),
    ("killed=6", "killed", None),
    ("killed=10", "killed", None),
    ("killed=14", "killed", None),
    ("killed=18", "killed", None),
];

#[test]
fn every_fault_is_survived_or_explained_and_the_next_run_heals() {
    let arguments = ["--json", "--timeout", "90", "--faults", "all", "--combinations", "4"];
    let (output, _) = rehearse_with_stand_ins(&arguments);
    let report: Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    let trials = report["trials"].as_array().unwrap();
    assert_eq!(trials.len(), FAULTS.len() + 4);
    let mut different = Vec::new();
    for (trial, (fault, ended, code)) in trials.iter().zip(FAULTS) {
        let found = (trial["fault"].as_str(), trial["ended"].as_str(), trial["exitCode"].as_u64());
        if found != (Some(fault), Some(ended), code) {
            different.push(format!("{fault} should be {ended} with {code:?}: {trial}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    for trial in trials {
        // What the operator said of the mended fault must not stand for today's state.
        assert_eq!(trial["healed"], true, "{trial}");
        assert_eq!(trial["ended"] == "stopped", trial["why"] != "", "who stops says why: {trial}");
    }
    let told = |index: usize| trials[index]["why"].as_str().unwrap();
    assert!(told(6).contains("Connect is up, but fails inside"), "{}", told(6));
}

#[test]
fn the_same_seed_tries_the_same_combinations() {
    let Some(first) = rehearse(&["--combinations", "2", "--seed", "3", "--timeout", "60"], 0) else { return };
    let Some(second) = rehearse(&["--combinations", "2", "--seed", "3", "--timeout", "60"], 0) else {
        return;
    };
    assert_eq!(first["trials"].as_array().unwrap().len(), 2);
    assert_eq!(first, second, "a trial is the same each time");
}

#[test]
fn the_report_has_its_pictures_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let arguments = ["--fault", "connect-403-twice", "--report", page.to_str().unwrap()];
    if rehearse(&arguments, 0).is_none() {
        return;
    }
    // The page escapes slashes, which would hide a secret that has one.
    let page = std::fs::read_to_string(page).unwrap().replace("&#x2f;", "/");
    for part in [
        "Passed.",
        "What unlocks what",
        "bootstrap/secrets/demo.sops.yaml",
        "onepassword/onepassword-token",
        "ClusterSecretStore onepassword",
        "connect-403-twice",
        "sha256:315766fd2bd6a8eea589d625215efd2278907f706de45dbe43cb18e568cc5e01",
        "1password/connect-api",
    ] {
        assert!(page.contains(part), "`{part}` is not in the page");
    }
    assert_eq!(page.matches("<svg").count(), 2);
    let secrets = secrets();
    let finder = Finder::new(secrets.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let leaky = Value::String(page.replace("Passed.", &secrets[1].1));
    assert_eq!(finder.find_in_document(&Value::String(page)), BTreeSet::new());
    assert!(!finder.find_in_document(&leaky).is_empty(), "the finder finds nothing at all");
}

#[test]
fn without_a_key_placeholders_pass_for_the_secrets_and_the_rehearsal_says_so() {
    let Some(charts) = charts() else { return };
    let output = eggtooth()
        .env("EGGTOOTH_CHARTS", charts)
        .args(["rehearse", "production", "--offline-secrets"])
        .assert()
        .code(0);
    let output = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let said = "PLACEHOLDERS for the secrets of bootstrap/secrets/production.sops.yaml: no key here opens it";
    assert!(output.lines().take(2).any(|line| line == said), "{output}");
    // Without the flag that is an error, and no rehearsal.
    eggtooth().args(["rehearse", "production"]).assert().code(5);
}

#[test]
fn where_charts_cannot_be_had_our_own_stand_in_and_the_first_line_says_so() {
    let (output, cache) = rehearse_with_stand_ins(&[]);
    let first = output.lines().next().unwrap();
    assert!(
        first.starts_with("STAND-IN charts of our own in place of external-secrets 2.9.0, connect 2.4.1"),
        "{first}"
    );
    assert!(output.contains("nothing to do, 10 unchanged"), "{output}");
    // A folder that somebody names is meant: what is not in it is an error.
    let run = eggtooth()
        .env("SOPS_AGE_KEY_FILE", "bootstrap/demo/age.key")
        .env("EGGTOOTH_CHARTS", cache.path())
        .args(["rehearse", "demo"])
        .assert()
        .code(1);
    let error = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    assert!(error.contains("has no chart "), "{error}");
}

#[test]
fn a_served_rehearsal_answers_a_plain_client_until_it_is_interrupted() {
    let cache = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_eggtooth"));
    command.args(["rehearse", "demo", "--serve"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let without_charts = without_charts(cache.path());
    command.envs(without_charts).env_remove("EGGTOOTH_CHARTS");
    let mut served = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(served.stdout.take().unwrap()).lines().map(Result::unwrap);
    let kubeconfig = lines.find_map(|line| Some(line.split_once("export KUBECONFIG=")?.1.to_owned()));
    let kubeconfig = PathBuf::from(kubeconfig.unwrap());
    let config = std::fs::read_to_string(&kubeconfig).unwrap();
    let server = config.split_once("server: http://").unwrap().1.lines().next().unwrap();
    // The last of the lines that say what to do.
    assert!(lines.any(|line| line.trim() == "helm list -A"));

    let mut stream = TcpStream::connect(server).unwrap();
    let path = "/apis/external-secrets.io/v1/clustersecretstores/onepassword";
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("store validated"), "{answer}");

    let process = rustix::process::Pid::from_child(&served);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    assert_eq!(served.wait().unwrap().code(), Some(0), "Ctrl-C is how it ends");
    assert!(TcpStream::connect(server).is_err(), "nobody answers any more");
    assert!(!kubeconfig.exists(), "it leads nowhere now");
}

#[test]
fn the_demo_shows_plan_run_proof_disaster_and_faults() {
    let cache = tempfile::tempdir().unwrap();
    let run = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("bootstrap/demo/run"))
        // A machine that has nothing of what it could use: no kubeconfig, no helm, no kubectl, no Go.
        .env_clear()
        .env("PATH", programs(&cache.path().join("programs"), &["cat", "dirname", "realpath"]))
        .env("HOME", cache.path())
        .envs(without_charts(cache.path()))
        // Else the folder beside the checkout would be found.
        .env("EGGTOOTH_CHARTS", cache.path().join("nowhere"))
        .env("EGGTOOTH", env!("CARGO_BIN_EXE_eggtooth"))
        .assert()
        .code(0);
    let output = run.get_output();
    let shown = String::from_utf8([output.stdout.clone(), output.stderr.clone()].concat()).unwrap();
    for line in [
        "$ eggtooth rehearse demo --preview --objective 2m",
        "STAND-IN charts of our own",
        "stack onepassword-connect",
        "10 to create",
        "created Secret onepassword/onepassword-token",
        "created ClusterSecretStore onepassword",
        "ok      nothing to do, 10 unchanged; ClusterSecretStore onepassword is usable",
        "cluster lost, up",
        "10 deleted, nothing is left",
        "stopped (exit 6): ClusterSecretStore onepassword is not usable: Connect refuses the token",
        "2 healed by the next run",
        "6. eggtooth up NAME",
    ] {
        assert!(shown.contains(line), "`{line}` is not in\n{shown}");
    }
}

/// Makes a folder in which these programs are, and no other.
fn programs<'a>(folder: &'a Path, names: &[&str]) -> &'a Path {
    std::fs::create_dir_all(folder).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for name in names {
        let found = std::env::split_paths(&path).map(|place| place.join(name)).find(|file| file.exists());
        std::os::unix::fs::symlink(found.unwrap(), folder.join(name)).unwrap();
    }
    folder
}

/// Every secret of the demo environment, by its name.
fn secrets() -> Vec<(String, String)> {
    let output = eggtooth()
        .env("SOPS_AGE_KEY_FILE", "bootstrap/demo/age.key")
        .args(["sops", "decrypt", "--output-type", "json", "bootstrap/secrets/demo.sops.yaml"])
        .assert()
        .code(0);
    let document: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let connect = document["connect"].as_object().unwrap();
    let texts = connect.iter().map(|(key, text)| (key.clone(), text.as_str().unwrap().to_owned()));
    let mut secrets: Vec<(String, String)> = texts.collect();
    // A part of the token would do: its claims and its signature.
    let token = document["connect"]["token"].as_str().unwrap();
    secrets.extend(
        token.trim().split('.').skip(1).map(|part| ("part of the token".to_owned(), part.to_owned())),
    );
    let credentials: Value =
        serde_json::from_str(document["connect"]["credentials"].as_str().unwrap()).unwrap();
    let key = credentials["uniqueKey"]["k"].as_str().unwrap();
    secrets.push(("unique key".to_owned(), key.to_owned()));
    secrets
}

fn eggtooth() -> Command {
    let mut command = Command::cargo_bin("eggtooth").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    for variable in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "EGGTOOTH_CHARTS", "HOME"] {
        command.env_remove(variable);
    }
    command
}

/// The process environment of a machine that reaches no repository of charts.
fn without_charts(cache: &Path) -> [(&'static str, &OsStr); 3] {
    [
        ("SOPS_AGE_KEY_FILE", OsStr::new("bootstrap/demo/age.key")),
        ("XDG_CACHE_HOME", cache.as_os_str()),
        // Nobody listens there.
        ("HTTPS_PROXY", OsStr::new("http://127.0.0.1:9")),
    ]
}

/// Rehearses the demo environment without charts, and returns what it prints, and the cache that it had.
fn rehearse_with_stand_ins(arguments: &[&str]) -> (String, tempfile::TempDir) {
    let cache = tempfile::tempdir().unwrap();
    let run = eggtooth()
        .envs(without_charts(cache.path()))
        .args(["rehearse", "demo"])
        .args(arguments)
        .assert()
        .code(0);
    (String::from_utf8(run.get_output().stdout.clone()).unwrap(), cache)
}

fn charts() -> Option<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let charts = std::env::var_os("EGGTOOTH_SHARED")
        .map_or_else(|| project.join("../shared"), PathBuf::from)
        .join("charts");
    if !charts.is_dir() {
        eprintln!("SKIPPED: there is no {}", charts.display());
        return None;
    }
    Some(charts)
}

/// Rehearses the demo environment with the real charts, and returns what the first line of verdicts says.
fn rehearse(arguments: &[&str], code: i32) -> Option<Value> {
    let run = eggtooth()
        .env("SOPS_AGE_KEY_FILE", "bootstrap/demo/age.key")
        .env("EGGTOOTH_CHARTS", charts()?)
        .args(["rehearse", "demo", "--json"])
        .args(arguments)
        .assert()
        .code(code);
    let output = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let mut lines = output.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.rfind(|line| line["event"] == "rehearsal" || line["event"] == "faults")
}
