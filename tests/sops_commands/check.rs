//! `check`, `init` and `recipients`.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::nest::Nest;

fn nest() -> Nest {
    let nest = Nest::new(3);
    nest.write(
        ".sops.yaml",
        &format!(
            "creation_rules:\n  - path_regex: one\n    age: {}\n  - path_regex: \\.sops\\.yaml$\n    encrypted_regex: ^a\n    age: {},{}\n",
            nest.recipient(0),
            nest.recipient(0),
            nest.recipient(1)
        ),
    );
    for name in ["good", "one", "moved", "stale", "plainer", "changed", "never"] {
        nest.write(&format!("dir/{name}.sops.yaml"), "a: chirp\nb: seen\n");
    }
    for name in ["good", "one", "plainer", "changed"] {
        nest.ok(&["encrypt", "-i", &format!("dir/{name}.sops.yaml")]);
    }
    let [first, third] = [nest.recipient(0), nest.recipient(2)];
    nest.ok(&["encrypt", "-i", "--age", &format!("{first},{third}"), "dir/moved.sops.yaml"]);
    nest.write("other/.sops.yaml", "creation_rules:\n  - path_regex: '('\n");
    let text = nest.read("dir/plainer.sops.yaml");
    nest.write("dir/plainer.sops.yaml", &text.replacen("a: ENC[", "a: PLAIN[", 1));
    let text = nest.read("dir/changed.sops.yaml");
    nest.write("dir/changed.sops.yaml", &text.replacen("b: seen", "b: other", 1));
    nest.write("dir/nothing.sops.yaml", "b: nothing that the rule encrypts\n");
    nest.write("stale.yaml", "a: chirp\n");
    let stale = nest.ok(&[
        "encrypt",
        "--config",
        "/dev/null",
        "--age",
        &format!("{first},{}", nest.recipient(1)),
        "stale.yaml",
    ]);
    nest.write("dir/stale.sops.yaml", &stale);
    nest.write("README.md", "sops files hold ENC[AES256_GCM,data:…] and lastmodified\n");
    nest
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let nest = nest();
    let ran = nest.run(&["check", "dir"]);
    assert_eq!(ran.code, Some(5), "{}\n{}", ran.stdout, ran.stderr);
    let problem = |name: &str| {
        let rows = ran.stdout.lines().skip_while(|line| !line.contains(&format!("{name}.sops.yaml")));
        let first = rows.clone().take(1);
        first.chain(rows.skip(1).take_while(|line| line.starts_with(' '))).collect::<Vec<_>>().join("\n")
    };
    assert!(problem("good").ends_with(" ok"), "{}", ran.stdout);
    assert!(problem("never").contains("it is not encrypted"), "{}", ran.stdout);
    assert!(problem("one").contains("one lost key"), "{}", ran.stdout);
    assert!(problem("moved").contains(&format!("not given to {}", nest.recipient(1))), "{}", ran.stdout);
    assert!(problem("moved").contains(&format!("still given to {}", nest.recipient(2))), "{}", ran.stdout);
    assert!(problem("plainer").contains("should be encrypted, but is plain"), "{}", ran.stdout);
    assert!(problem("changed").contains("its MAC does not fit"), "{}", ran.stdout);
    assert!(problem("stale").contains("encrypted_regex `^a`"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("nothing.sops.yaml"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("chirp") && !ran.stderr.contains("chirp"));
    assert!(ran.stderr.contains("7 files checked, 6 with problems"), "{}", ran.stderr);
    assert_eq!(nest.run(&["check", "dir/good.sops.yaml"]).code, Some(0));
    let told: serde_json::Value =
        serde_json::from_str(&nest.run(&["--json", "check", "dir"]).stdout).unwrap();
    assert_eq!(told["files"].as_array().unwrap().len(), 7);
}

#[test]
fn an_invalid_rule_is_a_problem_and_texts_about_sops_are_none() {
    let nest = nest();
    nest.write("other/x.sops.yaml", &nest.read("dir/good.sops.yaml"));
    let ran = nest.run(&["check", "other"]);
    assert_eq!(ran.code, Some(5));
    assert!(
        ran.stdout.contains(".sops.yaml:2:17: error: `path_regex` is not a regular expression"),
        "{}",
        ran.stdout
    );
    assert!(!nest.run(&["check"]).stdout.contains("README"));
}

#[test]
fn without_a_key_what_shows_without_one_is_checked() {
    let nest = nest();
    fs::remove_file(nest.join("key")).unwrap();
    assert_eq!(nest.run(&["check", "--keyless", "dir/good.sops.yaml"]).code, Some(0));
    let ran = nest.run(&["check", "--keyless", "dir/plainer.sops.yaml"]);
    assert_eq!(ran.code, Some(5));
    let told = "line 1, column 4: value at `a`: should be encrypted, but is plain";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let ran = nest.run(&["check", "dir/good.sops.yaml"]);
    assert_eq!(ran.code, Some(5));
    assert!(ran.stdout.contains("none of the keys at hand opens it"), "{}", ran.stdout);
}

#[test]
fn recipients_say_who_can_open_what() {
    let nest = nest();
    let told = nest.ok(&["recipients", "dir/good.sops.yaml", "dir/one.sops.yaml"]);
    let mut expected = [
        format!("{}\n  dir/good.sops.yaml\n  dir/one.sops.yaml\n", nest.recipient(0)),
        format!("{}\n  dir/good.sops.yaml\n", nest.recipient(1)),
    ];
    expected.sort();
    assert_eq!(told, expected.concat());
}

#[test]
fn init_makes_a_key_a_rule_and_a_file_and_overwrites_nothing() {
    let nest = Nest::new(0);
    let key = nest.join(".config/sops/age/keys.txt");
    let init = || {
        let output = nest.command().args(["init"]).env_remove("SOPS_AGE_KEY_FILE").output().unwrap();
        super::nest::ran(output)
    };
    let ran = init();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&key).unwrap();
    assert!(!ran.stderr.contains("AGE-SECRET-KEY") && !ran.stdout.contains("AGE-SECRET-KEY"));
    let output = nest
        .command()
        .args(["decrypt", "secrets.sops.yaml"])
        .env_remove("SOPS_AGE_KEY_FILE")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(init().code, Some(3));
    fs::remove_file(nest.join(".sops.yaml")).unwrap();
    fs::remove_file(nest.join("secrets.sops.yaml")).unwrap();
    assert_eq!(init().code, Some(0));
    assert_eq!(fs::read_to_string(&key).unwrap(), text);
}
