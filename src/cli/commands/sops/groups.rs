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
            if let Some(flag) = arguments.services.flag() {
                return Err(SopsCommandError::Foreign(flag));
            }
            let mut group = KeyGroup::default();
            for text in &arguments.age {
                group.recipients.extend(recipients(text)?);
            }
            change(session, &arguments.target, |groups| {
                add(session, groups, group);
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

/// Adds a group. One that is there already would only let its keys count twice, so a second run is none.
fn add(session: &Session<'_>, groups: &mut Vec<KeyGroup>, group: KeyGroup) {
    let there = groups.iter().position(|there| !group.is_empty() && there.has_same_keys(&group));
    if let Some(index) = there {
        session.terminal.say(&format!("note: group {} has these keys already", index + 1));
        return;
    }
    for recipient in &group.recipients {
        if let Some(index) = groups.iter().position(|there| there.recipients.contains(recipient)) {
            session.terminal.say(&format!(
                "warning: {recipient} is in group {} as well, so it alone counts for both",
                index + 1
            ));
        }
    }
    groups.push(group);
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
    let content = if document.has_keys(&groups, threshold)? {
        original.content().to_vec()
    } else {
        document.open_ignoring_mac(&session.identities())?.update_keys(&groups, threshold)?
    };
    if target.in_place {
        original.replace(&content)?;
    } else {
        Terminal::data(&content);
    }
    Ok(Exit::Done)
}
