//! `sops recipients`: who can open what.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;

use super::{Session, SopsCommandError, collect::collect};
use crate::cli::{args::sops::Recipients, exit::Exit, terminal::Terminal};
use crate::sops::{Error, MasterKey};

/// A file, and what a key is worth there.
#[derive(Debug)]
struct Use {
    file: String,
    group: usize,
    groups: usize,
    threshold: usize,
}

pub(super) fn run(session: &Session<'_>, arguments: &Recipients) -> Result<Exit, SopsCommandError> {
    let mut all: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for found in collect(session, &arguments.paths)? {
        let document = match found.document {
            Ok(document) => document,
            // A file that should be encrypted is the matter of `check`.
            Err(Error::NotEncrypted { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let metadata = document.metadata();
        let groups = metadata.groups.len();
        let threshold = if metadata.shamir_threshold == 0 { groups } else { metadata.shamir_threshold };
        for (index, group) in metadata.groups.iter().enumerate() {
            for key in group {
                let name = match key {
                    MasterKey::Age { recipient, .. } => recipient.clone(),
                    MasterKey::Other(key) => key.to_string(),
                };
                let file = found.path.display().to_string();
                all.entry(name).or_default().push(Use { file, group: index + 1, groups, threshold });
            }
        }
    }
    Terminal::data(if session.json { as_json(&all) } else { as_text(&all) }.as_bytes());
    Ok(Exit::Done)
}

fn as_text(all: &BTreeMap<String, Vec<Use>>) -> String {
    let mut text = String::new();
    for (name, uses) in all {
        // Writing into a String does not fail.
        let _ = writeln!(text, "{name}");
        for Use { file, group, groups, threshold } in uses {
            let part = if *groups > 1 {
                format!("  (group {group} of {groups}, of which it takes {threshold})")
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {file}{part}");
        }
    }
    text
}

fn as_json(all: &BTreeMap<String, Vec<Use>>) -> String {
    let recipients = all.iter().map(|(name, uses)| {
        let files = uses.iter().map(|part| {
            json!({ "file": part.file, "group": part.group, "groups": part.groups, "threshold": part.threshold })
        });
        json!({ "recipient": name, "files": files.collect::<Vec<_>>() })
    });
    format!("{:#}\n", json!({ "version": 1, "recipients": recipients.collect::<Vec<_>>() }))
}
