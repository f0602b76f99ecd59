//! `sops git`: encrypted files in git's diffs and merges.

mod merge;
mod setup;
mod textconv;

use std::{path::Path, process::Command};

use super::{Session, SopsCommandError};
use crate::cli::{args::sops::Git, exit::Exit};

pub(super) fn run(session: &Session<'_>, command: &Git) -> Result<Exit, SopsCommandError> {
    match command {
        Git::Setup(arguments) => setup::run(session, arguments),
        Git::Textconv(arguments) => textconv::run(session, arguments),
        Git::Merge(arguments) => merge::run(session, arguments),
    }
}

/// Returns what git stores under a name: `HEAD:./file`, `:2:file`.
pub(super) fn show(session: &Session<'_>, folder: &Path, object: &str) -> Result<Vec<u8>, SopsCommandError> {
    git(session, folder, &["show", "--no-textconv", object])
}

/// Runs git, which gets no keys, and returns what it prints.
fn git(session: &Session<'_>, folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, SopsCommandError> {
    let act = || arguments.join(" ");
    let mut command = Command::new("git");
    session.environment.apply(&mut command, &[]);
    let output = command
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .map_err(|source| SopsCommandError::Git { act: act(), source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(SopsCommandError::GitFailed { act: act(), message })
}
