//! The metadata's place in a text.

use std::ops::Range;

use super::error::Problem;
use super::flat::flatten;
use super::format::Format;
use super::tree::{Branch, Entry, Item, Kind, Scalar, Value};
use super::{dotenv, ini, json, yaml};

/// Where the metadata of one document stands.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The metadata itself; what is written anew goes to the first, the others go away.
    pub(super) ranges: Vec<Range<usize>>,
    /// What must go so that the plain text is left: the metadata with what joins it to the rest.
    pub(super) cuts: Vec<Range<usize>>,
}

impl Section {
    /// Finds the metadata of a document in `branch`, which still has it.
    pub(super) fn find(text: &str, branch: &Branch, format: Format) -> Option<Self> {
        let at = branch.entries.iter().position(|entry| is_metadata(entry, format))?;
        let Entry::Item(item) = &branch.entries[at] else { return None };
        match format {
            Format::Yaml => {
                let start = line_start(text, item.span?.start.offset);
                let value = item.value.span?;
                // Comments that stand within the last lines stay where they are.
                let end = line_end(text, value.end.offset);
                Some(Self::whole(start..end))
            }
            Format::Json | Format::Binary => {
                let own = item.span?.start.offset..item.value.span?.end.offset;
                let before = at.checked_sub(1).and_then(|before| end_of(&branch.entries[before]));
                let after = branch.entries.get(at + 1).and_then(start_of);
                let cut = match (before, after) {
                    (Some(before), _) => before..own.end,
                    (None, Some(after)) => own.start..after,
                    (None, None) => {
                        let start = text[..own.start].trim_end().len();
                        start..own.end
                    }
                };
                Some(Self { ranges: vec![own], cuts: vec![cut] })
            }
            Format::Dotenv => {
                let lines: Vec<Range<usize>> = branch
                    .entries
                    .iter()
                    .filter(|entry| is_metadata(entry, format))
                    .filter_map(|entry| Some(start_of(entry)?..line_end(text, end_of(entry)?)))
                    .collect();
                Some(Self { ranges: lines.clone(), cuts: lines })
            }
            Format::Ini => {
                let start = line_start(text, item.span?.start.offset);
                let Kind::Map(entries) = &item.value.kind else { return None };
                let last = entries.iter().filter_map(end_of).max().unwrap_or(item.span?.end.offset);
                Some(Self::whole(start..line_end(text, last)))
            }
        }
    }

    fn whole(range: Range<usize>) -> Self {
        Self { ranges: vec![range.clone()], cuts: vec![range] }
    }
}

pub(super) fn is_metadata(entry: &Entry, format: Format) -> bool {
    match (entry, format) {
        (Entry::Comment(_), _) => false,
        (Entry::Item(item), Format::Dotenv) => item.key.starts_with(dotenv::PREFIX),
        (Entry::Item(item), Format::Yaml | Format::Json | Format::Binary | Format::Ini) => {
            &*item.key == "sops"
        }
    }
}

fn start_of(entry: &Entry) -> Option<usize> {
    match entry {
        Entry::Item(item) => item.span.map(|span| span.start.offset),
        Entry::Comment(comment) => comment.span.map(|span| span.start.offset),
    }
}

fn end_of(entry: &Entry) -> Option<usize> {
    match entry {
        Entry::Item(item) => item.value.span.map(|span| span.end.offset),
        Entry::Comment(comment) => comment.span.map(|span| span.end.offset),
    }
}

pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// Returns the start of the line behind `offset`.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1)
}

/// Writes the metadata, without what joins it to the rest.
pub(super) fn write(metadata: &[Entry], format: Format, indent: Option<usize>) -> Result<String, Problem> {
    let whole = |entries: Vec<Entry>| {
        let value = Value { span: None, kind: Kind::Map(entries) };
        vec![Entry::Item(Item { key: "sops".into(), span: None, value })]
    };
    Ok(match format {
        Format::Yaml => yaml::write(&[whole(metadata.to_vec())], indent),
        Format::Json | Format::Binary => json::write_members(&whole(metadata.to_vec()), indent, 1),
        Format::Dotenv => dotenv::write(&flatten(metadata, dotenv::PREFIX))?,
        Format::Ini => {
            let escaped = flatten(metadata, "").into_iter().map(|entry| match entry {
                Entry::Item(item) => Entry::Item(escape(item)),
                Entry::Comment(_) => entry,
            });
            ini::write_section("sops", &escaped.collect::<Vec<_>>())?
        }
    })
}

/// Escapes line breaks once more than the format does.
fn escape(item: Item) -> Item {
    match &item.value.kind {
        Kind::Leaf(leaf) => match leaf.public() {
            Some(Scalar::String(text)) => dotenv::item(&item.key, None, text.replace('\n', "\\n"), None),
            _ => item,
        },
        Kind::Null | Kind::List(_) | Kind::Map(_) => item,
    }
}

/// Joins metadata to a document that has none: returns where and what to insert.
pub(super) fn join(
    text: &str,
    branch: &Branch,
    format: Format,
    section: &str,
    indent: Option<usize>,
) -> (Range<usize>, String) {
    let at = branch.end;
    let before = &text[..at];
    let broken = before.is_empty() || before.ends_with('\n');
    let insertion = match format {
        Format::Yaml | Format::Dotenv => format!("{}{section}", if broken { "" } else { "\n" }),
        Format::Ini => {
            let blank = before.is_empty() || before.ends_with("\n\n");
            format!("{}{}{section}", if broken { "" } else { "\n" }, if blank { "" } else { "\n" })
        }
        Format::Json | Format::Binary => {
            // As the first member is joined to its brace.
            let first = branch.entries.first().and_then(start_of);
            let space = first.map(|first| &text[text[..first].trim_end().len()..first]);
            let default = indent.map_or("\n\t".to_owned(), |spaces| format!("\n{}", " ".repeat(spaces)));
            let space = space.map_or(default, str::to_owned);
            if branch.entries.is_empty() {
                format!("{space}{section}{}", if text[at..].starts_with('\n') { "" } else { "\n" })
            } else {
                format!(",{space}{section}")
            }
        }
    };
    (at..at, insertion)
}
