//! kill -9 at the worst moment: while the new file is being written.

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
    if !can_watch() {
        return;
    }
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
            let killed = kill_at_the_seam(command, nest.path(), || true);
            let after = nest.read(name);
            // Whatever opens with a right MAC is whole.
            let whole = after == before || after == printed || nest.run(&["decrypt", name]).code == Some(0);
            assert!(whole, "{words:?} left:\n{after}");
            // Between two system calls the new file has a name; what a kill leaves there is the next writer's to sweep.
            if !new_files(nest.path()).is_empty() {
                nest.write(name, &encrypted);
                nest.ok(&["rotate", "-i", name]);
            }
            assert_eq!(new_files(nest.path()), Vec::<PathBuf>::new(), "{words:?}");
            killed && after == before
        });
        assert!(hit, "{words:?} was never killed while it wrote");
    }
}

#[test]
fn a_killed_init_is_completed_by_the_next_one() {
    if !can_watch() {
        return;
    }
    let places = [
        (".config/sops/age", "keys.txt", ""),
        ("", ".sops.yaml", ".config/sops/age/keys.txt"),
        ("", "secrets.sops.yaml", ".sops.yaml"),
    ];
    for (folder, name, before) in places {
        let hit = (0..TRIES).any(|_| {
            let nest = Nest::new(0);
            let folder = nest.join(folder);
            fs::create_dir_all(&folder).unwrap();
            let init = || {
                let mut command = nest.command();
                command.arg("init").env_remove("SOPS_AGE_KEY_FILE");
                command
            };
            let killed = kill_at_the_seam(init(), &folder, || nest.join(before).exists());
            let hit = killed && !folder.join(name).exists();
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

/// Starts a command and kills it when it writes a file in `folder`, once what comes `before` is there. Says whether it
/// was killed.
fn kill_at_the_seam(mut command: Command, folder: &Path, before: impl Fn() -> bool) -> bool {
    let folder = fs::canonicalize(folder).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    loop {
        if before() && (writes_in(&folder, child.id()) || !new_files(&folder).is_empty()) {
            child.kill().unwrap();
            return child.wait().unwrap().code().is_none();
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}: {status}");
            return false;
        }
    }
}

/// It takes root to look into a process that has switched its core dumps off.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn can_watch() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("SKIPPED: only root can see when a command writes");
    }
    root
}

/// Says whether a process has a file without a name in `folder`.
fn writes_in(folder: &Path, process: u32) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    entries.flatten().any(|entry| {
        fs::read_link(entry.path()).is_ok_and(|target| {
            let unnamed = target.to_string_lossy().ends_with(" (deleted)");
            unnamed && target.parent() == Some(folder)
        })
    })
}

fn new_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "eggtooth")).collect()
}
