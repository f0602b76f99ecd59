//! A second run over what the first one wrote changes no byte, and does not even write.

use std::{fs, os::unix::fs::MetadataExt as _};

use super::nest::{Nest, Ran, ran};

/// A document in each format, and a path in it.
const DOCUMENTS: [(&str, &str, &str); 5] = [
    ("doc.yaml", "# top\na:   \"chirp\" # inline\n\nb:\n  - one\n  - { c: 2, d: }\n---\ne: ''\n", "[\"a\"]"),
    ("doc.json", "{ \"a\": \"chirp\",\n  \"b\": [1, 2.5, true, null], \"e\": \"\" }\n", "[\"a\"]"),
    ("doc.env", "# over\nA=chirp\n\nB=two words\nE=\n", "[\"A\"]"),
    ("doc.ini", "; over\n[s]\na=chirp\nb = 2\n\n[t]\ne =\n", "[\"s\"][\"a\"]"),
    ("doc.bin", "chirp\r\n\tno text\n", ""),
];

#[test]
fn a_second_run_of_each_command_changes_no_byte() {
    for (name, plain, path) in DOCUMENTS {
        let nest = Nest::new(3);
        nest.rule(&[0, 1]);
        nest.write(name, plain);
        nest.ok(&["encrypt", "-i", name]);
        unchanged(&nest, name, |nest| (nest.run(&["encrypt", "-i", name]), 203));
        unchanged(&nest, name, |nest| (edit(nest, name, "cat \"$1\" > \"$HOME/seen\""), 200));
        let read = |nest: &Nest| (nest.run(&["decrypt", name]), 0);
        unchanged(&nest, name, read);
        if !path.is_empty() {
            let set = ["set", name, path, "\"other\""];
            nest.ok(&set);
            unchanged(&nest, name, |nest| (nest.run(&set), 0));
            unchanged(&nest, name, |nest| (nest.run(&[&["set", "--idempotent"], &set[1..]].concat()), 0));
            let unset = ["unset", "--idempotent", name, path];
            nest.ok(&unset);
            unchanged(&nest, name, |nest| (nest.run(&unset), 0));
        }
        let update = ["updatekeys", "--yes", name];
        unchanged(&nest, name, |nest| (nest.run(&update), 0));
        // Whatever their order, the keys are the same.
        nest.rule(&[1, 0]);
        unchanged(&nest, name, |nest| (nest.run(&update), 0));
        nest.rule(&[0, 2]);
        nest.ok(&update);
        unchanged(&nest, name, |nest| (nest.run(&update), 0));

        let other = nest.recipient(1);
        let threshold = ["--shamir-secret-sharing-threshold", "2"];
        let add = [&["groups", "add", "-f", name, "-i", "--age", &other], &threshold[..]].concat();
        nest.ok(&add);
        unchanged(&nest, name, |nest| (nest.run(&add), 0));
        nest.at_hand(&[0, 1]);
        unchanged(&nest, name, |nest| (nest.run(&["rotate", name]), 0));
        nest.ok(&["decrypt", "-i", name]);
        unchanged(&nest, name, |nest| (nest.run(&["decrypt", "-i", name]), 1));
    }
}

/// Runs a command that has to end so and to leave the file alone.
#[track_caller]
fn unchanged(nest: &Nest, name: &str, run: impl Fn(&Nest) -> (Ran, i32)) {
    let state = || (nest.read(name), fs::metadata(nest.join(name)).unwrap().ino());
    let before = state();
    let (ran, code) = run(nest);
    assert_eq!(ran.code, Some(code), "{name}: {}", ran.stderr);
    let after = state();
    assert_eq!(before.0, after.0, "{name}");
    assert_eq!(before.1, after.1, "{name} was written anew");
}

fn edit(nest: &Nest, name: &str, body: &str) -> Ran {
    let editor = nest.script("editor", body);
    ran(nest.command().args(["edit", name]).env("EDITOR", editor).output().unwrap())
}
