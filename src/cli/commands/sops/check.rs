//! `sops check`: what can be wrong with encrypted files before somebody needs them.

use std::{collections::BTreeMap, error::Error as _, path::Path};

use jiff::Timestamp;
use serde_json::json;

use super::{
    Session, SopsCommandError,
    collect::{Found, collect},
    diff::{End, values},
    updatekeys::names,
};
use crate::cli::{args::sops::Check, exit::Exit, terminal::Terminal};
use crate::keys::{Identities, Identity};
use crate::sops::rules::{Configuration, CreationRule, RulesError};
use crate::sops::{Document, EncryptOptions, Error, Format, KeyGroup, encrypt};

pub(super) fn run(session: &Session<'_>, arguments: &Check) -> Result<Exit, SopsCommandError> {
    let mut check = Checker { session, arguments, identities: session.identities(), broken: BTreeMap::new() };
    let mut rows: Vec<Row> = Vec::new();
    for found in collect(session, &arguments.paths)? {
        if let Some(problems) = check.problems(&found) {
            rows.push((found.path.display().to_string(), problems));
        }
    }
    // A broken configuration is one problem, not one for each file.
    rows.extend(check.broken);
    rows.sort();
    let wrong = rows.iter().filter(|(_, problems)| !problems.is_empty()).count();
    Terminal::data(if session.json { as_json(&rows) } else { as_table(&rows) }.as_bytes());
    session.terminal.say(&format!("{} checked, {wrong} with problems", count(rows.len())));
    Ok(if wrong == 0 { Exit::Done } else { Exit::Undecryptable })
}

/// A file and what is wrong with it.
type Row = (String, Vec<String>);

struct Checker<'a> {
    session: &'a Session<'a>,
    arguments: &'a Check,
    identities: Identities,
    broken: BTreeMap<String, Vec<String>>,
}

impl Checker<'_> {
    /// Returns what is wrong with a file; `None` where it has nothing that is to be encrypted.
    fn problems(&mut self, found: &Found) -> Option<Vec<String>> {
        let mut problems = Vec::new();
        let configuration = self.configuration(&found.path);
        let rule = match configuration.as_ref().map(|configuration| configuration.rule_for(&found.path)) {
            Some(Ok(rule)) => rule,
            Some(Err(error)) => {
                problems.push(error.to_string());
                None
            }
            None => None,
        };
        match &found.document {
            Err(Error::NotEncrypted { .. }) => {
                if !found.named && !rule.is_some_and(|rule| is_due(found, rule)) {
                    return None;
                }
                problems.push("it is not encrypted".to_owned());
            }
            Err(error) => problems.push(in_one_line(error)),
            Ok(document) => self.document(document, configuration.as_ref().zip(rule), &mut problems),
        }
        Some(problems)
    }

    /// Returns the configuration of a file; one that is broken is remembered.
    fn configuration(&mut self, file: &Path) -> Option<Configuration> {
        match self.session.configuration(file) {
            Ok(configuration) => configuration,
            Err(error) => {
                let (path, problems) = match error {
                    SopsCommandError::Rules(RulesError::Invalid { path, problems }) => {
                        (path, problems.iter().map(ToString::to_string).collect())
                    }
                    error => (file.to_owned(), vec![error.to_string()]),
                };
                self.broken.insert(path.display().to_string(), problems);
                None
            }
        }
    }

    fn document(
        &self,
        document: &Document,
        rule: Option<(&Configuration, &CreationRule)>,
        problems: &mut Vec<String>,
    ) {
        match document.key_groups() {
            Ok(groups) => {
                if let Some((_, rule)) = rule {
                    compare_keys(&groups, &rule.groups, problems);
                    compare_selectors(document, rule, problems);
                }
                let threshold = threshold(document.metadata().shamir_threshold, groups.len());
                if !self.arguments.allow_single_recipient && !survives_a_lost_key(&groups, threshold) {
                    problems.push("one lost key would close it for good: add a second recipient".to_owned());
                }
            }
            Err(error) => problems.push(in_one_line(&error)),
        }
        if document.metadata().mac_only_encrypted {
            problems.push(
                "its MAC covers encrypted values only, so plain ones can be changed by anybody".to_owned(),
            );
        }
        if self.arguments.keyless {
            problems.extend(document.exposed().iter().map(ToString::to_string));
            return;
        }
        match document.open(&self.identities) {
            Ok(opened) => {
                let literals = opened.literals().into_iter();
                problems
                    .extend(literals.map(|path| format!("`{path}` looks encrypted, but is a plain text")));
            }
            Err(error) => problems.push(in_one_line(&error)),
        }
    }
}

