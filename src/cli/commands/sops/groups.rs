//! `sops groups add` and `sops groups delete`.

use super::{Session, SopsCommandError, create::recipients, input::input_format};
use crate::cli::{
    args::sops::{Groups, GroupsTarget, InputType},
    exit::Exit,
    terminal::Terminal,
};
use crate::file::Original;
use crate::sops::{Document, KeyGroup};

pub(super) fn run(session: &Session<'_>, command: &Groups) -> Result<Exit, SopsCommandError> {
    match command {
        Groups::Add(arguments) => {
            let mut group = KeyGroup::default();
            for text in &arguments.age {
                group.recipients.extend(recipients(text)?);
            }
            change(session, &arguments.target, |groups| {
                groups.push(group);
                Ok(())
            })
        }
        Groups::Delete(arguments) => {
            let index = arguments.index.as_deref().unwrap_or_default();
            change(session, &arguments.target, |groups| match index.parse::<usize>() {
                Ok(number) if number < groups.len() => {
                    groups.remove(number);
                    Ok(())
                }
                _ => Err(SopsCommandError::Group(index.to_owned())),
            })
        }
    }
}

fn change(
    session: &Session<'_>,
    target: &GroupsTarget,
    work: impl FnOnce(&mut Vec<KeyGroup>) -> Result<(), SopsCommandError>,
) -> Result<Exit, SopsCommandError> {
    let file = target.file.as_ref().ok_or(SopsCommandError::NoFile)?;
    let original = Original::read(file)?;
    let format = input_format(file, &InputType { input_type: None });
    let document = Document::parse(original.content(), format, file.to_string_lossy())?;
    let mut groups = document.key_groups()?;
    work(&mut groups)?;
    let given = target.shamir_secret_sharing_threshold.filter(|number| *number > 0);
    let threshold = given.unwrap_or(document.metadata().shamir_threshold);
    if groups.len() < threshold {
        return Err(SopsCommandError::Threshold { groups: groups.len(), threshold });
    }
    if groups.is_empty() || groups.iter().any(KeyGroup::is_empty) {
        return Err(SopsCommandError::NobodyLeft(file.clone()));
    }
    let opened = document.open_ignoring_mac(&session.identities())?;
    let content = opened.update_keys(&groups, threshold)?;
    if target.in_place {
        original.replace(&content)?;
    } else {
        Terminal::data(&content);
    }
    Ok(Exit::Done)
}
