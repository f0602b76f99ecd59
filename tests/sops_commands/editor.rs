//! `edit`: what the editor sees, and what is left when it is gone.

use std::process::Stdio;

use super::nest::{Nest, oracle, ran};

fn nest() -> Nest {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("doc.yaml", "# why\na: chirp # inline\nb: \"two\"\n");
    nest.ok(&["encrypt", "-i", "doc.yaml"]);
    nest
}

fn edit(nest: &Nest, editor: &str) -> super::nest::Ran {
    ran(nest.command().args(["edit", "doc.yaml"]).env("EDITOR", editor).output().unwrap())
}

#[test]
fn an_edit_changes_only_the_lines_that_it_must() {
    let nest = nest();
    let before = nest.read("doc.yaml");
    let editor = nest.script("editor", "sed -i s/chirp/cheep/ \"$1\"");
    let ran = edit(&nest, &editor);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let after = nest.read("doc.yaml");
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    let changed: Vec<&str> = changed.map(|(_, after)| after.split(':').next().unwrap().trim()).collect();
    assert!(changed.iter().all(|key| ["a", "lastmodified", "mac"].contains(key)), "{changed:?}");
    assert_eq!(before.lines().count(), after.lines().count());
    if let Some(sops) = oracle() {
        assert_eq!(nest.ok_oracle(&sops, &["decrypt", "--extract", "[\"a\"]", "doc.yaml"]), "cheep");
    }
}

#[test]
fn the_editor_works_in_a_private_folder_without_keys_and_nothing_is_left() {
    let nest = nest();
    let body = "env > \"$HOME/env\"; stat -c %a \"$(dirname \"$1\")\" \"$1\" > \"$HOME/modes\"; echo \"$1\" > \"$HOME/path\"\ncp \"$1\" \"$1~\"; sed -i s/two/three/ \"$1\"";
    let editor = nest.script("editor", body);
    let output = nest
        .command()
        .args(["edit", "doc.yaml"])
        .envs([
            ("EDITOR", editor.as_str()),
            ("OP_TOKEN", "t"),
            ("EGGTOOTH_X", "x"),
            ("SOPS_AGE_RECIPIENTS", ""),
        ])
        .output()
        .unwrap();
    assert!(output.status.success());
    let environment = nest.read("env");
    for name in ["SOPS_", "OP_", "EGGTOOTH_"] {
        assert!(!environment.lines().any(|line| line.starts_with(name)), "{environment}");
    }
    assert_eq!(nest.read("modes"), "700\n600\n");
    let path = nest.read("path");
    assert!(path.trim().ends_with("/doc.yaml"));
    assert!(!std::path::Path::new(path.trim()).parent().unwrap().exists(), "{path}");
}

#[test]
fn what_does_not_parse_is_shown_and_opened_again() {
    let nest = nest();
    let body = "if [ -e \"$HOME/second\" ]; then echo 'c: three' > \"$1\"; else touch \"$HOME/second\"; echo 'a: [' > \"$1\"; fi";
    let editor = nest.script("editor", body);
    let mut command = nest.command();
    command.args(["edit", "doc.yaml"]).env("EDITOR", &editor);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"\n").unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("press return"), "{}", ran.stderr);
    assert_eq!(nest.ok(&["decrypt", "doc.yaml"]), "c: three\n");
}

#[test]
fn without_anybody_to_ask_a_broken_edit_leaves_the_file() {
    let nest = nest();
    let before = nest.read("doc.yaml");
    let editor = nest.script("editor", "echo 'a: [' > \"$1\"");
    assert_eq!(edit(&nest, &editor).code, Some(1));
    assert_eq!(nest.read("doc.yaml"), before);
}

#[test]
fn an_unchanged_file_and_a_failed_editor_end_as_with_sops() {
    let nest = nest();
    let before = nest.read("doc.yaml");
    assert_eq!(edit(&nest, "true").code, Some(200));
    assert_eq!(edit(&nest, "false").code, Some(201));
    assert_eq!(edit(&nest, "/nowhere/editor").code, Some(201));
    assert_eq!(nest.read("doc.yaml"), before);
    if let Some(sops) = oracle() {
        for (editor, code) in [("true", 200), ("false", 201)] {
            let mut command = nest.oracle_command(&sops);
            let output = command.args(["edit", "doc.yaml"]).env("EDITOR", editor).output().unwrap();
            assert_eq!(output.status.code(), Some(code));
        }
    }
}

#[test]
fn a_new_file_begins_with_an_example() {
    let nest = nest();
    let editor = nest.script("editor", "grep -q example \"$1\" && echo 'd: four' > \"$1\"");
    let output = nest.command().args(["edit", "new.yaml"]).env("EDITOR", &editor).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(nest.ok(&["decrypt", "new.yaml"]), "d: four\n");
    let output = nest.command().args(["edit", "other.yaml"]).env("EDITOR", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(200));
    assert!(!nest.join("other.yaml").exists());
}

#[test]
fn each_signal_ends_the_editor_and_wipes_what_it_worked_on() {
    let nest = nest();
    let before = nest.read("doc.yaml");
    let body = "echo \"$1\" > \"$HOME/path.new\"; mv \"$HOME/path.new\" \"$HOME/path\"; exec sleep 60";
    let editor = nest.script("editor", body);
    for signal in ["INT", "TERM", "HUP"] {
        let mut command = nest.command();
        let child =
            command.args(["edit", "doc.yaml"]).env("EDITOR", &editor).stderr(Stdio::piped()).spawn().unwrap();
        while !nest.join("path").exists() {
            std::thread::yield_now();
        }
        let path = std::path::PathBuf::from(nest.read("path").trim());
        assert!(path.exists(), "{signal}");
        let killed =
            std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{signal}");
        assert!(!path.parent().unwrap().exists(), "{signal}: {}", path.display());
        assert_eq!(nest.read("doc.yaml"), before, "{signal}");
        std::fs::remove_file(nest.join("path")).unwrap();
    }
}
