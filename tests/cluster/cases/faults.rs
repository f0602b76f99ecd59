//! Bad input and faults: each ends with its exit code and an error that says what to do, before anything is written.

use std::time::{Duration, Instant};

use age::secrecy::ExposeSecret;
use libtest_mimic::Trial;

use crate::cases::bootstrap::inventory;
use crate::cases::operator::charts;
use crate::cases::project::{Outcome, Project, outcome};
use crate::connect::{Credentials, PRODUCTION, STAGING};
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    let wrong = "faults::what_is_wrong_is_found_before_any_write";
    let refused = "faults::a_refused_token_ends_the_wait_and_a_new_one_heals";
    [
        on_both(wrong, what_is_wrong_is_found_before_any_write),
        on_both(refused, a_refused_token_ends_the_wait_and_a_new_one_heals),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All of these share a cluster that must stay empty.
fn what_is_wrong_is_found_before_any_write(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let before = everything(cluster);
    no_key_opens(cluster);
    a_changed_file_is_refused(cluster);
    a_plain_file_is_refused(cluster);
    all_problems_of_the_environment_are_told(cluster);
    another_cluster_is_refused(cluster);
    a_chart_must_be_the_pinned_one(cluster);
    a_token_that_can_not_work_is_refused(cluster);
    assert_eq!(everything(cluster), before, "something was written");
}

fn no_key_opens(cluster: &dyn Ground) {
    let project = Project::new(cluster, "faults");
    let without = |key: Option<&str>| {
        let mut command = project.command(cluster, ["up", "test", "--yes"]);
        command.env_remove("SOPS_AGE_KEY_FILE");
        if let Some(key) = key {
            command.env("SOPS_AGE_KEY", key);
        }
        outcome(&mut command).expect(5).says(&["bootstrap/secrets/test.sops.yaml", "age1"])
    };
    without(None);
    let stranger = age::x25519::Identity::generate();
    let key = stranger.to_string().expose_secret().to_owned();
    let public = stranger.to_public().to_string();
    let told = without(Some(&key)).says(&[&public, "SOPS_AGE_KEY"]);
    assert!(!told.stderr.contains(&key), "the private key is told");
}

fn a_changed_file_is_refused(cluster: &dyn Ground) {
    let project = Project::new(cluster, "faults");
    let file = "bootstrap/secrets/test.sops.yaml";
    let text = project.read(file);
    let line = text.lines().find(|line| line.starts_with("canary:")).unwrap();
    project.write(file, &text.replace(line, "canary: null"));
    project.run(cluster, ["up", "test", "--yes"]).expect(5).says(&[file, "MAC"]);
}

fn a_plain_file_is_refused(cluster: &dyn Ground) {
    let project = Project::new(cluster, "faults");
    project.write("bootstrap/secrets/test.sops.yaml", "canary: chirp\n");
    project.run(cluster, ["up", "test", "--yes"]).expect(5).says(&["is not encrypted with SOPS"]);
}

fn all_problems_of_the_environment_are_told(cluster: &dyn Ground) {
    let project = Project::new(cluster, "faults");
    project.edit("vaults: { production: 1 }", "vualts: { production: 1 }");
    project.edit("- name: onepassword", "- name: 7");
    project.run(cluster, ["up", "test", "--yes"]).expect(1).says(&[
        "environments/test.yaml:11:11: error: unknown field `vualts`",
        "did you mean `vaults`?",
        "environments/test.yaml:10:17: error: expected a text, got a number",
    ]);
    let project = Project::new(cluster, "faults");
    project.edit("${bootstrap.token}", "${bootstrap.tokn}");
    project.run(cluster, ["up", "test", "--yes"]).expect(1).says(&[
        "environments/test.yaml:8:27: error:",
        "unknown property \"tokn\"",
        "token",
    ]);
}

fn another_cluster_is_refused(cluster: &dyn Ground) {
    let project = Project::new(cluster, "faults");
    let uid = "00000000-0000-0000-0000-000000000000";
    project.edit("values:\n", &format!("values:\n  cluster: {{ uid: {uid} }}\n"));
    let own = cluster.text("namespaces", "", "kube-system", "/metadata/uid");
    project.run(cluster, ["up", "test", "--yes"]).expect(4).says(&[uid, &own]);
}

fn a_chart_must_be_the_pinned_one(cluster: &dyn Ground) {
    let project = Project::new(cluster, "faults");
    let lock = project.read("bootstrap/charts.lock");
    let digest =
        lock.lines().find_map(|line| line.trim().strip_prefix("digest: sha256:")).unwrap().to_owned();
    project.write("bootstrap/charts.lock", &lock.replace(&digest, &"0".repeat(64)));
    project.run(cluster, ["up", "test", "--yes"]).expect(1).says(&[
        "external-secrets",
        &digest,
        &"0".repeat(64),
    ]);
    project.write("bootstrap/charts.lock", &lock.replace("version: 2.4.1", "version: 2.4.9"));
    project.run(cluster, ["up", "test", "--yes"]).expect(1).says(&["connect", "2.4.9"]);
    project.write(
        "bootstrap/charts.lock",
        &lock
            .replace("https://charts.external-secrets.io", "http://127.0.0.1:1")
            .replace("https://1password.github.io/connect-helm-charts", "http://127.0.0.1:1"),
    );
    let mut down = project.command(cluster, ["up", "test", "--yes"]);
    outcome(down.env_remove("EGGTOOTH_CHARTS")).expect(1).says(&["127.0.0.1:1"]);
}

fn a_token_that_can_not_work_is_refused(cluster: &dyn Ground) {
    let expired = Credentials::from_seed("faults").token_until(&[PRODUCTION], Some(1000));
    let project = Project::with_token(cluster, "faults", &expired);
    let told = project.run(cluster, ["up", "test", "--yes"]).expect(1);
    told.says(&["environments/test.yaml:8:16", "expired at 1970-01-01", "op connect token create"]);
}

/// Everything that a run could have written, but Leases: the control plane's own come by themselves.
fn everything(cluster: &dyn Ground) -> Vec<String> {
    inventory(cluster).into_iter().filter(|name| !name.starts_with("leases ")).collect()
}

/// The whole story of a token: refused, explained, replaced, healed; then a vault that it can't see.
fn a_refused_token_ends_the_wait_and_a_new_one_heals(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let stranger = Credentials::from_seed("another server").token(&[PRODUCTION, STAGING]);
    let project = Project::with_token(cluster, "faults", &stranger);
    let refused = project.run(cluster, ["up", "test", "--yes", "--json"]).expect(6);
    assert!(refused.stdout.contains("Connect refuses the token"), "{}", refused.stdout);
    assert!(verdict_after(&refused) < 10.0, "the wait goes on after the refusal:\n{}", refused.stdout);

    project.seal(cluster, "faults", &Credentials::from_seed("faults").token(&[PRODUCTION, STAGING]));
    let begun = Instant::now();
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
    assert!(begun.elapsed() < Duration::from_secs(30), "healing takes the operator's own back-off");

    project.seal(cluster, "faults", &stranger);
    let reseeded = project.run(cluster, ["up", "test", "--yes"]).expect(6);
    assert!(reseeded.stdout.contains("Connect refuses the token"), "{}", reseeded.stdout);

    project.seal(cluster, "faults", &Credentials::from_seed("faults").token(&[STAGING]));
    let blind = project.run(cluster, ["up", "test", "--yes"]).expect(6);
    assert!(blind.stdout.contains("vault"), "{}", blind.stdout);
}

/// The seconds that the proof of the only store took.
fn verdict_after(outcome: &Outcome) -> f64 {
    let line = outcome.stdout.lines().find(|line| line.contains("\"event\":\"verdict\"")).unwrap();
    let verdict: serde_json::Value = serde_json::from_str(line).unwrap();
    verdict["elapsed"].as_f64().unwrap()
}
