//! `exec-env` and `exec-file`: what the command gets, and how its end is ours.

use std::process::Stdio;

use super::nest::{Nest, oracle};

fn nest() -> Nest {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("flat.yaml", "A: chirp\nB: 2\nC: true\nD: null\nE: 1.5\nF: 2020-01-01\n");
    nest.write("deep.yaml", "A: {B: chirp}\n");
    nest.ok(&["encrypt", "-i", "flat.yaml"]);
    nest.ok(&["encrypt", "-i", "deep.yaml"]);
    nest
}

#[test]
fn a_command_gets_the_values_as_from_sops() {
    let nest = nest();
    let words = ["exec-env", "flat.yaml", "env | grep '^[A-F]=' | sort; exit 7"];
    let ran = nest.run(&words);
    assert_eq!(ran.code, Some(7), "{}", ran.stderr);
    assert_eq!(ran.stdout, "A=chirp\nB=2\nC=true\nD=<nil>\nE=1.5\nF=2020-01-01T00:00:00Z\n");
    if let Some(sops) = oracle() {
        let theirs = nest.run_oracle(&sops, &words);
        assert_eq!((theirs.code, theirs.stdout), (ran.code, ran.stdout));
    }
    let ran = nest.run(&["exec-env", "deep.yaml", "true"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("`A`") && !ran.stderr.contains("chirp"), "{}", ran.stderr);
}

#[test]
fn a_command_gets_no_keys_unless_it_is_asked_for() {
    let nest = nest();
    let names = |words: &[&str]| {
        let mut all = vec!["exec-env"];
        all.extend(words);
        all.extend(["flat.yaml", "env | cut -d= -f1 | sort | tr '\\n' ' '"]);
        nest.ok(&all)
    };
    assert!(!names(&[]).contains("SOPS_") && names(&[]).contains("HOME "));
    assert!(names(&["--keep-keys"]).contains("SOPS_AGE_KEY_FILE "));
    let pristine = names(&["--pristine"]);
    assert!(pristine.contains("A B C D E F ") && !pristine.contains("HOME"), "{pristine}");
    assert_eq!(nest.ok(&["exec-env", "--same-process", "flat.yaml", "echo $A"]), "chirp\n");
}

#[test]
fn a_command_reads_the_file_from_a_pipe_or_a_private_file() {
    let nest = nest();
    let plain = nest.ok(&["decrypt", "flat.yaml"]);
    assert_eq!(nest.ok(&["exec-file", "flat.yaml", "test -p {} && cat {}"]), plain);
    let file = ["exec-file", "--no-fifo", "--filename", "x.yaml", "flat.yaml"];
    let told = nest.ok(&[&file[..], &["cat {}; stat -c %a {} $(dirname {}); echo {}"]].concat());
    let (content, rest) = told.split_at(plain.len());
    assert_eq!(content, plain);
    let rest: Vec<&str> = rest.lines().collect();
    assert_eq!(rest[..2], ["600", "700"]);
    assert!(rest[2].ends_with("/x.yaml") && !std::path::Path::new(rest[2]).parent().unwrap().exists());
    assert_eq!(
        nest.ok(&["exec-file", "--output-type", "json", "flat.yaml", "cat {}"]).chars().next(),
        Some('{')
    );
    // Who never opens the pipe does not hold us up.
    assert_eq!(nest.run(&["exec-file", "flat.yaml", "exit 3"]).code, Some(3));
}

#[test]
fn a_signal_reaches_the_command_and_the_file_is_gone_afterwards() {
    let nest = nest();
    let body = "trap 'echo caught > \"$HOME/caught\"; exit 9' TERM\necho \"$1\" > \"$HOME/path.new\"; mv \"$HOME/path.new\" \"$HOME/path\"\nwhile :; do sleep 0.05; done";
    let script = nest.script("waiter", body);
    let mut command = nest.command();
    let child = command
        .args(["exec-file", "--no-fifo", "flat.yaml", &format!("exec {script} {{}}")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !nest.join("path").exists() {
        std::thread::yield_now();
    }
    let path = std::path::PathBuf::from(nest.read("path").trim());
    assert!(path.exists());
    let killed = std::process::Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(nest.join("caught").exists() && !path.exists());
}

#[test]
fn git_gets_no_keys() {
    let nest = nest();
    let body = "env > \"$HOME/env\"\nexit 1";
    nest.script("bin/git", body);
    let path = format!("{}:{}", nest.join("bin").display(), std::env::var("PATH").unwrap());
    let output =
        nest.command().args(["diff", "HEAD:flat.yaml", "flat.yaml"]).env("PATH", path).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!nest.read("env").contains("SOPS_"), "{}", nest.read("env"));
}
