//! `sops git setup`.

use std::{fs, io, path::Path};

use super::git;
use crate::cli::commands::sops::{Session, SopsCommandError};
use crate::cli::{args::sops::GitSetup, exit::Exit};
use crate::file::{FileError, Privacy, write};

const ATTRIBUTES: &str = ".gitattributes";

pub(super) fn run(session: &Session<'_>, arguments: &GitSetup) -> Result<Exit, SopsCommandError> {
    let textconv = if arguments.show_values {
        "eggtooth sops git textconv --show-values"
    } else {
        "eggtooth sops git textconv"
    };
    let scope = if arguments.global { "--global" } else { "--local" };
    let settings = [
        ("diff.sops.textconv", textconv),
        // What was decrypted must not lie in git's cache.
        ("diff.sops.cachetextconv", "false"),
        ("merge.sops.name", "SOPS files, merged decrypted"),
        ("merge.sops.driver", "eggtooth sops git merge %O %A %B %P"),
    ];
    for (name, value) in settings {
        git(session, Path::new("."), &["config", scope, name, value])?;
    }
    let line = format!("{} diff=sops merge=sops", arguments.pattern);
    if arguments.global {
        session.terminal.say(&format!("git is set up; each repository needs in its {ATTRIBUTES}:\n  {line}"));
        return Ok(Exit::Done);
    }
    let top = git(session, Path::new("."), &["rev-parse", "--show-toplevel"])?;
    let path = Path::new(String::from_utf8_lossy(&top).trim()).join(ATTRIBUTES);
    add_line(&path, &line)?;
    session.terminal.say(&format!(
        "git is set up in this clone, and `{}` says for which files: commit that; others run this command, too",
        path.display()
    ));
    Ok(Exit::Done)
}

fn add_line(path: &Path, line: &str) -> Result<(), SopsCommandError> {
    let mut text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(FileError::Read { path: path.to_owned(), source }.into()),
    };
    if text.lines().any(|there| there.trim() == line) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
    Ok(write(path, text.as_bytes(), Privacy::Usual)?)
}
