//! Sections of `name = value`, as the library that sops uses reads and writes them.

use crate::secret::Secret;

use super::dotenv::{item, public_text, secret_text};
use super::error::Problem;
use super::flat::unflatten;
use super::tree::{Comment, Entry, Item, Kind, Value};

/// The section of the names that stand before any other.
const DEFAULT: &str = "DEFAULT";

/// Reads a file. A section's comment is its first entry; a name's comment follows the name.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut sections = vec![(DEFAULT.to_owned(), Vec::new())];
    let mut comments: Vec<&str> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() {
            continue;
        }
        if line.starts_with(['#', ';']) {
            comments.push(line.trim_end());
            continue;
        }
        let comment = take_comment(&mut comments);
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.rfind(']').map(|end| &rest[..end]).ok_or(Problem::Ini { line: index + 1 })?;
            sections.push((name.trim().to_owned(), comment.into_iter().collect()));
            continue;
        }
        let (name, value) = split(line).ok_or(Problem::Ini { line: index + 1 })?;
        let value = read_value(value, &mut lines).ok_or(Problem::Ini { line: index + 1 })?;
        if let Some((_, entries)) = sections.last_mut() {
            entries.push(Entry::Item(item(name, value)));
            entries.extend(comment);
        }
    }
    let section = |(name, entries): (String, Vec<Entry>)| {
        let value = Value { span: None, kind: Kind::Map(entries) };
        Entry::Item(Item { key: name.into(), span: None, value })
    };
    Ok(sections.into_iter().map(section).collect())
}

fn take_comment(comments: &mut Vec<&str>) -> Option<Entry> {
    let text = std::mem::take(comments).join("\n");
    let mark = text.chars().next()?;
    let text = Secret::new(text.trim_start_matches([mark, ' ']).to_owned());
    Some(Entry::Comment(Comment { text, inline: false, span: None }))
}

/// Splits a line at its `=` or `:`; a name in quotes may hold these.
fn split(line: &str) -> Option<(&str, &str)> {
    for quote in ["\"\"\"", "`", "\""] {
        if let Some(rest) = line.strip_prefix(quote) {
            let (name, rest) = rest.split_once(quote)?;
            return Some((name, rest.trim_start().strip_prefix(['=', ':'])?));
        }
    }
    let (name, value) = line.split_once(['=', ':'])?;
    let name = name.trim();
    (!name.is_empty()).then_some((name, value))
}

/// Reads a value: quoted, over several lines within `"""` or backquotes, or up to an inline comment.
fn read_value<'a>(value: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Option<String> {
    let value = value.trim();
    for quote in ["\"\"\"", "`"] {
        if let Some(rest) = value.strip_prefix(quote) {
            let mut text = rest.to_owned();
            while !text.contains(quote) {
                text.push('\n');
                text.push_str(lines.next()?.1);
            }
            return text.split_once(quote).map(|(text, _)| text.to_owned());
        }
    }
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    let value = comment.map_or(value, |at| value[..at].trim_end());
    let quoted = ["\"", "'"].iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Some(quoted.unwrap_or(value).to_owned())
}

/// Takes the section `sops` out and makes a tree of it; line breaks are escaped there once more.
pub(super) fn extract_metadata(entries: &mut Vec<Entry>) -> Result<Option<Vec<Entry>>, Problem> {
    let is_metadata = |entry: &Entry| matches!(entry, Entry::Item(item) if &*item.key == "sops");
    let Some(at) = entries.iter().position(is_metadata) else { return Ok(None) };
    let Entry::Item(Item { value: Value { kind: Kind::Map(pairs), .. }, .. }) = entries.remove(at) else {
        return Ok(None);
    };
    let pairs = pairs.iter().filter_map(|entry| match entry {
        Entry::Item(item) => Some((&*item.key, public_text(&item.value)?.replace("\\n", "\n"))),
        Entry::Comment(_) => None,
    });
    unflatten(pairs).map(Some)
}

/// Writes sections with a blank line between them and the equals signs of each below each other.
pub(super) fn write(entries: &[Entry]) -> Result<String, Problem> {
    let mut sections = Vec::new();
    for entry in entries {
        let Entry::Item(section) = entry else { continue };
        let Kind::Map(entries) = &section.value.kind else {
            return Err(Problem::Format("in this format every value must be in a section"));
        };
        if &*section.key != DEFAULT || !entries.is_empty() {
            sections.push(write_section(&section.key, entries)?);
        }
    }
    Ok(sections.join("\n"))
}

fn write_section(name: &str, entries: &[Entry]) -> Result<String, Problem> {
    let mut out = String::new();
    let mut rest = entries;
    if let [Entry::Comment(comment), after @ ..] = entries {
        write_comment(&mut out, comment);
        rest = after;
    }
    if name != DEFAULT {
        out.extend(["[", name, "]\n"]);
    }
    let names = rest.iter().filter_map(|entry| match entry {
        Entry::Item(item) => Some(quote_name(&item.key).len()),
        Entry::Comment(_) => None,
    });
    let width = names.max().unwrap_or(0);
    for (index, entry) in rest.iter().enumerate() {
        let Entry::Item(item) = entry else { continue };
        if let Some(Entry::Comment(comment)) = rest.get(index + 1) {
            write_comment(&mut out, comment);
        }
        let value = quote_value(secret_text(&item.value)?);
        let name = quote_name(&item.key);
        // The library aligns by bytes.
        let space = " ".repeat(width - name.len());
        out.extend([&*name, &space, " = ", &value, "\n"]);
    }
    Ok(out)
}

fn write_comment(out: &mut String, comment: &Comment) {
    #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
    let text = comment.text.expose();
    for line in text.split('\n') {
        match line.strip_prefix(['#', ';']) {
            Some(rest) => out.extend([&line[..1], " ", rest.trim(), "\n"]),
            None => out.extend(["; ", line, "\n"]),
        }
    }
}

fn quote_name(name: &str) -> String {
    if name.contains(['"', '=', ':']) {
        format!("`{name}`")
    } else if name.contains('`') {
        format!("\"\"\"{name}\"\"\"")
    } else {
        name.to_owned()
    }
}

fn quote_value(value: String) -> String {
    if value.contains(['\n', '`']) {
        format!("\"\"\"{value}\"\"\"")
    } else if value.contains(['#', ';']) {
        format!("`{value}`")
    } else if value.trim() != value {
        format!("\"{value}\"")
    } else {
        value
    }
}
