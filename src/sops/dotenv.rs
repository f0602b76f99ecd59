//! Lines of `NAME=value`, read without trimming and without quotes, as sops does.

use crate::diagnostic::Span;
use crate::secret::Secret;

use super::error::Problem;
use super::flat::unflatten;
use super::places::Places;
use super::tree::{Branch, Comment, Entry, Item, Kind, Leaf, Scalar, Value};

/// What the names of metadata start with.
pub(super) const PREFIX: &str = "sops_";

/// Reads a file; `\n` in a value stands for a line break.
pub(super) fn read(text: &str) -> Result<Branch, Problem> {
    let mut entries = Vec::new();
    let mut places = Places::new(text);
    let mut start = 0;
    for (index, line) in text.split('\n').enumerate() {
        let end = start + line.len();
        if let Some(comment) = line.strip_prefix('#') {
            let text = Secret::new(comment.to_owned());
            entries.push(Entry::Comment(Comment {
                text,
                inline: false,
                span: Some(places.span(start, end)),
            }));
        } else if !line.is_empty() {
            let (name, value) = line.split_once('=').ok_or(Problem::Dotenv { line: index + 1 })?;
            let name_end = start + name.len();
            let key_span = places.span(start, name_end);
            let value_span = places.span(name_end + 1, end);
            entries.push(Entry::Item(item(name, Some(key_span), decode(value), Some(value_span))));
        }
        start = end + 1;
    }
    Ok(Branch { entries, end: text.len() })
}

fn decode(value: &str) -> String {
    value.replace("\\n", "\n")
}

/// Writes a value as it stands behind the `=`.
pub(super) fn encode(value: &str) -> String {
    value.replace('\n', "\\n")
}

pub(super) fn item(name: &str, span: Option<Span>, value: String, value_span: Option<Span>) -> Item {
    let kind = Kind::Leaf(Leaf::plain(Scalar::String(value)));
    Item { key: name.into(), span, value: Value { span: value_span, kind } }
}

/// Takes the metadata out; `None` where there is none.
pub(super) fn extract_metadata(entries: &mut Vec<Entry>) -> Result<Option<Vec<Entry>>, Problem> {
    let is_metadata = |entry: &Entry| matches!(entry, Entry::Item(item) if item.key.starts_with(PREFIX));
    let (metadata, rest): (Vec<Entry>, Vec<Entry>) =
        std::mem::take(entries).into_iter().partition(is_metadata);
    *entries = rest;
    if metadata.is_empty() {
        return Ok(None);
    }
    let pairs = metadata.iter().filter_map(|entry| match entry {
        Entry::Item(item) => {
            Some((item.key.strip_prefix(PREFIX)?, public_text(&item.value)?, item.value.span))
        }
        Entry::Comment(_) => None,
    });
    unflatten(pairs).map(Some)
}

/// Returns a value's text, if it is a plain one.
pub(super) fn public_text(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::Leaf(leaf) => leaf.public().map(Scalar::to_text),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// Writes entries as lines.
pub(super) fn write(entries: &[Entry]) -> Result<String, Problem> {
    let mut out = String::new();
    for entry in entries {
        match entry {
            Entry::Comment(comment) => {
                #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
                let text = comment.text.expose();
                out.push('#');
                out.push_str(text);
            }
            Entry::Item(item) => {
                out.push_str(&item.key);
                out.push('=');
                out.push_str(&encode(&secret_text(&item.value)?));
            }
        }
        out.push('\n');
    }
    Ok(out)
}

/// Returns a decrypted value's text; collections have none.
pub(super) fn secret_text(value: &Value) -> Result<String, Problem> {
    match &value.kind {
        Kind::Null => Ok(String::new()),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
            let text = leaf.value.expose().to_text();
            Ok(text)
        }
        Kind::List(_) | Kind::Map(_) => Err(Problem::Format("this format cannot hold lists and mappings")),
    }
}
