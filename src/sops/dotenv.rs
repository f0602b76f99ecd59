//! Lines of `NAME=value`, read without trimming and without quotes, as sops does.

use crate::secret::Secret;

use super::error::Problem;
use super::flat::unflatten;
use super::tree::{Comment, Entry, Item, Kind, Leaf, Scalar, Value};

/// What the names of metadata start with.
const PREFIX: &str = "sops_";

/// Reads a file; `\n` in a value stands for a line break.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut entries = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if let Some(comment) = line.strip_prefix('#') {
            let text = Secret::new(comment.to_owned());
            entries.push(Entry::Comment(Comment { text, inline: false, span: None }));
        } else if !line.is_empty() {
            let (name, value) = line.split_once('=').ok_or(Problem::Dotenv { line: index + 1 })?;
            entries.push(Entry::Item(item(name, value.replace("\\n", "\n"))));
        }
    }
    Ok(entries)
}

pub(super) fn item(name: &str, value: String) -> Item {
    let kind = Kind::Leaf(Leaf::plain(Scalar::String(value)));
    Item { key: name.into(), span: None, value: Value { span: None, kind } }
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
        Entry::Item(item) => Some((item.key.strip_prefix(PREFIX)?, public_text(&item.value)?)),
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
                out.push_str(&secret_text(&item.value)?.replace('\n', "\\n"));
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
