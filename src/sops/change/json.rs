//! Changes of JSON.

use crate::sops::json::{write_any, write_text};
use crate::sops::source::{Source, range};
use crate::sops::tree::{Element, Entry, Item, Kind, Value};

use super::change::{Change, Parent, items, values};
use super::set::Changes;

/// Sets a value at `level`.
pub(super) fn set(
    text: &str,
    source: &Source,
    change: &Change<'_>,
    new: &Kind,
    level: usize,
) -> Option<Changes> {
    let indent = source.branches.first().and_then(|branch| branch.indent(text));
    match change {
        Change::There { value, .. } => Some(vec![(range(value.span?), write_any(new, indent, level))]),
        Change::Missing { parent, key, .. } => {
            let mut entry = String::new();
            if let Some(key) = key {
                write_text(&mut entry, key);
                entry.push_str(": ");
            }
            entry.push_str(&write_any(new, indent, level));
            let (first, last) = ends(*parent);
            if let (Some(first), Some(last)) = (first, last) {
                let space = &text[text[..first].trim_end().len()..first];
                return Some(vec![(last..last, format!(",{space}{entry}"))]);
            }
            match parent {
                Parent::Map(_, Some(value)) => {
                    let member = Item {
                        key: (*key)?.into(),
                        span: None,
                        value: Value { span: None, kind: new.clone() },
                    };
                    let whole = Kind::Map(vec![Entry::Item(member)]);
                    Some(vec![(range(value.span?), write_any(&whole, indent, level - 1))])
                }
                Parent::List(_, value) => {
                    let whole = Kind::List(vec![Element::Value(Value { span: None, kind: new.clone() })]);
                    Some(vec![(range(value.span?), write_any(&whole, indent, level - 1))])
                }
                Parent::Map(_, None) => None,
            }
        }
    }
}

/// Returns where the first entry starts and the last ends.
fn ends(parent: Parent<'_>) -> (Option<usize>, Option<usize>) {
    let start = |span: Option<crate::diagnostic::Span>| span.map(|span| span.start.offset);
    let end = |value: &Value| value.span.map(|span| span.end.offset);
    match parent {
        Parent::Map(entries, _) => (
            items(entries).next().and_then(|item| start(item.span)),
            items(entries).next_back().and_then(|item| end(&item.value)),
        ),
        Parent::List(elements, _) => (
            values(elements).next().and_then(|value| start(value.span)),
            values(elements).next_back().and_then(end),
        ),
    }
}

/// Removes a value with the comma that joins it to its neighbour.
pub(super) fn unset(change: &Change<'_>) -> Option<Changes> {
    let Change::There { parent, item, value, .. } = change else { return None };
    let places: Vec<(usize, usize)> = match parent {
        Parent::Map(entries, _) => items(entries)
            .map(|item| Some((item.span?.start.offset, item.value.span?.end.offset)))
            .collect::<Option<_>>()?,
        Parent::List(elements, _) => values(elements)
            .map(|value| Some((value.span?.start.offset, value.span?.end.offset)))
            .collect::<Option<_>>()?,
    };
    let own = item.map_or(value.span, |item| item.span)?.start.offset;
    let at = places.iter().position(|(start, _)| *start == own)?;
    let gone = match (at.checked_sub(1), places.get(at + 1)) {
        (Some(before), _) => places[before].1..places[at].1,
        (None, Some(after)) => own..after.0,
        (None, None) => own..places[at].1,
    };
    Some(vec![(gone, String::new())])
}
