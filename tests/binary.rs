//! The binary as a process: what it leaves to the system, and what it does without a cluster.
#![expect(clippy::unwrap_used, reason = "test code: a failed expectation ends the test with its reason")]

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn eggtooth(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eggtooth"));
    command.current_dir(folder).env("HOME", folder).stdin(Stdio::null());
    for name in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A run that waits for the other end of a pipe, and that end.
fn held(folder: &Path) -> (Child, File) {
    let pipe = folder.join("pipe.yaml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let words = ["sops", "decrypt", "pipe.yaml"];
    let run = eggtooth(folder).args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Opens when the run does.
    let end = File::options().write(true).open(&pipe).unwrap();
    (run, end)
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_leaves_no_core_dump() {
    let folder = tempfile::tempdir().unwrap();
    let (mut run, end) = held(folder.path());
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", run.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().to_owned();
    drop(end);
    assert!(!run.wait().unwrap().success(), "nothing was written to it");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn an_environment_without_stacks_is_opened_and_checked_but_not_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("environments")).unwrap();
    let values = "values:\n  greeting: { text: \"${name}\", token: { fn::secret: chirp-chirp } } # eggtooth:not-secret\n  name: egg\n";
    std::fs::write(folder.path().join("environments/plain.yaml"), values).unwrap();
    let run = |words: &[&str]| eggtooth(folder.path()).args(words).output().unwrap();

    let opened = run(&["env", "open", "plain"]);
    assert!(opened.status.success(), "{}", text(&opened));
    assert_eq!(
        String::from_utf8_lossy(&opened.stdout),
        "greeting:\n  text: egg\n  token: '[secret]'\nname: egg\n"
    );
    let checked = run(&["env", "check", "plain"]);
    assert!(checked.status.success(), "{}", text(&checked));
    let up = run(&["up", "plain", "--yes"]);
    assert_eq!(up.status.code(), Some(1));
    assert!(text(&up).contains("the environment `plain` names no stacks"), "{}", text(&up));
}
