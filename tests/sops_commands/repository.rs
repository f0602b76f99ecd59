//! The encrypted files of this repository, and one that another service's key opens as well.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::nest::{Nest, ran};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

#[test]
fn the_files_of_this_repository_stand_the_check() {
    let nest = Nest::new(0);
    let keys =
        ["bootstrap/demo/age.key", "tests/fixtures/keys/dev.agekey", "tests/fixtures/keys/production.agekey"];
    nest.write("key", &keys.map(read).concat());
    let run = |paths: &[&str]| {
        let mut command = nest.command();
        command.current_dir(repository()).arg("check").args(paths);
        ran(command.output().unwrap())
    };
    let checked = run(&["bootstrap"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stdout);
    assert!(checked.stderr.contains("4 files checked, 0 with problems"), "{}", checked.stderr);
    // The whole repository has no others.
    let sources = run(&[]);
    assert_eq!(sources.code, Some(0), "{}", sources.stdout);
    nest.write("key", &read("bootstrap/demo/second.key"));
    assert_eq!(run(&["bootstrap/secrets/demo.sops.yaml"]).code, Some(0), "the second key opens it as well");
}

#[test]
fn a_plain_file_is_found_by_the_rules_of_its_own_folder() {
    let nest = Nest::new(2);
    let [first, second] = [nest.recipient(0), nest.recipient(1)];
    nest.write(
        "inner/.sops.yaml",
        &format!("creation_rules:\n  - path_regex: secrets/\n    age: [{first}, {second}]\n"),
    );
    nest.write("inner/secrets/never.yaml", "a: chirp\n");
    let checked = nest.run(&["check"]);
    assert_eq!(checked.code, Some(5), "{}", checked.stdout);
    assert!(checked.stdout.contains("inner/secrets/never.yaml"), "{}", checked.stdout);
}

/// Copies what an environment needs, but for its secrets.
fn project(nest: &Nest) {
    for path in ["environments/demo.yaml", "environments/base.yaml", "bootstrap/charts.lock"] {
        nest.write(path, &read(path));
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn secrets_that_a_key_of_a_service_opens_as_well_are_brought_up() {
    let charts =
        std::env::var_os("EGGTOOTH_SHARED").map_or_else(|| repository().join("../shared"), PathBuf::from);
    let charts = charts.join("charts");
    if !charts.is_dir() {
        println!("SKIPPED: there is no {}", charts.display());
        return;
    }
    let nest = Nest::new(0);
    project(&nest);
    let pgp = "sops:\n    pgp:\n        - created_at: \"2026-11-01T10:00:00Z\"\n          enc: cipher\n          fp: 85D77543\n";
    let secrets = read("bootstrap/secrets/demo.sops.yaml").replacen("sops:\n", pgp, 1);
    nest.write("bootstrap/secrets/demo.sops.yaml", &secrets);
    nest.write("key", &read("bootstrap/demo/age.key"));
    let output = rehearse(&nest, &charts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rehearse(nest: &Nest, charts: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eggtooth"));
    command
        .args(["rehearse", "demo"])
        .env("SOPS_AGE_KEY_FILE", nest.join("key"))
        .env("EGGTOOTH_CHARTS", charts)
        .current_dir(nest.path());
    command
}
