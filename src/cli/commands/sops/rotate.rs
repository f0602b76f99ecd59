//! `sops rotate`.

use super::{Session, SopsCommandError, create::recipients, decrypt::open, input::Input, output};
use crate::cli::{args::sops::Rotate, exit::Exit};
use crate::file::Privacy;
use crate::sops::KeyGroup;

pub(super) fn run(session: &Session<'_>, arguments: &Rotate) -> Result<Exit, SopsCommandError> {
    let file = arguments.file.as_ref().ok_or(SopsCommandError::NoFile)?;
    let changes_keys = arguments.add_age.is_some() || arguments.rm_age.is_some();
    if changes_keys && !file.exists() {
        return Err(SopsCommandError::MissingForKeys(file.clone()));
    }
    let target = &arguments.target;
    let name = target.filename_override.as_ref();
    if !file.exists() {
        // sops reads it before it looks whether it is there.
        let _ = crate::file::Original::read(file)?;
    }
    let input = Input::read(Some(file), target)?;
    let document = input.document(name, &arguments.formats.input)?;
    let opened = open(session, &document, arguments.ignore_mac)?;
    let mut groups = document.key_groups()?;
    let added = recipients(arguments.add_age.as_deref().unwrap_or_default())?;
    let removed = recipients(arguments.rm_age.as_deref().unwrap_or_default())?;
    if let Some(first) = groups.first_mut() {
        for recipient in added {
            if !first.recipients.contains(&recipient) {
                first.recipients.push(recipient);
            }
        }
    }
    for group in &mut groups {
        group.recipients.retain(|recipient| !removed.contains(recipient));
    }
    if groups.iter().any(KeyGroup::is_empty) {
        return Err(SopsCommandError::NobodyLeft(file.clone()));
    }
    let rotated = opened.rotate(&groups, document.metadata().shamir_threshold, session.now())?;
    output::write(&rotated, &input, target, Privacy::Usual)?;
    Ok(Exit::Done)
}
