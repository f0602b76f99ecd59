//! `sops unset`.

use super::{Session, SopsCommandError, set::change};
use crate::cli::{args::sops::Unset, exit::Exit};
use crate::sops::{Error, ValuePath};

pub(super) fn run(session: &Session<'_>, arguments: &Unset) -> Result<Exit, SopsCommandError> {
    let (Some(file), Some(index)) = (&arguments.file.path, &arguments.index) else {
        return Err(SopsCommandError::Words("unset takes a file and a path"));
    };
    let path: ValuePath = index.parse().map_err(SopsCommandError::SetPath)?;
    change(session, file, &arguments.change, |opened| match opened.unset(&path, session.now()) {
        Ok(content) => Ok(Some(content)),
        Err(Error::NoValue { .. }) if arguments.change.idempotent => Ok(None),
        Err(error) => Err(error.into()),
    })
}
