//! Changes of dotenv and INI files, which are lines.

use crate::sops::section::{line_end, line_start};
use crate::sops::source::range;
use crate::sops::tree::{Entry, Kind, Scalar};
use crate::sops::{dotenv, ini};

use super::change::{Change, Parent, items};
use super::set::Changes;

fn text_of(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Leaf(leaf) => leaf.public().map(Scalar::to_text),
        Kind::Null => Some(String::new()),
        Kind::List(_) | Kind::Map(_) => None,
    }
}

pub(super) fn set_dotenv(text: &str, change: &Change<'_>, new: &Kind) -> Option<Changes> {
    let new = dotenv::encode(&text_of(new)?);
    match change {
        Change::There { value, .. } => Some(vec![(range(value.span?), new)]),
        Change::Missing { key, .. } => {
            let line = format!("{}={new}\n", (*key)?);
            Some(vec![append(text, text.len(), &line)])
        }
    }
}

pub(super) fn set_ini(text: &str, change: &Change<'_>, new: &Kind) -> Option<Changes> {
    match change {
        Change::There { value, .. } => {
            // Behind `=` with nothing there is no space yet.
            let span = value.span?;
            let new = ini::quote_value(text_of(new)?);
            let space = if text[..span.start.offset].ends_with(['=', ':']) { " " } else { "" };
            Some(vec![(range(span), format!("{space}{new}"))])
        }
        Change::Missing { parent: Parent::Map(_, None), key, .. } => {
            let Kind::Map(entries) = new else { return None };
            let section = ini::write_section((*key)?, entries).ok()?;
            let blank = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
            let (at, section) = append(text, text.len(), &format!("{blank}{section}"));
            Some(vec![(at, section)])
        }
        Change::Missing { parent: Parent::Map(entries, Some(_)), key, .. } => {
            let last = items(entries).next_back()?.value.span?.end.offset;
            let new = ini::quote_value(text_of(new)?);
            let line = format!("{} = {new}\n", ini::quote_name((*key)?));
            Some(vec![append(text, line_end(text, last), &line)])
        }
        Change::Missing { parent: Parent::List(..), .. } => None,
    }
}

/// Puts lines at the start of a line.
fn append(text: &str, at: usize, lines: &str) -> (std::ops::Range<usize>, String) {
    let broken = at == 0 || text[..at].ends_with('\n');
    (at..at, format!("{}{lines}", if broken { "" } else { "\n" }))
}

/// Removes a line, or a section from its head to its last line.
pub(super) fn unset(text: &str, change: &Change<'_>) -> Option<Changes> {
    let Change::There { item: Some(item), value, .. } = change else { return None };
    let start = line_start(text, item.span?.start.offset);
    let end = match &value.kind {
        Kind::Map(entries) => entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Item(item) => item.value.span,
                Entry::Comment(comment) => comment.span,
            })
            .map(|span| span.end.offset)
            .max()
            .unwrap_or(item.span?.end.offset),
        Kind::Null | Kind::Leaf(_) | Kind::List(_) => value.span?.end.offset,
    };
    Some(vec![(start..line_end(text, end), String::new())])
}
