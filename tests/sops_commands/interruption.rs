//! kill -9 at the worst moment: while the new file lies beside the old one.

use std::{fs, path::Path, process::Stdio};

use super::nest::Nest;

#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new_one() {
    let nest = Nest::new(2);
    nest.rule(&[0]);
    // Large enough that it takes its time on the way to the disk.
    let lines: Vec<String> = (0..400).map(|number| format!("key{number}: value {number}")).collect();
    let plain = format!("{}\n", lines.join("\n"));
    nest.write("plain.yaml", &plain);
    let encrypted = nest.ok(&["encrypt", "--filename-override", "doc.yaml", "plain.yaml"]);
    let editor = nest.script("editor", "sed -i s/value/other/ \"$1\"");
    let recipient = nest.recipient(1);
    let commands: [(&[&str], bool); 8] = [
        (&["encrypt", "-i", "doc.yaml"], false),
        (&["decrypt", "-i", "doc.yaml"], true),
        (&["set", "doc.yaml", "[\"key1\"]", "\"new\""], true),
        (&["unset", "doc.yaml", "[\"key1\"]"], true),
        (&["rotate", "-i", "doc.yaml"], true),
        (&["rotate", "-i", "--add-age", &recipient, "doc.yaml"], true),
        (&["groups", "add", "-f", "doc.yaml", "-i", "--age", &recipient], true),
        (&["edit", "doc.yaml"], true),
    ];
    for (words, is_encrypted) in commands {
        let before = if is_encrypted { &encrypted } else { &plain };
        let mut hit = false;
        for _ in 0..20 {
            nest.write("doc.yaml", before);
            hit |= kill_at_the_seam(&nest, words, &editor);
            let after = nest.read("doc.yaml");
            assert!(after == *before || is_whole(&nest, &after), "{words:?} left:\n{after}");
            sweep(nest.path());
            if hit {
                break;
            }
        }
        assert!(hit, "{words:?} was never killed while it wrote");
    }
}

/// Starts a command and kills it once its new file is there. Says whether it was killed in time.
fn kill_at_the_seam(nest: &Nest, words: &[&str], editor: &str) -> bool {
    let mut command = nest.command();
    command.args(words).env("EDITOR", editor).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    loop {
        if !new_files(nest.path()).is_empty() {
            child.kill().unwrap();
            return child.wait().unwrap().code().is_none();
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{words:?}: {status}");
            return false;
        }
    }
}

fn new_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "eggtooth")).collect()
}

fn sweep(folder: &Path) {
    for path in new_files(folder) {
        fs::remove_file(path).unwrap();
    }
}

/// A whole file is plain, or opens; with two groups, one key is not enough to open it.
fn is_whole(nest: &Nest, text: &str) -> bool {
    if text.contains("key_groups:") {
        return text.contains("\n    version: ");
    }
    !text.contains("\nsops:") && text.contains("key399: ")
        || nest.run(&["decrypt", "doc.yaml"]).code == Some(0)
}
