//! `sops updatekeys`.

use std::{fmt::Write as _, path::Path};

use super::{Session, SopsCommandError, input::input_format};
use crate::cli::{args::sops::Updatekeys, display, exit::Exit, terminal::Terminal};
use crate::file::Original;
use crate::sops::{Document, KeyGroup};

pub(super) fn run(session: &Session<'_>, arguments: &Updatekeys) -> Result<Exit, SopsCommandError> {
    match arguments.files.as_slice() {
        [] => Err(SopsCommandError::NoFile),
        [file] => update(session, arguments, file),
        files => {
            let mut failed = 0;
            for file in files {
                if let Err(error) = update(session, arguments, file) {
                    failed += 1;
                    let style = session.terminal.style;
                    session.terminal.say(&display::error(&error, error.hint().as_deref(), style));
                }
            }
            match failed {
                0 => Ok(Exit::Done),
                failed => Err(SopsCommandError::Updatekeys { failed, all: files.len() }),
            }
        }
    }
}

fn update(session: &Session<'_>, arguments: &Updatekeys, file: &Path) -> Result<Exit, SopsCommandError> {
    // Whatever is wrong with the file, sops ends with 1 here.
    let original = Original::read(file).map_err(|error| SopsCommandError::Child {
        act: format!("read `{}`", file.display()),
        source: std::io::Error::other(error),
    })?;
    let configuration = session.needed_configuration(file)?;
    let document =
        Document::parse(original.content(), input_format(file, &arguments.input), file.to_string_lossy())?;
    let rule = configuration
        .rule_for(file)?
        .ok_or_else(|| SopsCommandError::NoRules(configuration.path().to_owned()))?;
    if rule.groups.iter().any(KeyGroup::is_empty) {
        return Err(SopsCommandError::NobodyLeft(file.to_owned()));
    }
    let before = document.metadata().shamir_threshold;
    let threshold = before.min(rule.groups.len());
    let (differences, changed) = differences(&document.key_groups()?, &rule.groups);
    if !changed && threshold == before {
        session.terminal.say(&format!("`{}` is up to date", file.display()));
        return Ok(Exit::Done);
    }
    let mut text = format!("the keys of `{}` change:\n", file.display());
    if threshold != before {
        // Writing into a String does not fail.
        let _ = writeln!(text, "threshold: {before} becomes {threshold}");
    }
    text.push_str(&differences);
    Terminal::data(text.as_bytes());
    if !arguments.yes && !agree(session) {
        session.terminal.say(&format!("`{}` stays as it is", file.display()));
        return Ok(Exit::Done);
    }
    let opened = document.open_ignoring_mac(&session.identities())?;
    original.replace(&opened.update_keys(&rule.groups, threshold)?)?;
    session.terminal.say(&format!("`{}` is given to these keys", file.display()));
    Ok(Exit::Done)
}

/// Asks on the terminal; without one the answer comes from stdin, as sops takes it.
fn agree(session: &Session<'_>) -> bool {
    if session.terminal.can_ask() {
        return session.terminal.confirm("Change them?");
    }
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && answer.trim() == "y"
}

/// Tells which keys each group keeps, gains and loses.
fn differences(ours: &[KeyGroup], theirs: &[KeyGroup]) -> (String, bool) {
    let mut text = String::new();
    let mut changed = false;
    for index in 0..ours.len().max(theirs.len()) {
        let (ours, theirs) = (names(ours.get(index)), names(theirs.get(index)));
        // Writing into a String does not fail.
        let _ = writeln!(text, "group {}", index + 1);
        for name in &theirs {
            let kept = ours.contains(name);
            changed |= !kept;
            let _ = writeln!(text, "  {} {name}", if kept { " " } else { "+" });
        }
        for name in ours.iter().filter(|name| !theirs.contains(name)) {
            changed = true;
            let _ = writeln!(text, "  - {name}");
        }
    }
    (text, changed)
}

/// Returns the names of a group's keys.
pub(super) fn names(group: Option<&KeyGroup>) -> Vec<String> {
    let Some(group) = group else { return Vec::new() };
    let others = group.others.iter().map(ToString::to_string);
    group.recipients.iter().map(ToString::to_string).chain(others).collect()
}
