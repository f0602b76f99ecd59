//! `sops rotate`.

use super::{Session, SopsCommandError, create::recipients, decrypt::open, input::Input, output};
use crate::cli::{args::sops::Rotate, exit::Exit};
use crate::file::Privacy;
use crate::sops::{EncryptOptions, Format, KeyGroup, Opened, encrypt};

pub(super) fn run(session: &Session<'_>, arguments: &Rotate) -> Result<Exit, SopsCommandError> {
    let file = arguments.file.path.as_ref().ok_or(SopsCommandError::NoFile)?;
    if let Some(flag) = arguments.added.flag() {
        return Err(SopsCommandError::Foreign(flag));
    }
    let others = arguments.removed.keys();
    let changes_keys = arguments.add_age.is_some() || arguments.rm_age.is_some() || !others.is_empty();
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
    let opened = open(session, &document, arguments.mac.ignore)?;
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
    let had = |name: &str, has: bool| {
        if !has {
            session.terminal.say(&format!("note: `{}` was not encrypted for {name}", file.display()));
        }
    };
    for recipient in &removed {
        had(&recipient.to_string(), groups.iter().any(|group| group.recipients.contains(recipient)));
    }
    for key in &others {
        had(&key.to_string(), groups.iter().any(|group| group.others.contains(key)));
    }
    for group in &mut groups {
        group.recipients.retain(|recipient| !removed.contains(recipient));
        group.others.retain(|key| !others.contains(key));
    }
    if groups.iter().any(KeyGroup::is_empty) {
        return Err(SopsCommandError::NobodyLeft(file.clone()));
    }
    let to = arguments.formats.output_type.map_or(document.format(), Format::from);
    let rotated = if to == document.format() {
        opened.rotate(&groups, document.metadata().shamir_threshold, session.now())?
    } else {
        encrypt_as(session, &opened, to, groups)?
    };
    output::write(&rotated, &input, target, Privacy::Usual)?;
    Ok(Exit::Done)
}

/// Encrypts a document for these groups in another format, with a data key that is new as well.
fn encrypt_as(
    session: &Session<'_>,
    opened: &Opened,
    to: Format,
    groups: Vec<KeyGroup>,
) -> Result<Vec<u8>, SopsCommandError> {
    let (document, plain) = (opened.document(), opened.plaintext(to)?);
    let metadata = document.metadata();
    let options = EncryptOptions {
        groups,
        shamir_threshold: metadata.shamir_threshold,
        selector: metadata.selector.clone(),
        mac_only_encrypted: metadata.mac_only_encrypted,
        indent: session.options.indent,
    };
    #[expect(clippy::disallowed_methods, reason = "the document is encrypted")]
    let plain = plain.expose();
    Ok(encrypt(plain, to, &options, session.now(), document.name())?)
}
