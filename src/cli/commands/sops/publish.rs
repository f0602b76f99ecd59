//! `sops publish`, which is left to sops.

use super::{Session, SopsCommandError};
use crate::cli::{args::sops::Publish, exit::Exit};
use crate::sops::rules::Destination;

pub(super) fn run(session: &Session<'_>, arguments: &Publish) -> Result<Exit, SopsCommandError> {
    let file = arguments.file.path.as_ref().ok_or(SopsCommandError::NoFile)?;
    let configuration = session.needed_configuration(file)?;
    let rule = configuration.destination_for(file);
    Err(match rule.and_then(|rule| rule.destination.as_ref()) {
        None => SopsCommandError::NoDestination(file.clone()),
        Some(Destination::S3(bucket)) => SopsCommandError::Publish(format!("the S3 bucket `{bucket}`")),
        Some(Destination::Gcs(bucket)) => SopsCommandError::Publish(format!("the GCS bucket `{bucket}`")),
        Some(Destination::Vault(path)) => SopsCommandError::Publish(format!("the Vault path `{path}`")),
    })
}
