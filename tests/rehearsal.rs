//! `eggtooth rehearse`: the whole life of the demo environment on a cluster in memory, from the real charts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

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

#[test]
fn a_fault_is_survived_or_explained_and_the_next_run_heals() {
    let faults = ["connect-403-twice", "connect-500", "definitions-late", "killed=6"];
    let arguments: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    let Some(report) = rehearse(&arguments, 0) else { return };
    let trials = report["trials"].as_array().unwrap();
    let ended: Vec<&str> = trials.iter().map(|trial| trial["ended"].as_str().unwrap()).collect();
    assert_eq!(ended, ["survived", "stopped", "survived", "killed"], "{report}");
    assert!(trials.iter().all(|trial| trial["healed"] == true), "{report}");
    assert!(trials[1]["why"].as_str().unwrap().contains("Connect is up, but fails inside"), "{report}");
}

/// Rehearses the demo environment, and returns the report: the last line.
fn rehearse(arguments: &[&str], code: i32) -> Option<Value> {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let charts = std::env::var_os("EGGTOOTH_SHARED")
        .map_or_else(|| project.join("../shared"), PathBuf::from)
        .join("charts");
    if !charts.is_dir() {
        eprintln!("SKIPPED: there is no {}", charts.display());
        return None;
    }
    let run = Command::cargo_bin("eggtooth")
        .unwrap()
        .current_dir(&project)
        .env("SOPS_AGE_KEY_FILE", project.join("bootstrap/demo/age.key"))
        .env("EGGTOOTH_CHARTS", charts)
        .args(["rehearse", "demo", "--json"])
        .args(arguments)
        .assert()
        .code(code);
    let output = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    Some(serde_json::from_str(output.lines().last().unwrap()).unwrap())
}
