//! Encrypted files in a real repository.

use std::process::Command;

use super::nest::{Nest, ran};

struct Repository(Nest);

impl Repository {
    fn new() -> Self {
        let nest = Nest::new(2);
        nest.rule(&[0]);
        // git finds the program by its name.
        let bin = nest.join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_eggtooth"), bin.join("eggtooth")).unwrap();
        let repository = Self(nest);
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["config", "user.email", "hen@example.org"]);
        repository.git(&["config", "user.name", "Hen"]);
        repository.0.write("doc.sops.yaml", "a: chirp\nb: egg\nc: nest\nd: straw\ne: twig\n");
        repository.0.ok(&["encrypt", "-i", "doc.sops.yaml"]);
        repository.0.ok(&["git", "setup"]);
        repository.commit("first");
        repository
    }

    fn try_git(&self, arguments: &[&str]) -> super::nest::Ran {
        let path = format!("{}:{}", self.0.join("bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new("git")
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("PATH", path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("SOPS_AGE_KEY_FILE", self.0.join("key"))
            .current_dir(self.0.path())
            .output();
        ran(output.unwrap())
    }

    fn git(&self, arguments: &[&str]) -> String {
        let ran = self.try_git(arguments);
        assert_eq!(ran.code, Some(0), "git {arguments:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "doc.sops.yaml", ".gitattributes"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn set(&self, key: &str, value: &str) {
        self.0.ok(&["set", "doc.sops.yaml", &format!("[\"{key}\"]"), &format!("\"{value}\"")]);
    }
}

#[test]
fn a_diff_names_what_changed_and_shows_no_value() {
    let repository = Repository::new();
    repository.set("b", "cheep");
    let told = repository.0.ok(&["diff", "doc.sops.yaml"]);
    assert_eq!(told, "~ [\"b\"]\n");
    assert_eq!(repository.0.run(&["diff", "--exit-code", "doc.sops.yaml"]).code, Some(1));
    let told = repository.0.ok(&["diff", "--show-values", "HEAD:doc.sops.yaml", "doc.sops.yaml"]);
    assert_eq!(told, "~ [\"b\"]: \"egg\" became \"cheep\"\n");
    let told = repository.git(&["diff"]);
    let changed: Vec<&str> = told.lines().filter(|line| line.starts_with(['+', '-'])).skip(2).collect();
    assert_eq!(changed.len(), 2, "{told}");
    assert!(changed.iter().all(|line| line[1..].starts_with("[\"b\"]: encrypted ")), "{told}");
    assert!(!told.contains("cheep") && !told.contains("lastmodified"), "{told}");
}

#[test]
fn two_sides_that_changed_other_values_are_merged() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.set("e", "theirs");
    repository.commit("theirs");
    repository.git(&["checkout", "-q", "main"]);
    repository.set("a", "ours");
    repository.commit("ours");
    repository.git(&["merge", "-q", "--no-edit", "side"]);
    let plain = repository.0.ok(&["decrypt", "doc.sops.yaml"]);
    assert_eq!(plain, "a: ours\nb: egg\nc: nest\nd: straw\ne: theirs\n");
}

#[test]
fn a_conflict_leaves_our_side_and_no_plain_text() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.set("a", "theirs");
    repository.commit("theirs");
    repository.git(&["checkout", "-q", "main"]);
    repository.set("a", "ours");
    repository.commit("ours");
    let before = repository.0.read("doc.sops.yaml");
    let ran = repository.try_git(&["merge", "--no-edit", "side"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("has 1 conflict,"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("theirs\"") && !ran.stdout.contains("chirp"));
    assert_eq!(repository.0.read("doc.sops.yaml"), before);
    let told = repository.0.ok(&["diff", ":2:doc.sops.yaml", ":3:doc.sops.yaml"]);
    assert_eq!(told, "~ [\"a\"]\n");
}

#[test]
fn who_was_taken_away_does_not_come_back_with_a_merge() {
    let repository = Repository::new();
    repository.0.rule(&[0, 1]);
    repository.0.ok(&["updatekeys", "-y", "doc.sops.yaml"]);
    repository.commit("two");
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.0.rule(&[0]);
    repository.0.ok(&["updatekeys", "-y", "doc.sops.yaml"]);
    repository.commit("one");
    repository.git(&["checkout", "-q", "main"]);
    repository.set("a", "ours");
    repository.commit("ours");
    repository.git(&["merge", "-q", "--no-edit", "side"]);
    let text = repository.0.read("doc.sops.yaml");
    assert!(!text.contains(&repository.0.recipient(1)), "{text}");
    assert!(repository.0.ok(&["decrypt", "doc.sops.yaml"]).starts_with("a: ours\n"));
}
