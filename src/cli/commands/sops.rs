//! `sops decrypt`: prints and exits as sops does.

use std::collections::BTreeMap;

use crate::cli::{
    args::{Decrypt, Sops},
    display,
    exit::Exit,
    terminal::Terminal,
};
use crate::keys::{Identities, Passphrases};
use crate::sops::{Document, Error, Format, decrypt, decrypt_ignoring_mac};

pub(super) fn run(command: &Sops, variables: &BTreeMap<String, String>, terminal: &Terminal) -> Exit {
    let Sops::Decrypt(arguments) = command;
    let (input, output) = match formats(arguments) {
        Ok(formats) => formats,
        Err(name) => {
            terminal.say(&format!("error: unknown format `{name}`\nhint: yaml, json, dotenv, ini or binary"));
            return Exit::Usage;
        }
    };
    let process = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let identities = Identities::discover(&process, passphrases(terminal));
    match print(arguments, input, output, &identities) {
        Ok(()) => Exit::Done,
        Err(error) => {
            terminal.say(&display::error(&error, None, terminal.style));
            Exit::Sops(error.sops_exit_code())
        }
    }
}

fn formats(arguments: &Decrypt) -> Result<(Format, Format), &str> {
    let named = |name: &'_ Option<String>| name.as_deref().map(Format::of_name);
    let input = match (named(&arguments.input_type), &arguments.input_type) {
        (Some(None), Some(name)) => return Err(name),
        (found, _) => found.flatten().unwrap_or_else(|| Format::of_path(&arguments.file)),
    };
    match (named(&arguments.output_type), &arguments.output_type) {
        (Some(None), Some(name)) => Err(name),
        (found, _) => Ok((input, found.flatten().unwrap_or(input))),
    }
}

fn passphrases(terminal: &Terminal) -> Passphrases {
    if terminal.can_ask() { Passphrases::from_fn(Terminal::ask_passphrase) } else { Passphrases::default() }
}

#[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
fn print(arguments: &Decrypt, input: Format, output: Format, identities: &Identities) -> Result<(), Error> {
    let name = arguments.file.display().to_string();
    let content = std::fs::read(&arguments.file)
        .map_err(|source| Error::Read { file: name.as_str().into(), source })?;
    let document = Document::parse(&content, input, name.as_str())?;
    let plain = if arguments.ignore_mac {
        decrypt_ignoring_mac(&document, identities)?
    } else {
        decrypt(&document, identities)?
    };
    let text =
        plain.to_text(output).map_err(|source| Error::Malformed { file: name.as_str().into(), source })?;
    Terminal::data(text.expose());
    Ok(())
}
