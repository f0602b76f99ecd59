//! `sops filestatus`.

use super::{SopsCommandError, input::input_format};
use crate::cli::{args::sops::Filestatus, exit::Exit, terminal::Terminal};
use crate::file::{FileError, Original};
use crate::sops::{Document, Error};

pub(super) fn run(arguments: &Filestatus) -> Result<Exit, SopsCommandError> {
    let file = arguments.file.path.as_ref().ok_or(SopsCommandError::NoFile)?;
    let original = match Original::read(file) {
        Ok(original) => original,
        // Here sops tells it apart from nothing.
        Err(FileError::Read { path, source }) => {
            return Err(SopsCommandError::Child { act: format!("read `{}`", path.display()), source });
        }
        Err(error) => return Err(error.into()),
    };
    let format = input_format(file, &arguments.input);
    let encrypted = match Document::parse(original.content(), format, file.to_string_lossy()) {
        Ok(document) => !document.metadata().version.is_empty() && !document.metadata().mac.is_empty(),
        Err(Error::NotEncrypted { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    Terminal::data(format!("{}\n", serde_json::json!({ "encrypted": encrypted })).as_bytes());
    Ok(Exit::Done)
}
