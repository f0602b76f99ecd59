//! What one tool writes, the other reads; a second run changes nothing.

use std::path::Path;

use super::nest::{Nest, oracle};

/// A document in each format, and a value in it: its path, and another value.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    (
        "doc.yaml",
        "# top\na: \"chirp\" # inline\n\nnested:\n  # over\n  list:\n    - one\n    - 2\n  empty: \"\"\n  none: null\nplain_unencrypted: seen\n",
        "[\"nested\"][\"list\"][0]",
    ),
    (
        "doc.json",
        "{\n  \"a\": \"chirp\",\n  \"nested\": { \"list\": [1, 2.5, true, null] }\n}\n",
        "[\"nested\"][\"list\"][1]",
    ),
    ("doc.env", "# over\nA=chirp\nB=two words\nC=\n", "[\"B\"]"),
    ("doc.ini", "[section]\na = chirp\nb = 2\n", "[\"section\"][\"a\"]"),
];

#[test]
fn sops_reads_what_each_writing_command_wrote() {
    let Some(sops) = oracle() else { return };
    for (name, plain, path) in DOCUMENTS {
        let nest = Nest::new(3);
        nest.rule(&[0]);
        nest.write(name, plain);
        nest.write("reference", plain);
        nest.ok_oracle(
            &sops,
            &["encrypt", "--filename-override", name, "--output", &format!("sops-{name}"), "reference"],
        );
        let reference = format!("sops-{name}");

        nest.ok(&["encrypt", "--in-place", name]);
        same(&nest, &sops, name, &reference, "encrypt");
        let changes: [&[&str]; 3] = [
            &["set", "FILE", path, "\"other\""],
            &["set", "FILE", path, "\"other\""],
            &["unset", "FILE", path],
        ];
        for words in changes {
            apply(&nest, words, name);
            let theirs: Vec<&str> =
                words.iter().map(|word| if *word == "FILE" { reference.as_str() } else { word }).collect();
            nest.ok_oracle(&sops, &theirs);
            same(&nest, &sops, name, &reference, words[0]);
        }
        apply(&nest, &["rotate", "--in-place", "--add-age", &nest.recipient(1), "FILE"], name);
        same(&nest, &sops, name, &reference, "rotate");
        nest.rule(&[0, 2]);
        apply(&nest, &["updatekeys", "--yes", "FILE"], name);
        same(&nest, &sops, name, &reference, "updatekeys");
        let text = nest.read(name);
        assert!(text.contains(&nest.recipient(2)) && !text.contains(&nest.recipient(1)), "{name}");
        apply(&nest, &["decrypt", "--in-place", "FILE"], name);
        assert_eq!(nest.read(name), nest.ok_oracle(&sops, &["decrypt", &reference]), "{name}");
    }
}

#[test]
fn groups_come_and_go_as_in_sops() {
    let Some(sops) = oracle() else { return };
    let nest = Nest::new(2);
    nest.rule(&[0]);
    nest.write("doc.yaml", "a: chirp\n");
    nest.ok(&["encrypt", "-i", "doc.yaml"]);
    let other = nest.recipient(1);
    let threshold = "--shamir-secret-sharing-threshold";
    // With one key of two groups, neither tool opens it; with both keys, both do.
    nest.ok(&["groups", "add", "-f", "doc.yaml", "-i", "--age", &other, threshold, "2"]);
    let words = ["decrypt", "doc.yaml"];
    assert_eq!((nest.run(&words).code, nest.run_oracle(&sops, &words).code), (Some(128), Some(128)));
    nest.at_hand(&[0, 1]);
    assert_eq!((nest.ok(&words), nest.ok_oracle(&sops, &words)), ("a: chirp\n".into(), "a: chirp\n".into()));
    assert_eq!(nest.run(&["groups", "delete", "-f", "doc.yaml", "-i", "7"]).code, Some(1));
    // One group less than it takes is refused, unless it takes less from now on.
    assert_eq!(nest.run(&["groups", "delete", "-f", "doc.yaml", "-i", "1"]).code, Some(1));
    nest.ok(&["groups", "delete", "-f", "doc.yaml", "-i", threshold, "1", "1"]);
    nest.at_hand(&[0]);
    assert_eq!((nest.ok(&words), nest.ok_oracle(&sops, &words)), ("a: chirp\n".into(), "a: chirp\n".into()));
}

