//! What `exec-env` and `exec-file` have in common.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitStatus},
};

use super::{
    Session, SopsCommandError,
    child::{OnSignal, Watch},
};
use crate::cli::{args::sops::Exec, exit::Exit};

/// Returns the file and the command; sops ends with 1 where one is missing.
pub(super) fn words(exec: &Exec) -> Result<(&Path, &str), SopsCommandError> {
    match (&exec.file.path, &exec.command) {
        (Some(file), Some(command)) => Ok((file, command)),
        _ => Err(SopsCommandError::Refused("both the file and the command must be given")),
    }
}

/// Makes the command for a shell. It gets no variable that may hold a key, unless that is asked for.
pub(super) fn shell(session: &Session<'_>, exec: &Exec, command: &str) -> Result<Command, SopsCommandError> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    let keep: &[&str] = if exec.keep_keys { &["SOPS_", "OP_", "EGGTOOTH_"] } else { &[] };
    session.environment.apply(&mut shell, keep);
    if let Some(name) = exec.user.as_deref().filter(|name| !name.is_empty()) {
        become_user(&mut shell, name)?;
    }
    Ok(shell)
}

/// Runs the command to its end and ends as it does.
pub(super) fn run(session: &Session<'_>, command: &mut Command) -> Result<Exit, SopsCommandError> {
    let failed = |source| SopsCommandError::Child { act: "run the command".to_owned(), source };
    let watch = Watch::start(OnSignal::PassOn, session.terminal.can_ask()).map_err(failed)?;
    watch.run(command).map(exit).map_err(failed)
}

/// As in sops, a command that a signal ended counts as -1.
fn exit(status: ExitStatus) -> Exit {
    Exit::Sops(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(255))
}

/// Has the command run as another user of this machine, in that user's own group only.
fn become_user(command: &mut Command, name: &str) -> Result<(), SopsCommandError> {
    let unknown = || SopsCommandError::User(name.to_owned());
    let users = fs::read_to_string("/etc/passwd").map_err(|_| unknown())?;
    let line = users.lines().find(|line| line.split(':').next() == Some(name)).ok_or_else(unknown)?;
    let fields: Vec<&str> = line.split(':').collect();
    let [_, _, uid, gid, _, home, ..] = fields.as_slice() else { return Err(unknown()) };
    let (uid, gid) = (uid.parse().map_err(|_| unknown())?, gid.parse().map_err(|_| unknown())?);
    command.uid(uid).gid(gid).env("HOME", home).env("USER", name).env("LOGNAME", name);
    Ok(())
}
