//! `eggtooth rehearse`: the whole life of an environment on a cluster in memory.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

#[path = "cluster/cases/finder.rs"]
mod finder;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
const FAULTS: [(&str, &str, Option<u64>); 12] = [
    ("connect-401", "stopped", Some(6)),
    ("connect-403-twice", "survived", Some(0)),
    ("connect-500", "stopped", Some(6)),
    ("connect-duplicate-vaults", "stopped", Some(6)),
    ("connect-hangs", "stopped", Some(6)),
    ("credentials-encoded", "stopped", Some(6)),
    ("definitions-late", "survived", Some(0)),
    ("webhook-late", "survived", Some(0)),
    ("api-429", "survived", Some(0)),
    ("api-restarts", "stopped", Some(1)),
    ("lease-stolen", "stopped", Some(1)),
    ("killed=6", "killed", None),
];

#[test]
fn a_fault_is_survived_or_explained_and_the_next_run_heals() {
    let mut arguments = vec!["--timeout", "90"];
    arguments.extend(FAULTS.iter().flat_map(|(fault, ..)| ["--fault", fault]));
    let Some(report) = rehearse(&arguments, 0) else { return };
    let trials = report["trials"].as_array().unwrap();
    assert_eq!(trials.len(), FAULTS.len());
    for (trial, (fault, ended, code)) in trials.iter().zip(FAULTS) {
        let found = (trial["fault"].as_str(), trial["ended"].as_str(), trial["exitCode"].as_u64());
        assert_eq!(found, (Some(fault), Some(ended), code), "{trial}");
        // What the operator said of the mended fault must not stand for today's state.
        assert_eq!(trial["healed"], true, "{trial}");
    }
    assert!(trials[2]["why"].as_str().unwrap().contains("Connect is up, but fails inside"), "{report}");
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
    let cache = tempfile::tempdir().unwrap();
    let run = eggtooth()
        .env("SOPS_AGE_KEY_FILE", "bootstrap/demo/age.key")
        .env("XDG_CACHE_HOME", cache.path())
        // Nobody listens there.
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .args(["rehearse", "demo"])
        .assert()
        .code(0);
    let output = String::from_utf8(run.get_output().stdout.clone()).unwrap();
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
