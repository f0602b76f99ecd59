//! `sops exec-file`.

use std::{
    fs::File,
    io::Write as _,
    path::{Component, Path, PathBuf},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{
    Session, SopsCommandError,
    decrypt::open,
    exec,
    input::{input_format, output_format},
    private_folder::PrivateFolder,
};
use crate::cli::{args::sops::ExecFile, exit::Exit};
use crate::file::Original;
use crate::secret::Secret;
use crate::sops::Document;

const DEFAULT_NAME: &str = "tmp-file";

pub(super) fn run(session: &Session<'_>, arguments: &ExecFile) -> Result<Exit, SopsCommandError> {
    let (file, command) = exec::words(&arguments.exec)?;
    let name = arguments.filename.as_deref().unwrap_or(Path::new(DEFAULT_NAME));
    check_name(name)?;
    if arguments.exec.background {
        return Err(SopsCommandError::Conflict("the file is gone when we are: leave --background out"));
    }
    let original = Original::read(file)?;
    let format = input_format(file, &arguments.formats.input);
    let document = Document::parse(original.content(), format, file.to_string_lossy())?;
    let plain = open(session, &document, false)?.plaintext(output_format(file, &arguments.formats))?;
    let folder = if arguments.no_fifo {
        PrivateFolder::new(&session.environment)?
    } else {
        PrivateFolder::temporary(&session.environment)?
    };
    let path = if arguments.no_fifo {
        #[expect(clippy::disallowed_methods, reason = "the user wants the command to have the document")]
        folder.write(name, plain.expose())?
    } else {
        pipe(&folder, name, plain)?
    };
    let command = command.replace("{}", &path.to_string_lossy());
    exec::run(session, &mut exec::shell(session, &arguments.exec, &command)?)
}

/// A name must not lead out of the private folder.
fn check_name(name: &Path) -> Result<(), SopsCommandError> {
    let mut parts = name.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(()),
        _ => Err(SopsCommandError::Refused("--filename must be a name without folders")),
    }
}

/// Makes a pipe that gives its first reader the document.
fn pipe(folder: &PrivateFolder, name: &Path, plain: Secret<Vec<u8>>) -> Result<PathBuf, SopsCommandError> {
    let path = folder.path().join(name);
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .map_err(|error| SopsCommandError::PrivateFolder(error.into()))?;
    let target = path.clone();
    // Opening waits for a reader. A command that never reads leaves the thread waiting until we end.
    std::thread::spawn(move || {
        #[expect(clippy::disallowed_methods, reason = "the user wants the command to have the document")]
        let content = plain.expose();
        // A reader that stops early knows why.
        let _ = File::options().write(true).open(target).and_then(|mut pipe| pipe.write_all(content));
    });
    Ok(path)
}
