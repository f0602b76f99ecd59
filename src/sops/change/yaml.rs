//! Changes of YAML.

use crate::diagnostic::Span;
use crate::sops::json::write_text;
use crate::sops::section::{line_end, line_start};
use crate::sops::source::{Source, range};
use crate::sops::tree::{Element, Entry, Item, Kind, Value};
use crate::sops::yaml;

use super::change::{Change, Parent, items, values};
use super::set::Changes;

/// Sets a value; none where the layout does not allow it.
pub(super) fn set(text: &str, source: &Source, change: &Change<'_>, new: Kind) -> Option<Changes> {
    let new = Value { span: None, kind: new };
    match change {
        Change::There { item: Some(item), value, .. } => {
            let (key, span) = (item.span?, value.span?);
            if source.is_in_flow(key) {
                return Some(vec![(range(span), flow(&new))]);
            }
            let colon = key.end.offset + text[key.end.offset..].find(':')? + 1;
            let is_empty = span.start.offset == span.end.offset;
            let (start, end) = if is_empty { (colon, colon) } else { (span.start.offset, span.end.offset) };
            // A tag, an anchor or a comment may stand between.
            let plain = text.get(key.end.offset..start)?.trim() == ":";
            let replaced = (key.end.offset..end, yaml::nested(&new, None, column(key)));
            plain.then(|| vec![replaced])
        }
        Change::There { item: None, value, .. } => {
            let span = value.span?;
            let new = if source.is_in_flow(span) {
                flow(&new)
            } else {
                element(&new, column(span).checked_sub(2)?)
            };
            Some(vec![(range(span), new)])
        }
        Change::Missing { parent: Parent::Map(entries, value), key: Some(key), .. } => {
            add_entry(text, source, entries, value.as_deref(), key, new)
        }
        Change::Missing { parent: Parent::List(elements, value), .. } => {
            add_element(text, source, elements, value, &new)
        }
        Change::Missing { key: None, .. } => None,
    }
}

fn column(span: Span) -> usize {
    span.start.column as usize - 1
}

/// Writes a value on one line, in brackets where it is a collection.
fn flow(value: &Value) -> String {
    match &value.kind {
        Kind::Null => "null".to_owned(),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "the text is encrypted next")]
            let scalar = leaf.value.expose();
            yaml::scalar_text(scalar, yaml::Place { in_flow: true, indent: 0 })
        }
        Kind::List(elements) => {
            format!("[{}]", values(elements).map(flow).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(entries) => {
            let entry = |item: &Item| {
                let mut out = String::new();
                write_text(&mut out, &item.key);
                format!("{out}: {}", flow(&item.value))
            };
            format!("{{{}}}", items(entries).map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Writes what stands behind the dash of a block list.
fn element(value: &Value, margin: usize) -> String {
    match &value.kind {
        Kind::Null | Kind::Leaf(_) => {
            let text = yaml::nested(value, None, margin);
            text.strip_prefix(": ").unwrap_or(&text).to_owned()
        }
        Kind::List(_) | Kind::Map(_) => flow(value),
    }
}

fn add_entry(
    text: &str,
    source: &Source,
    entries: &[Entry],
    parent: Option<&Value>,
    key: &str,
    value: Value,
) -> Option<Changes> {
    let last = items(entries).next_back();
    let first = items(entries).next().and_then(|item| item.span);
    let in_flow = match (first, parent.and_then(|parent| parent.span)) {
        (Some(first), _) => source.is_in_flow(first),
        (None, Some(_)) => true,
        (None, None) => false,
    };
    if in_flow {
        let at = parent?.span?.end.offset - 1;
        let mut entry = if last.is_some() { ", ".to_owned() } else { String::new() };
        write_text(&mut entry, key);
        return Some(vec![(at..at, format!("{entry}: {}", flow(&value)))]);
    }
    let margin = " ".repeat(first.map_or(0, column));
    let entry = yaml::write(&[vec![Entry::Item(Item { key: key.into(), span: None, value })]], None);
    let lines: String = entry
        .split_inclusive('\n')
        .map(|line| if line == "\n" { line.to_owned() } else { format!("{margin}{line}") })
        .collect();
    let at = match last {
        Some(last) => line_end(text, end_of(last.value.span, last.span?)),
        None => source.branches.first()?.end,
    };
    Some(vec![(at..at, on_new_line(text, at, &lines))])
}

/// Returns where an entry ends; an absent value is nowhere.
fn end_of(value: Option<Span>, key: Span) -> usize {
    let value = value.filter(|span| span.start.offset < span.end.offset);
    value.map_or(key.end.offset, |span| span.end.offset)
}

fn on_new_line(text: &str, at: usize, lines: &str) -> String {
    if at == 0 || text[..at].ends_with('\n') { lines.to_owned() } else { format!("\n{lines}") }
}

fn add_element(
    text: &str,
    source: &Source,
    elements: &[Element],
    parent: &Value,
    new: &Value,
) -> Option<Changes> {
    let span = parent.span?;
    if text[span.start.offset..].starts_with('[') {
        let at = span.end.offset - 1;
        let comma = if values(elements).next().is_some() { ", " } else { "" };
        return Some(vec![(at..at, format!("{comma}{}", flow(new)))]);
    }
    debug_assert!(!source.is_in_flow(span), "a block list is not within brackets");
    let last = values(elements).next_back()?.span?;
    let dash = column(span);
    let at = line_end(text, last.end.offset);
    let line = format!("{}- {}\n", " ".repeat(dash), element(new, dash));
    Some(vec![(at..at, on_new_line(text, at, &line))])
}

/// Removes a value with its key or dash; a collection that is left empty is written as such.
pub(super) fn unset(text: &str, source: &Source, change: &Change<'_>) -> Option<Changes> {
    let Change::There { parent, item, value, .. } = change else { return None };
    let own = item.map_or(value.span, |item| item.span)?;
    if source.is_in_flow(own) {
        return super::json::unset(change);
    }
    let end = match item {
        Some(item) => end_of(value.span, item.span?),
        None => value.span?.end.offset,
    };
    let start = line_start(text, own.start.offset);
    let before = &text[start..own.start.offset];
    match parent {
        Parent::Map(entries, holder) => {
            let next =
                items(entries).filter_map(|item| item.span).find(|span| span.start.offset > own.start.offset);
            let alone = items(entries).count() == 1;
            match (holder, next) {
                (Some(holder), _) if alone => empty(text, holder, "{}"),
                _ if before.trim().is_empty() => Some(vec![(start..line_end(text, end), String::new())]),
                // The first key behind a dash.
                (_, Some(next)) => Some(vec![(own.start.offset..next.start.offset, String::new())]),
                (_, None) => None,
            }
        }
        Parent::List(elements, holder) => {
            if values(elements).count() == 1 {
                return empty(text, holder, "[]");
            }
            let dash_only = before.trim() == "-";
            dash_only.then(|| vec![(start..line_end(text, end), String::new())])
        }
    }
}

/// Writes an empty collection in the place of one that stands on lines of its own.
fn empty(text: &str, holder: &Value, brackets: &str) -> Option<Changes> {
    let span = holder.span?;
    let before = text[..span.start.offset].trim_end();
    before.ends_with([':', '-']).then(|| vec![(before.len()..span.end.offset, format!(" {brackets}"))])
}
