//! `sops exec-env`.

use std::os::unix::process::CommandExt as _;

use super::{Session, SopsCommandError, decrypt::open, exec, input::input_format};
use crate::cli::{args::sops::ExecEnv, exit::Exit};
use crate::file::Original;
use crate::secret::Secret;
use crate::sops::{Document, Entry, Kind};

pub(super) fn run(session: &Session<'_>, arguments: &ExecEnv) -> Result<Exit, SopsCommandError> {
    let (file, command) = exec::words(&arguments.exec)?;
    if arguments.exec.background && arguments.same_process {
        return Err(SopsCommandError::Conflict("there can't be both --same-process and --background"));
    }
    let original = Original::read(file)?;
    let document =
        Document::parse(original.content(), input_format(file, &arguments.input), file.to_string_lossy())?;
    let opened = open(session, &document, false)?;
    let entries = opened.plain().branches.first().map(Vec::as_slice).unwrap_or_default();
    let variables = variables(entries)?;
    let mut shell = exec::shell(session, &arguments.exec, command)?;
    if arguments.pristine {
        shell.env_clear();
    }
    #[expect(clippy::disallowed_methods, reason = "the user wants the command to have the values")]
    shell.envs(variables.iter().map(|(name, value)| (name, value.expose())));
    let failed = |source| SopsCommandError::Child { act: "run the command".to_owned(), source };
    if arguments.same_process {
        return Err(failed(shell.exec()));
    }
    if arguments.exec.background {
        return shell.spawn().map(|_| Exit::Done).map_err(failed);
    }
    exec::run(session, &mut shell)
}

/// Returns the values of a flat document as texts.
fn variables(entries: &[Entry]) -> Result<Vec<(String, Secret<String>)>, SopsCommandError> {
    let mut variables = Vec::new();
    for entry in entries {
        let Entry::Item(item) = entry else { continue };
        let key = item.key.to_string();
        if key.is_empty() || key.contains(['=', '\0']) {
            return Err(SopsCommandError::VariableName(key));
        }
        let value = match &item.value.kind {
            Kind::Leaf(leaf) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the user wants the command to have the values"
                )]
                let text = leaf.value.expose().to_text();
                Secret::new(text)
            }
            // What sops, too, makes of it.
            Kind::Null => Secret::new("<nil>".to_owned()),
            Kind::List(_) | Kind::Map(_) => return Err(SopsCommandError::Nested(key)),
        };
        variables.push((key, value));
    }
    Ok(variables)
}