/// Says whether a plain file has a value that the rule would encrypt; found out by doing so, for nobody.
fn is_due(found: &Found, rule: &CreationRule) -> bool {
    let Ok(nobody) = Identity::generate().public().parse() else { return false };
    let options = EncryptOptions {
        groups: vec![KeyGroup::of([nobody])],
        selector: rule.selector.clone().unwrap_or_default(),
        ..EncryptOptions::default()
    };
    let format = Format::of_path(&found.path);
    let name = found.path.to_string_lossy();
    let encrypted = encrypt(&found.plain, format, &options, Timestamp::UNIX_EPOCH, &name);
    // What is no document, as the template of one, can't be encrypted at all.
    let Ok(document) = encrypted.and_then(|bytes| Document::parse(&bytes, format, &*name)) else {
        return false;
    };
    values(document.branches()).values().any(End::is_ciphertext)
}

fn compare_keys(file: &[KeyGroup], rule: &[KeyGroup], problems: &mut Vec<String>) {
    for index in 0..file.len().max(rule.len()) {
        let (has, wanted) = (names(file.get(index)), names(rule.get(index)));
        for name in wanted.iter().filter(|name| !has.contains(name)) {
            problems.push(format!("it is not given to {name}, whom .sops.yaml names: run updatekeys"));
        }
        for name in has.iter().filter(|name| !wanted.contains(name)) {
            problems
                .push(format!("it is still given to {name}, whom .sops.yaml does not name: run updatekeys"));
        }
    }
}

/// A file keeps the selector that it was made with, also when the rule's is changed later.
fn compare_selectors(document: &Document, rule: &CreationRule, problems: &mut Vec<String>) {
    if document.format() == Format::Binary {
        return;
    }
    let rule = rule.selector.clone().unwrap_or_default();
    let (wanted, has) = (rule.field(), document.metadata().selector.field());
    if wanted != has {
        problems.push(format!(
            "it was encrypted with {} `{}`, and .sops.yaml has {} `{}`: encrypt it anew",
            has.0, has.1, wanted.0, wanted.1
        ));
    }
}

fn threshold(written: usize, groups: usize) -> usize {
    match (written, groups) {
        (_, 1) => 1,
        (0, groups) => groups,
        (written, _) => written,
    }
}

/// Says whether the file can still be opened when any one key is lost.
fn survives_a_lost_key(groups: &[KeyGroup], threshold: usize) -> bool {
    let keys = |group: &KeyGroup| group.recipients.len() + group.others.len();
    let fragile = groups.iter().any(|group| keys(group) < 2);
    groups.len() - usize::from(fragile && !groups.is_empty()) >= threshold
}

/// Returns an error without its details: that is what opening the file is for.
fn in_one_line(error: &Error) -> String {
    if matches!(error, Error::NoKey { .. }) {
        return "none of the keys at hand opens it".to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_table(rows: &[Row]) -> String {
    let width = rows.iter().map(|(file, _)| file.chars().count()).max().unwrap_or_default().max("FILE".len());
    let line = |file: &str, state: &str, problem: &str| {
        let line = format!("{file:width$}  {state:7}  {problem}");
        format!("{}\n", line.trim_end())
    };
    let mut table = line("FILE", "STATE", "PROBLEM");
    for (file, problems) in rows {
        match problems.split_first() {
            None => table.push_str(&line(file, "ok", "")),
            Some((first, more)) => {
                table.push_str(&line(file, "failed", first));
                for problem in more {
                    table.push_str(&line("", "", problem));
                }
            }
        }
    }
    table
}

fn as_json(rows: &[Row]) -> String {
    let rows = rows.iter().map(|(file, problems)| json!({ "file": file, "problems": problems }));
    format!("{:#}\n", json!({ "version": 1, "files": rows.collect::<Vec<_>>() }))
}

fn count(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(keys: usize) -> KeyGroup {
        KeyGroup::of((0..keys).map(|_| Identity::generate().public().parse().unwrap()))
    }

    #[test]
    fn a_file_survives_a_lost_key_if_enough_groups_are_left() {
        assert!(!survives_a_lost_key(&[group(1)], 1));
        assert!(survives_a_lost_key(&[group(2)], 1));
        assert!(survives_a_lost_key(&[group(1), group(1), group(1)], 2));
        assert!(!survives_a_lost_key(&[group(1), group(2)], threshold(0, 2)));
        assert!(survives_a_lost_key(&[group(2), group(2)], threshold(0, 2)));
    }

    #[test]
    fn each_key_that_is_missing_or_too_much_is_a_problem() {
        let (ours, both) = (group(1), group(1));
        let file = KeyGroup::of([ours.recipients[0].clone(), both.recipients[0].clone()]);
        let mut problems = Vec::new();
        compare_keys(&[file], &[both, group(1)], &mut problems);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains(&ours.recipients[0].to_string()), "{problems:?}");
    }
}
