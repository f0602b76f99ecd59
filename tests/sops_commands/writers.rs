//! Two at work on one file.

use super::nest::{Nest, ran};

#[test]
fn who_edits_what_another_changed_meanwhile_is_told_and_loses_nothing() {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("doc.yaml", "a: chirp\n");
    nest.ok(&["encrypt", "-i", "doc.yaml"]);
    // The editor gets no keys, so the other writer has its own environment.
    let other = format!(
        "SOPS_AGE_KEY_FILE=\"$HOME/key\" {} sops set \"$HOME/doc.yaml\" '[\"b\"]' '\"theirs\"' && sed -i s/chirp/mine/ \"$1\"",
        env!("CARGO_BIN_EXE_eggtooth")
    );
    let editor = nest.script("editor", &other);
    let ran = ran(nest.command().args(["edit", "doc.yaml"]).env("EDITOR", &editor).output().unwrap());
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("was changed by somebody else"), "{}", ran.stderr);
    assert_eq!(nest.ok(&["decrypt", "doc.yaml"]), "a: chirp\nb: theirs\n");
    let kept: Vec<String> = nest.names().into_iter().filter(|name| name.starts_with("mine-")).collect();
    let [kept] = kept.as_slice() else { panic!("{kept:?}") };
    assert!(!nest.read(kept).contains("mine"));
    assert_eq!(nest.ok(&["decrypt", kept]), "a: mine\n");
}

#[test]
fn of_many_writers_at_once_each_writes_whole_or_is_told() {
    let nest = Nest::new(1);
    nest.rule(&[0]);
    nest.write("doc.yaml", "a: chirp\n");
    nest.ok(&["encrypt", "-i", "doc.yaml"]);
    let results: Vec<(usize, Option<i32>)> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let nest = &nest;
                scope.spawn(move || {
                    let path = format!("[\"w{number}\"]");
                    (number, nest.run(&["set", "doc.yaml", &path, "true"]).code)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let plain = nest.ok(&["decrypt", "doc.yaml"]);
    for (number, code) in results {
        let written = plain.contains(&format!("w{number}: true"));
        assert_eq!(written, code == Some(0), "writer {number} ended with {code:?}:\n{plain}");
        assert!(matches!(code, Some(0 | 3)), "{code:?}");
    }
}
