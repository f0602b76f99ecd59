//! `sops set`.

use std::{io, io::Read as _, path::Path};

use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    Session, SopsCommandError,
    decrypt::open,
    input::{input_format, refuse_conversion},
};
use crate::cli::{
    args::sops::{Change, Set},
    exit::Exit,
};
use crate::file::Original;
use crate::sops::{Document, Opened, ValuePath};

pub(super) fn run(session: &Session<'_>, arguments: &Set) -> Result<Exit, SopsCommandError> {
    if arguments.value_file && arguments.value_stdin {
        return Err(SopsCommandError::Refused("there can't be both --value-file and --value-stdin"));
    }
    let (Some(file), Some(index)) = (&arguments.file.path, &arguments.index) else {
        return Err(SopsCommandError::Words("set takes a file, a path and a value"));
    };
    let path: ValuePath = index.parse().map_err(SopsCommandError::SetPath)?;
    let text = value(arguments)?;
    // The message of serde_json would quote the text.
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| SopsCommandError::Json { line: error.line(), column: error.column() })?;
    change(session, file, &arguments.change, |opened| Ok(Some(opened.set(&path, &value, session.now())?)))
}

fn value(arguments: &Set) -> Result<Zeroizing<String>, SopsCommandError> {
    let given = match (&arguments.value, arguments.value_stdin) {
        (None, true) => {
            let mut text = Zeroizing::new(String::new());
            let read = io::stdin().read_to_string(&mut text);
            return read
                .map(|_| text)
                .map_err(|source| SopsCommandError::ReadInput("the value from stdin", source));
        }
        (Some(given), false) => given,
        (Some(_), true) => {
            return Err(SopsCommandError::Words("with --value-stdin there is no value to be given"));
        }
        (None, false) => return Err(SopsCommandError::Words("set takes a file, a path and a value")),
    };
    if !arguments.value_file {
        return Ok(Zeroizing::new(given.clone()));
    }
    let read = std::fs::read_to_string(given).map(Zeroizing::new);
    read.map_err(|source| SopsCommandError::Child { act: format!("read the value from `{given}`"), source })
}

/// Opens a file, changes it and puts the result in its place. `None` leaves the file alone.
///
/// Where the result is what was there, nothing is written, so that a second run is none.
pub(super) fn change(
    session: &Session<'_>,
    file: &Path,
    options: &Change,
    work: impl FnOnce(&Opened) -> Result<Option<Vec<u8>>, SopsCommandError>,
) -> Result<Exit, SopsCommandError> {
    if options.shamir_secret_sharing_threshold.is_some() {
        session.terminal.say("note: the threshold stays as it is; `eggtooth sops groups` changes it");
    }
    let original = Original::read(file)?;
    let format = input_format(file, &options.formats.input);
    refuse_conversion(format, &options.formats)?;
    let document = Document::parse(original.content(), format, file.to_string_lossy())?;
    let opened = open(session, &document, options.mac.ignore)?;
    if let Some(content) = work(&opened)? {
        original.replace(&content)?;
    }
    Ok(Exit::Done)
}