#[test]
fn a_document_is_encrypted_in_another_format() {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("doc.env", "A=chirp\nB=2\n");
    let json = nest.ok(&["encrypt", "--output-type", "json", "doc.env"]);
    nest.write("doc.json", &json);
    let Some(sops) = oracle() else { return };
    let words = ["decrypt", "--output-type", "yaml", "doc.json"];
    assert_eq!(nest.ok_oracle(&sops, &words), "A: chirp\nB: \"2\"\n");
    assert_eq!(nest.ok(&words), "A: chirp\nB: \"2\"\n");
}

#[test]
fn a_rotation_may_change_the_format_and_a_change_in_place_may_not() {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("doc.yaml", "a:\n    b: chirp\nc_unencrypted: seen\n");
    nest.ok(&["encrypt", "-i", "doc.yaml"]);
    nest.ok(&["rotate", "--output-type", "json", "--output", "doc.json", "doc.yaml"]);
    let printed = nest.ok(&["decrypt", "--output-type", "json", "doc.yaml"]);
    assert_eq!(nest.ok(&["decrypt", "doc.json"]), printed);
    assert!(nest.read("doc.json").contains("\"seen\"") && !nest.read("doc.json").contains("chirp"));
    if let Some(sops) = oracle() {
        assert_eq!(nest.ok_oracle(&sops, &["decrypt", "doc.json"]), printed);
    }
    nest.ok(&["set", "--output-type", "yaml", "doc.yaml", "[\"a\"][\"b\"]", "2"]);
    let before = nest.read("doc.yaml");
    for words in [
        &["set", "--output-type", "json", "doc.yaml", "[\"a\"]", "1"][..],
        &["edit", "--output-type", "json", "doc.yaml"],
    ] {
        assert_eq!(nest.run(words).code, Some(8), "{words:?}");
        assert_eq!(nest.read("doc.yaml"), before);
    }
}

#[test]
fn we_read_what_sops_wrote_and_print_it_alike() {
    let Some(sops) = oracle() else { return };
    for (name, plain, path) in DOCUMENTS {
        let nest = Nest::new(1);
        nest.rule(&[0]);
        nest.write(name, plain);
        nest.ok_oracle(&sops, &["encrypt", "--in-place", name]);
        let kinds: [&[&str]; 6] = [
            &["decrypt", name],
            &["-d", name],
            &["--extract", path, "--decrypt", name],
            &["decrypt", "--output-type", "json", name],
            &["decrypt", "--extract", path, name],
            &["filestatus", name],
        ];
        for words in kinds {
            assert_eq!(nest.ok(words), nest.ok_oracle(&sops, words), "{words:?}");
        }
    }
}

#[test]
fn a_binary_goes_through_both_tools() {
    let Some(sops) = oracle() else { return };
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("key.pem", "-----BEGIN-----\n\tchirp\r\n");
    nest.ok(&["encrypt", "--in-place", "key.pem"]);
    assert_eq!(nest.ok_oracle(&sops, &["decrypt", "key.pem"]), "-----BEGIN-----\n\tchirp\r\n");
    nest.ok_oracle(&sops, &["rotate", "--in-place", "key.pem"]);
    assert_eq!(nest.ok(&["decrypt", "key.pem"]), "-----BEGIN-----\n\tchirp\r\n");
}

#[test]
fn stdin_and_stdout_do_as_files_do() {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    let encrypted = nest.with_input(&["encrypt", "--filename-override", "doc.yaml"], "a: chirp\n");
    assert_eq!(encrypted.code, Some(0), "{}", encrypted.stderr);
    for words in
        [&["decrypt", "--input-type", "yaml"][..], &["decrypt", "--filename-override", "x.yaml", "-"]]
    {
        assert_eq!(nest.with_input(words, &encrypted.stdout).stdout, "a: chirp\n", "{words:?}");
    }
    nest.write("doc.yaml", &encrypted.stdout);
    nest.ok(&["decrypt", "--output", "plain.yaml", "doc.yaml"]);
    assert_eq!(nest.read("plain.yaml"), "a: chirp\n");
    let ran = nest.with_input(&["set", "--value-stdin", "doc.yaml", "[\"a\"]"], "\"cheep\"");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(nest.ok(&["decrypt", "--extract", "[\"a\"]", "doc.yaml"]), "cheep");
}

fn apply(nest: &Nest, words: &[&str], name: &str) {
    let words: Vec<&str> = words.iter().map(|word| if *word == "FILE" { name } else { word }).collect();
    nest.ok(&words);
}

fn same(nest: &Nest, sops: &Path, ours: &str, theirs: &str, after: &str) {
    let reading = |name: &str| nest.ok_oracle(sops, &["decrypt", name]);
    assert_eq!(reading(ours), reading(theirs), "{ours} after {after}");
}
