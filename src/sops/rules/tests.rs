//! Rules as sops reads them, and stricter.

use std::path::Path;

use super::{Configuration, Destination, RulesError, VaultDestination};
use crate::keys::Identity;
use crate::remote::VaultEngine;
use crate::sops::{KeyGroup, Selector};

fn parse(text: &str) -> Result<Configuration, RulesError> {
    Configuration::parse(text, Path::new("/repo/.sops.yaml"))
}

fn problems(text: &str) -> Vec<String> {
    match parse(text).unwrap_err() {
        RulesError::Invalid { problems, .. } => problems.iter().map(ToString::to_string).collect(),
        error => panic!("{error}"),
    }
}

/// All names of a group's keys.
fn names(group: &KeyGroup) -> Vec<String> {
    let others = group.others.iter().map(|key| format!("{}:{}", key.kind, key.id));
    group.recipients.iter().map(ToString::to_string).chain(others).collect()
}

fn key() -> String {
    Identity::generate().public()
}

#[test]
fn the_first_rule_whose_regex_matches_the_relative_path_wins() {
    let [first, second, third] = [key(), key(), key()];
    let configuration = parse(&format!(
        "creation_rules:\n- path_regex: ^prod/.*\\.yaml$\n  age: {first}\n- path_regex: \\.yaml$\n  age: [{second}]\n- age: \"{third}, {first},\"\n"
    ))
    .unwrap();
    let keys = |file: &str| {
        let rule = configuration.rule_for(Path::new(file)).unwrap().unwrap();
        names(&rule.groups[0])
    };
    assert_eq!(keys("/repo/prod/a.yaml"), [first.as_str()]);
    assert_eq!(keys("/repo/x/../prod/a.yaml"), [first.as_str()]);
    assert_eq!(keys("/elsewhere/prod/a.yaml"), [second.as_str()]);
    assert_eq!(keys("/repo/a.json"), [third, first]);
}

#[test]
fn a_file_that_no_rule_is_for_is_told_by_its_relative_path() {
    let configuration = parse(&format!("creation_rules:\n- path_regex: ^a$\n  age: {}\n", key())).unwrap();
    let error = configuration.rule_for(Path::new("/repo/dir/b")).unwrap_err();
    assert_eq!(error.to_string(), "no creation rule of `/repo/.sops.yaml` is for `dir/b`");
    assert!(parse("stores: {}\n").unwrap().rule_for(Path::new("/repo/b")).unwrap().is_none());
}

#[test]
fn an_invalid_regex_is_told_with_file_line_and_column_wherever_it_stands() {
    let text = "creation_rules:\n- path_regex: a(b\n- path_regex: ^ok$\n  encrypted_regex: '[x'\n";
    let problems = problems(text);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with("/repo/.sops.yaml:2:15: error: `path_regex` is not a regular expression:")
    );
    assert!(
        problems[1]
            .starts_with("/repo/.sops.yaml:4:20: error: `encrypted_regex` is not a regular expression:")
    );
}

#[test]
fn what_is_no_recipient_and_a_second_selector_are_errors_at_once() {
    let text = "creation_rules:\n- age: age1chirp\n  encrypted_regex: ^a$\n  unencrypted_suffix: _x\n  hckms: eu-west-1:a\n";
    assert_eq!(
        problems(text),
        [
            "/repo/.sops.yaml:2:8: error: `age1chirp` is not an age recipient",
            "/repo/.sops.yaml:3:20: error: `encrypted_regex` is one selector too many: a rule may have one",
            "/repo/.sops.yaml:5:10: error: `hckms` must be a list",
        ]
    );
}

#[test]
fn an_unknown_field_is_a_warning_for_sops_overlooks_it() {
    let configuration = parse(&format!("creation_rules:\n- path_regx: a\n  age: {}\n", key())).unwrap();
    let warnings: Vec<String> = configuration.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "/repo/.sops.yaml:2:3: warning: unknown field `path_regx` is not read\n  hint: did you mean `path_regex`?"
        ]
    );
}

#[test]
fn groups_are_merged_and_keys_of_other_kinds_are_kept_by_name() {
    let [first, second] = [key(), key()];
    let text = format!(
        "creation_rules:\n- shamir_threshold: 2\n  mac_only_encrypted: true\n  key_groups:\n  - merge:\n    - age: [{first}]\n    - pgp: [AB]\n    age: [{first}, {second}]\n  - kms: [{{arn: arn:x, role: r, context: {{b: 2, a: 1}}}}]\n    hc_vault: [https://v]\n"
    );
    let configuration = parse(&text).unwrap();
    let rule = configuration.rule_for(Path::new("/repo/x")).unwrap().unwrap();
    let names: Vec<Vec<String>> = rule.groups.iter().map(names).collect();
    let expected = [
        vec![first, second, "pgp:AB".to_owned()],
        vec!["hc_vault:https://v".to_owned(), "kms:arn:x+r|a:1,b:2".to_owned()],
    ];
    assert_eq!(names, expected);
    assert_eq!(rule.shamir_threshold, 2);
    assert!(rule.mac_only_encrypted && rule.selector.is_none());
}

#[test]
fn the_selector_and_the_indents_are_read() {
    let text = "creation_rules:\n- encrypted_regex: ^(data|stringData)$\nstores:\n  yaml: {indent: 2}\n  json: {indent: -1}\n";
    let configuration = parse(text).unwrap();
    let rule = configuration.rule_for(Path::new("/repo/x")).unwrap().unwrap();
    assert!(matches!(rule.selector, Some(Selector::EncryptedRegex(_))));
    assert_eq!((configuration.indents().yaml, configuration.indents().json), (Some(2), Some(-1)));
    assert!(parse("stores: {yaml: {indent: 1}}\n").is_err());
}

#[test]
fn a_destination_is_named() {
    let text = "destination_rules:\n- path_regex: ^a\n  s3_bucket: eggs\n- vault_path: nest\n";
    let configuration = parse(text).unwrap();
    let destination =
        |file: &str| configuration.destination_for(Path::new(file)).unwrap().destination.clone();
    assert_eq!(destination("a.yaml"), Some(Destination::S3("eggs".to_owned())));
    let vault = VaultDestination {
        address: None,
        mount: "secret".to_owned(),
        engine: VaultEngine::V2,
        path: "nest".to_owned(),
    };
    assert_eq!(destination("b.yaml"), Some(Destination::Vault(vault)));
}

#[test]
fn the_nearest_configuration_above_the_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(folder.path().join(".sops.yaml"), "").unwrap();
    std::fs::write(folder.path().join("a/.sops.yml"), "").unwrap();
    let (found, warning) = Configuration::find(&deep.join("file.yaml"));
    assert_eq!(found.unwrap(), folder.path().join(".sops.yaml"));
    assert!(warning.unwrap().contains("a/.sops.yml` is not read"));
}
