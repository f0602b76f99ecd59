//! From ciphertexts to values, in place: the text that an editor gets.

use std::ops::Range;

use zeroize::Zeroizing;

use super::decrypt::{Plain, associated_data};
use super::document::Document;
use super::error::Problem;
use super::reuse::{COMMENT, Reuse};
use super::source::{Source, range, replace};
use super::tree::{Comment, Element, Entry, Item, Kind, Value};

/// A document's plain text, with the ciphertexts that its values have.
pub(super) struct Unsealed {
    pub(super) text: Zeroizing<String>,
    pub(super) reuse: Reuse,
}

/// Puts the values of a document in the places of their ciphertexts and takes its metadata out.
///
/// Where that would not be read as the same values, the text is written anew.
pub(super) fn unseal(document: &Document, plain: &Plain) -> Result<Unsealed, Problem> {
    let text = &*document.text;
    let mut walk = Walk { text, source: &document.source, changes: Vec::new(), reuse: Reuse::default() };
    for (sealed, plain) in document.source.branches.iter().zip(&plain.branches) {
        walk.map(&sealed.entries, plain, &mut Vec::new());
    }
    let cuts = document.sections.iter().flat_map(|section| section.cuts.iter().cloned());
    let cuts: Vec<(Range<usize>, String)> = cuts.map(|cut| (cut, String::new())).collect();
    let mut changes = walk.changes;
    // What stands within the metadata, as comments may, goes with it.
    changes.retain(|(range, _)| !cuts.iter().any(|(cut, _)| cut.contains(&range.start)));
    changes.extend(cuts);
    if let Some(text) = replace(text, changes).map(Zeroizing::new)
        && let Ok(source) = Source::read(&text, document.format)
        && same(&source.into_branches(), &plain.branches)
    {
        return Ok(Unsealed { text, reuse: walk.reuse });
    }
    let text = plain.written(document.format, None)?;
    Ok(Unsealed { text, reuse: walk.reuse })
}

struct Walk<'a> {
    text: &'a str,
    source: &'a Source,
    changes: Vec<(Range<usize>, String)>,
    reuse: Reuse,
}

impl Walk<'_> {
    fn map<'t>(&mut self, sealed: &'t [Entry], plain: &[Entry], path: &mut Vec<&'t str>) {
        for pair in sealed.iter().zip(plain) {
            match pair {
                (Entry::Comment(sealed), Entry::Comment(plain)) => self.comment(sealed, plain, path),
                (Entry::Item(sealed), Entry::Item(plain)) => {
                    path.push(&sealed.key);
                    self.value(&sealed.value, &plain.value, Some(sealed), path);
                    path.pop();
                }
                (Entry::Comment(_), Entry::Item(_)) | (Entry::Item(_), Entry::Comment(_)) => {}
            }
        }
    }

    fn value<'t>(&mut self, sealed: &'t Value, plain: &Value, key: Option<&Item>, path: &mut Vec<&'t str>) {
        match (&sealed.kind, &plain.kind) {
            (Kind::Map(sealed), Kind::Map(plain)) => self.map(sealed, plain, path),
            (Kind::List(sealed), Kind::List(plain)) => self.list(sealed, plain, path),
            (Kind::Leaf(before), Kind::Leaf(leaf)) if leaf.encrypted => {
                let Some(span) = sealed.span else { return };
                #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
                let (before, scalar) = (before.value.expose(), leaf.value.expose());
                let content = scalar.bytes();
                if before.bytes().is_empty() || content.is_empty() {
                    return;
                }
                let column = key.and_then(|item| item.span).unwrap_or(span).start.column as usize - 1;
                let written = self.source.plain(scalar, span, column, key.is_none());
                self.reuse.add(
                    &associated_data(path),
                    &content,
                    scalar.type_name(),
                    &written,
                    span.of(self.text),
                );
                self.changes.push((range(span), written));
            }
            _ => {}
        }
    }

    fn list<'t>(&mut self, sealed: &'t [Element], plain: &[Element], path: &mut Vec<&'t str>) {
        for pair in sealed.iter().zip(plain) {
            match pair {
                (Element::Comment(sealed), Element::Comment(plain)) => self.comment(sealed, plain, path),
                (Element::Value(sealed), Element::Value(plain)) => self.value(sealed, plain, None, path),
                (Element::Value(sealed), Element::Comment(comment)) => self.item(sealed, comment, path),
                (Element::Comment(_), Element::Value(_)) => {}
            }
        }
    }

    /// sops writes the encrypted comments of lists as items.
    fn item(&mut self, sealed: &Value, comment: &Comment, path: &[&str]) {
        let Some(span) = sealed.span else { return };
        let before = self.text[..span.start.offset].trim_end_matches(' ');
        let Some(before) = before.strip_suffix('-') else { return };
        let whole = before.len()..span.end.offset;
        self.replace_comment(whole, comment, path);
    }

    fn comment(&mut self, sealed: &Comment, plain: &Comment, path: &[&str]) {
        if let Some(span) = sealed.span {
            self.replace_comment(range(span), plain, path);
        }
    }

    /// Also keeps comments that are plain in an encrypted document, as they are public already.
    fn replace_comment(&mut self, range: Range<usize>, comment: &Comment, path: &[&str]) {
        #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
        let text = comment.text.expose();
        let written = self.source.plain_comment(comment);
        let sealed = &self.text[range.clone()];
        self.reuse.add(&associated_data(path), text.as_bytes(), COMMENT, &written, sealed);
        if written != sealed {
            self.changes.push((range, written));
        }
    }
}

/// Says whether two documents have the same values in the same places, whatever their comments.
pub(super) fn same(one: &[Vec<Entry>], other: &[Vec<Entry>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_map(one, other))
}

pub(super) fn same_map(one: &[Entry], other: &[Entry]) -> bool {
    fn items(entries: &[Entry]) -> impl Iterator<Item = &Item> {
        entries.iter().filter_map(|entry| match entry {
            Entry::Item(item) => Some(item),
            Entry::Comment(_) => None,
        })
    }
    items(one).count() == items(other).count()
        && items(one)
            .zip(items(other))
            .all(|(one, other)| one.key == other.key && same_value(&one.value, &other.value))
}

pub(super) fn same_value(one: &Value, other: &Value) -> bool {
    fn values(elements: &[Element]) -> impl Iterator<Item = &Value> {
        elements.iter().filter_map(|element| match element {
            Element::Value(value) => Some(value),
            Element::Comment(_) => None,
        })
    }
    match (&one.kind, &other.kind) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Map(one), Kind::Map(other)) => same_map(one, other),
        (Kind::List(one), Kind::List(other)) => {
            values(one).count() == values(other).count()
                && values(one).zip(values(other)).all(|(one, other)| same_value(one, other))
        }
        #[expect(clippy::disallowed_methods, reason = "values are compared, not shown")]
        (Kind::Leaf(one), Kind::Leaf(other)) => one.value.expose().bytes() == other.value.expose().bytes(),
        _ => false,
    }
}
