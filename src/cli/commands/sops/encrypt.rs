//! `sops encrypt`.

use std::path::Path;

use super::{
    Session, SopsCommandError, create,
    input::{Input, output_format},
    output,
};
use crate::cli::{args::sops::Encrypt, exit::Exit};
use crate::file::Privacy;
use crate::sops::{EncryptOptions, Error, Format, Problem, convert, encrypt};

pub(super) fn run(session: &Session<'_>, arguments: &Encrypt) -> Result<Exit, SopsCommandError> {
    let target = &arguments.target;
    let name = target.filename_override.as_ref();
    let stdin = arguments.file.as_ref().is_none_or(|path| path.as_os_str() == "-");
    if stdin && name.is_none() && !target.in_place {
        return Err(SopsCommandError::Conflict(
            "stdin has no name to find its rule and format by: add --filename-override",
        ));
    }
    let input = Input::read(arguments.file.as_ref(), target)?;
    let file = input.name(name);
    let from = input.format(name, &arguments.formats.input);
    let to = output_format(file, &arguments.formats);
    let options = create::options(session, file, (from, to), &arguments.keys, &arguments.selectors)?;
    let encrypted = encrypt_as(session, input.content(), (from, to), &options, file)?;
    output::write(&encrypted, &input, target, Privacy::Usual)?;
    Ok(Exit::Done)
}

/// Encrypts a plain document; what is encrypted already is refused.
pub(super) fn encrypt_as(
    session: &Session<'_>,
    plain: &[u8],
    (from, to): (Format, Format),
    options: &EncryptOptions,
    file: &Path,
) -> Result<Vec<u8>, SopsCommandError> {
    let name = file.to_string_lossy();
    let failed = |source: Error| match source {
        Error::AlreadyEncrypted { .. } => SopsCommandError::AlreadyEncrypted(file.to_owned()),
        Error::Malformed { source: Problem::Empty, .. } => SopsCommandError::Empty(file.to_owned()),
        source => SopsCommandError::Encrypt { file: file.to_owned(), source: Box::new(source) },
    };
    if from == to {
        return encrypt(plain, from, options, session.now(), &name).map_err(failed);
    }
    let converted = convert(plain, from, to, &name).map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "the document is encrypted")]
    encrypt(converted.expose(), to, options, session.now(), &name).map_err(failed)
}
