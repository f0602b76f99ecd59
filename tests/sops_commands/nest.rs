//! A folder of its own with a key, in which both tools can be run.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use age::secrecy::ExposeSecret as _;
use eggtooth::keys::Identity;
use tempfile::TempDir;

/// One test's folder; `HOME` of everything that runs in it.
pub(crate) struct Nest {
    folder: TempDir,
    pub(crate) keys: Vec<Identity>,
}

/// What a command did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Nest {
    /// Makes a folder with so many keys; the first is the one at hand.
    pub(crate) fn new(keys: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<Identity> = (0..keys).map(|_| Identity::generate()).collect();
        let nest = Self { folder, keys };
        if !nest.keys.is_empty() {
            nest.at_hand(&[0]);
        }
        nest
    }

    /// Puts these keys where both tools look for them.
    pub(crate) fn at_hand(&self, keys: &[usize]) {
        let lines = keys.iter().map(|&key| {
            let secret = self.keys[key].to_secret_text().unwrap();
            format!("{}\n", secret.expose_secret())
        });
        self.write("key", &lines.collect::<String>());
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The public part of a key.
    pub(crate) fn recipient(&self, index: usize) -> String {
        self.keys[index].public()
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap()
    }

    /// Writes a program for the shell.
    pub(crate) fn script(&self, name: &str, body: &str) -> String {
        self.write(name, &format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(self.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        self.join(name).display().to_string()
    }

    /// Writes rules that give every file to these keys.
    pub(crate) fn rule(&self, keys: &[usize]) {
        let recipients: Vec<String> = keys.iter().map(|&key| self.recipient(key)).collect();
        self.write(".sops.yaml", &format!("creation_rules:\n  - age: {}\n", recipients.join(",")));
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `eggtooth sops`.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.plain(Path::new(env!("CARGO_BIN_EXE_eggtooth")));
        command.arg("sops");
        command
    }

    /// The oracle.
    pub(crate) fn oracle_command(&self, sops: &Path) -> Command {
        let mut command = self.plain(sops);
        command.env("SOPS_DISABLE_VERSION_CHECK", "1");
        command
    }

    fn plain(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SOPS_AGE_KEY_FILE", self.join("key"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command().args(arguments).output().unwrap())
    }

    /// Runs what has to succeed, and returns what it printed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    pub(crate) fn run_oracle(&self, sops: &Path, arguments: &[&str]) -> Ran {
        ran(self.oracle_command(sops).args(arguments).output().unwrap())
    }

    pub(crate) fn ok_oracle(&self, sops: &Path, arguments: &[&str]) -> String {
        let ran = self.run_oracle(sops, arguments);
        assert_eq!(ran.code, Some(0), "sops {arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Runs a command that reads `input` from stdin.
    pub(crate) fn with_input(&self, arguments: &[&str], input: &str) -> Ran {
        use std::io::Write as _;
        let mut command = self.command();
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who refuses at once reads nothing.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        ran(child.wait_with_output().unwrap())
    }
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Finds the real sops, which `tests/cluster/build` makes.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn oracle() -> Option<PathBuf> {
    let named = std::env::var_os("EGGTOOTH_SOPS").map(PathBuf::from);
    let found = named.or_else(|| {
        let user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
        let cache = std::env::var_os("EGGTOOTH_CACHE").map(PathBuf::from);
        let cache = cache.or_else(|| Some(user.or_else(home)?.join("eggtooth")))?;
        let tools = fs::read_dir(cache.join("tools")).ok()?;
        tools.filter_map(|tool| Some(tool.ok()?.path().join("bin/sops"))).find(|sops| sops.is_file())
    });
    if found.is_none() {
        println!("SKIPPED: sops is not built");
    }
    found
}
