//! kill -9 at the worst moment: while the new file lies beside the old one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::nest::Nest;

/// How often a command is started again that wrote faster than it could be killed.
const TRIES: usize = 60;

#[test]
fn a_killed_writer_of_yaml_leaves_the_old_file_or_the_new_one() {
    interrupt("doc.yaml", &lines("", ": "), "[\"key1\"]");
}

#[test]
fn a_killed_writer_of_json_leaves_the_old_file_or_the_new_one() {
    let members: Vec<String> =
        (0..400).map(|number| format!("\t\"key{number}\": \"value {number}\"")).collect();
    interrupt("doc.json", &format!("{{\n{}\n}}\n", members.join(",\n")), "[\"key1\"]");
}

#[test]
fn a_killed_writer_of_dotenv_leaves_the_old_file_or_the_new_one() {
    interrupt("doc.env", &lines("", "="), "[\"key1\"]");
}

#[test]
fn a_killed_writer_of_ini_leaves_the_old_file_or_the_new_one() {
    interrupt("doc.ini", &lines("[section]\n", " = "), "[\"section\"][\"key1\"]");
}

#[test]
fn a_killed_writer_of_a_binary_leaves_the_old_file_or_the_new_one() {
    interrupt("doc.bin", &lines("", " "), "");
}

/// Large enough that it takes its time on the way to the disk.
fn lines(head: &str, joint: &str) -> String {
    let lines: Vec<String> = (0..400).map(|number| format!("key{number}{joint}value {number}\n")).collect();
    format!("{head}{}", lines.concat())
}

/// Kills each command that writes `name` while it writes, and looks at what is left.
fn interrupt(name: &str, plain: &str, path: &str) {
    let nest = Nest::new(2);
    nest.at_hand(&[0, 1]);
    let [own, other] = [nest.recipient(0), nest.recipient(1)];
    nest.write("plain", plain);
    let encrypted = nest.ok(&["encrypt", "--age", &own, "--filename-override", name, "plain"]);
    nest.rule(&[0, 1]);
    nest.write(name, &encrypted);
    let printed = nest.ok(&["decrypt", name]);
    let grouped =
        nest.ok(&["groups", "add", "-f", name, "--age", &other, "--shamir-secret-sharing-threshold", "2"]);
    let editor = nest.script("editor", "sed -i s/value/other/ \"$1\"");
    let threshold = "--shamir-secret-sharing-threshold";
    let commands: [(&[&str], &str); 10] = [
        (&["encrypt", "-i", name], plain),
        (&["decrypt", "-i", name], &encrypted),
        (&["edit", name], &encrypted),
        (&["set", name, path, "\"new\""], &encrypted),
        (&["unset", name, path], &encrypted),
        (&["rotate", "-i", name], &encrypted),
        (&["rotate", "-i", "--add-age", &other, name], &encrypted),
        (&["updatekeys", "--yes", name], &encrypted),
        (&["groups", "add", "-f", name, "-i", "--age", &other, threshold, "2"], &encrypted),
        (&["groups", "delete", "-f", name, "-i", threshold, "1", "1"], &grouped),
    ];
    // A binary is one value, so there is nothing to set in it.
    let commands = commands.into_iter().filter(|(words, _)| !path.is_empty() || !words[0].ends_with("set"));
    for (words, before) in commands {
        let hit = (0..TRIES).any(|_| {
            nest.write(name, before);
            let mut command = nest.command();
            command.args(words).env("EDITOR", &editor);
            let hit = kill_at_the_seam(command, nest.path(), name);
            let after = nest.read(name);
            // Whatever opens with a right MAC is whole.
            let whole = after == before || after == printed || nest.run(&["decrypt", name]).code == Some(0);
            assert!(whole, "{words:?} left:\n{after}");
            sweep(nest.path());
            hit
        });
        assert!(hit, "{words:?} was never killed while it wrote");
    }
}

#[test]
fn a_killed_init_is_completed_by_the_next_one() {
    let places = [(".config/sops/age", "keys.txt"), ("", ".sops.yaml"), ("", "secrets.sops.yaml")];
    for (folder, name) in places {
        let hit = (0..TRIES).any(|_| {
            let nest = Nest::new(0);
            let folder = nest.join(folder);
            fs::create_dir_all(&folder).unwrap();
            let init = || {
                let mut command = nest.command();
                command.arg("init").env_remove("SOPS_AGE_KEY_FILE");
                command
            };
            let hit = kill_at_the_seam(init(), &folder, name);
            if hit {
                let output = init().output().unwrap();
                let left = nest.names();
                assert!(output.status.success(), "{left:?}: {}", String::from_utf8_lossy(&output.stderr));
                let mut decrypt = nest.command();
                let output =
                    decrypt.args(["decrypt", "secrets.sops.yaml"]).env_remove("SOPS_AGE_KEY_FILE").output();
                assert!(output.unwrap().status.success());
            }
            hit
        });
        assert!(hit, "init was never killed while it wrote {name}");
    }
}

/// Starts a command and kills it once what becomes `name` is there. Says whether it was killed before it was there.
fn kill_at_the_seam(mut command: Command, folder: &Path, name: &str) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    loop {
        if new_files(folder).iter().any(|path| path.to_string_lossy().contains(&format!("/.{name}."))) {
            child.kill().unwrap();
            let killed = child.wait().unwrap().code().is_none();
            return killed && !new_files(folder).is_empty();
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}: {status}");
            return false;
        }
    }
}

fn new_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "eggtooth")).collect()
}

fn sweep(folder: &Path) {
    for path in new_files(folder) {
        fs::remove_file(path).unwrap();
    }
}
