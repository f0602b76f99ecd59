//! The binaries that `tests/cluster/build` makes of the Go modules.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Hands the folders of the binaries to the stage inside, which has no network to build them.
pub(crate) const VARIABLE: &str = "EGGTOOTH_CLUSTER_TOOLS";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/build");

/// Builds what is missing and returns the folders as a search path.
pub(crate) fn build() -> Result<OsString, String> {
    let output = Command::new(SCRIPT)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("start {SCRIPT}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{SCRIPT} failed: {}", output.status));
    }
    let folders = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    std::env::join_paths(folders.lines()).map_err(|error| error.to_string())
}

/// Returns why the tools cannot be built here, if neither they nor a Go that is new enough are at hand.
pub(crate) fn missing_go() -> Option<String> {
    if Command::new(SCRIPT).arg("--built").stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    {
        return None;
    }
    let Ok(output) = Command::new("go").args(["env", "GOVERSION"]).output() else {
        return Some("Go 1.26 or newer is missing".to_owned());
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let minor = version.strip_prefix("go1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    match minor {
        Some(minor) if minor >= 26 => None,
        _ => Some(format!("Go 1.26 or newer is missing (found `{version}`)")),
    }
}

/// Says whether a tool is there that not every machine can have; loudly, and where everything must be tested by failing.
pub(crate) fn has(name: &str) -> bool {
    let folders = std::env::var_os(VARIABLE).expect("the supervisor names the tools' folders");
    let is_there = std::env::split_paths(&folders).any(|folder| folder.join(name).exists());
    if !is_there {
        let required = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!required, "no tool `{name}`, and with CI=true a skip is a failure");
        eprintln!("SKIPPED: no tool `{name}`");
    }
    is_there
}

/// The path of a tool: `kubectl`, `helm`, `sops`, `age`, `age-keygen`, `external-secrets`, `etcd` …
pub(crate) fn path(name: &str) -> PathBuf {
    find(name).unwrap_or_else(|| panic!("no tool `{name}` in {:?}", std::env::var_os(VARIABLE)))
}

/// The path of a tool; nothing outside of the namespaces, where none are known.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os(VARIABLE)?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.exists())
}

/// The tools before everything else that a command may need.
pub(crate) fn search_path() -> OsString {
    let folders = [std::env::var_os(VARIABLE), std::env::var_os("PATH")];
    folders.into_iter().flatten().collect::<Vec<_>>().join(OsStr::new(":"))
}
