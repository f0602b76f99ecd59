//! The real sops.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use age::secrecy::ExposeSecret;
use eggtooth::keys::Identity;

/// A real sops with a folder of its own.
pub(super) struct Oracle {
    sops: PathBuf,
    pub(super) folder: tempfile::TempDir,
}

impl Oracle {
    pub(super) fn find() -> Option<Self> {
        let Some(sops) = path() else {
            println!("SKIPPED: parity with sops: there is none (tests/cluster/build makes it)");
            return None;
        };
        Some(Self { sops, folder: tempfile::tempdir().unwrap() })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs sops in its folder; returns what it prints, or its complaint.
    pub(super) fn run(&self, arguments: &[&str], identities: &[Identity]) -> Result<Vec<u8>, String> {
        let keys: Vec<String> =
            identities.iter().map(|key| key.to_secret_text().unwrap().expose_secret().to_owned()).collect();
        let output = Command::new(&self.sops)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("SOPS_AGE_KEY", keys.join("\n"))
            .output()
            .unwrap();
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

fn path() -> Option<PathBuf> {
    if let Some(sops) = std::env::var_os("EGGTOOTH_SOPS") {
        return Some(sops.into());
    }
    let cache = std::env::var_os("EGGTOOTH_CACHE").map(PathBuf::from).or_else(|| {
        let user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(user.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?.join("eggtooth"))
    })?;
    let folders = std::fs::read_dir(cache.join("tools")).ok()?;
    folders.filter_map(|folder| Some(folder.ok()?.path().join("bin/sops"))).find(|sops| sops.is_file())
}

/// Does something for each of many, a few at once; returns the complaints.
pub(super) fn each<T: Sync>(all: &[T], act: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let next = Mutex::new(all.iter());
    let complaints = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(one) = next.lock().unwrap().next() else { break };
                    if let Err(complaint) = act(one) {
                        complaints.lock().unwrap().push(complaint);
                    }
                }
            });
        }
    });
    complaints.into_inner().unwrap()
}

/// Fails with the first few complaints.
pub(super) fn none(complaints: &[String], of: usize) {
    let shown: Vec<&str> = complaints.iter().take(5).map(String::as_str).collect();
    assert!(complaints.is_empty(), "{} of {of}:\n{}", complaints.len(), shown.join("\n-----\n"));
}
