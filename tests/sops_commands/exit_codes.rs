//! Each mistake ends as it does with sops.

use std::path::Path;

use super::nest::{Nest, oracle};

fn nest() -> Nest {
    let nest = Nest::new(2);
    nest.write("plain.yaml", "a: chirp\nb: [1]\n");
    nest.write("bad.yaml", "a: [\n");
    nest.write("empty.yaml", "");
    nest.write("flat.env", "A=1\n");
    let recipient = nest.recipient(0);
    let encrypted = nest.ok(&["encrypt", "--age", &recipient, "plain.yaml"]);
    nest.write("plain-leaf.yaml", &encrypted.replacen("a: ENC[", "a: NOT[", 1));
    nest.write("no-mac.yaml", &replace_line(&encrypted, "    mac: ", "    mac: \"\""));
    nest.write("other-mac.yaml", &encrypted.replacen("a: ENC[", "c: ENC[", 1));
    nest.write("encrypted.yaml", &encrypted);
    let foreign = nest.ok(&["encrypt", "--age", &nest.recipient(1), "plain.yaml"]);
    nest.write("foreign.yaml", &foreign);
    nest
}

fn replace_line(text: &str, start: &str, line: &str) -> String {
    let lines = text.lines().map(|there| if there.starts_with(start) { line } else { there });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// What is done wrong, in words that both tools know.
const MISTAKES: [&[&str]; 45] = [
    &["decrypt", "--output-type", "dotenv", "encrypted.yaml"],
    &["decrypt", "--output-type", "ini", "encrypted.yaml"],
    &["decrypt", "--output-type", "binary", "encrypted.yaml"],
    &["encrypt", "--age", "RECIPIENT", "--output-type", "dotenv", "plain.yaml"],
    &["decrypt", "nowhere.yaml"],
    &["decrypt", "plain.yaml"],
    &["decrypt", "bad.yaml"],
    &["decrypt", "foreign.yaml"],
    &["decrypt", "plain-leaf.yaml"],
    &["decrypt", "no-mac.yaml"],
    &["decrypt", "other-mac.yaml"],
    &["decrypt", "--extract", "[\"nowhere\"]", "encrypted.yaml"],
    &["decrypt", "--extract", "[\"b\"][7]", "encrypted.yaml"],
    &["decrypt", "--extract", "a", "encrypted.yaml"],
    &["decrypt", "--in-place", "--output", "x", "encrypted.yaml"],
    &["decrypt", "--in-place"],
    &["decrypt", "--decryption-order", "age,age", "encrypted.yaml"],
    &["decrypt", "--output", "/nowhere/x", "encrypted.yaml"],
    &["encrypt", "--age", "RECIPIENT", "encrypted.yaml"],
    &["encrypt", "--age", "RECIPIENT", "bad.yaml"],
    &["encrypt", "--age", "RECIPIENT", "empty.yaml"],
    &["encrypt", "--age", "RECIPIENT", "nowhere.yaml"],
    &["encrypt", "--age", "RECIPIENT", "--output", "/nowhere/x", "plain.yaml"],
    &["encrypt", "--age", "RECIPIENT"],
    &["encrypt", "--in-place"],
    &["encrypt", "--age", "chirp", "plain.yaml"],
    &["encrypt", "--age", "RECIPIENT", "--encrypted-regex", "a", "--unencrypted-suffix", "b", "plain.yaml"],
    &["encrypt", "plain.yaml"],
    &["set", "encrypted.yaml"],
    &["set", "encrypted.yaml", "[\"a\"", "1"],
    &["set", "encrypted.yaml", "[\"a\"]", "chirp"],
    &["set", "plain.yaml", "[\"a\"]", "1"],
    &["set", "nowhere.yaml", "[\"a\"]", "1"],
    &["set", "--value-file", "--value-stdin", "encrypted.yaml", "[\"a\"]", "1"],
    &["unset", "encrypted.yaml"],
    &["unset", "encrypted.yaml", "[\"nowhere\"]"],
    &["rotate"],
    &["rotate", "nowhere.yaml"],
    &["rotate", "--add-age", "RECIPIENT", "nowhere.yaml"],
    &["rotate", "--rm-age", "RECIPIENT", "encrypted.yaml"],
    &["updatekeys", "encrypted.yaml"],
    &["filestatus", "nowhere.yaml"],
    &["edit"],
    &["exec-env", "encrypted.yaml", "true"],
    &["exec-file", "--filename", "../x", "encrypted.yaml", "true"],
];

#[test]
fn mistakes_end_as_with_sops() {
    let Some(sops) = oracle() else { return };
    let nest = nest();
    let recipient = nest.recipient(0);
    let differences: Vec<String> = std::thread::scope(|scope| {
        let halves = MISTAKES.chunks(MISTAKES.len().div_ceil(2));
        let halves: Vec<_> = halves
            .map(|half| {
                let (nest, sops, recipient) = (&nest, &sops, &recipient);
                scope.spawn(move || {
                    half.iter().filter_map(|words| compare(nest, sops, words, recipient)).collect()
                })
            })
            .collect();
        halves
            .into_iter()
            .flat_map(|half| half.join().unwrap_or_else(|_| vec!["a thread died".into()]))
            .collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(!nest.join("x").exists());
}

fn compare(nest: &Nest, sops: &Path, words: &[&str], recipient: &str) -> Option<String> {
    let words: Vec<&str> =
        words.iter().map(|word| if *word == "RECIPIENT" { recipient } else { word }).collect();
    let (theirs, ours) = (nest.run_oracle(sops, &words), nest.run(&words));
    assert_ne!(theirs.code, Some(0), "{words:?} is no mistake");
    assert!(!ours.stderr.contains("chirp") || words.contains(&"chirp"), "{words:?}: {}", ours.stderr);
    let equal = theirs.code == ours.code;
    (!equal).then(|| format!("{words:?}: sops {:?}, ours {:?}: {}", theirs.code, ours.code, ours.stderr))
}

#[test]
fn a_wrong_value_is_told_with_its_place_and_what_to_do() {
    let stderr = nest().run(&["decrypt", "plain-leaf.yaml"]).stderr;
    assert!(stderr.contains("line 1, column 4: value at `a`: should be encrypted, but is plain"), "{stderr}");
    assert!(stderr.contains("hint: put the line back as it was"), "{stderr}");
}

#[test]
fn what_is_left_out_is_refused_by_its_name() {
    let nest = nest();
    let recipient = nest.recipient(0);
    let refused: [(&[&str], &str); 5] = [
        (&["encrypt", "--age", &recipient, "--aws-profile", "nest", "plain.yaml"], "--aws-profile is given"),
        (&["rotate", "--add-kms", "arn", "encrypted.yaml"], "--add-kms is given"),
        (&["groups", "add", "-f", "encrypted.yaml", "--pgp", "AB"], "--pgp is given"),
        (&["decrypt", "--keyservice", "tcp://nest", "encrypted.yaml"], "key services are left out"),
        (&["encrypt", "--hc-vault-transit", "https://nest", "plain.yaml"], "--hc-vault-transit is given"),
    ];
    for (words, reason) in refused {
        let ran = nest.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{words:?}");
        assert!(ran.stderr.contains(reason) && ran.stderr.contains("hint: "), "{words:?}: {}", ran.stderr);
    }
    let output = nest.command().args(["encrypt", "plain.yaml"]).env("SOPS_KMS_ARN", "arn").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("SOPS_KMS_ARN is given"));
}

#[test]
fn a_value_that_is_no_json_is_not_told() {
    let nest = nest();
    let ran = nest.with_input(&["set", "--value-stdin", "encrypted.yaml", "[\"a\"]"], "\"cheep\" peep");
    assert_eq!(ran.code, Some(7));
    assert!(ran.stderr.contains("line 1, column 9"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("cheep") && !ran.stderr.contains("peep"), "{}", ran.stderr);
}

#[test]
fn keys_of_other_services_are_not_left_out_silently() {
    let nest = nest();
    let ran = nest.run(&["encrypt", "--age", &nest.recipient(0), "--pgp", "AB", "plain.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("--pgp is given"), "{}", ran.stderr);
}
