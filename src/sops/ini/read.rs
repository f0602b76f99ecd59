//! From sections to a tree with places.

use crate::diagnostic::Span;
use crate::secret::Secret;
use crate::sops::dotenv::{item, public_text};
use crate::sops::error::Problem;
use crate::sops::flat::unflatten;
use crate::sops::places::Places;
use crate::sops::tree::{Branch, Comment, Entry, Item, Kind, Value};

use super::DEFAULT;

/// A file as read.
pub(in crate::sops) struct Ini {
    pub(in crate::sops) branch: Branch,
    /// Whether every comment and value stands by itself, so that it can be replaced where it stands: none behind a
    /// value, none at the end that belongs to nothing, no name twice, no value over joined lines.
    pub(in crate::sops) regular: bool,
}

/// Reads a file. A section's comment is its first entry; a name's comment follows the name.
pub(in crate::sops) fn read(text: &str) -> Result<Ini, Problem> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader = Reader {
        text,
        at: start,
        line: 0,
        places: Places::new(text),
        sections: vec![Section { name: DEFAULT.to_owned(), span: None, entries: Vec::new() }],
        comment: String::new(),
        comment_span: None,
        regular: true,
    };
    while reader.at < text.len() {
        reader.line()?;
    }
    let regular = reader.regular && reader.comment.is_empty();
    let section = |section: Section| {
        let value = Value { span: None, kind: Kind::Map(section.entries) };
        Entry::Item(Item { key: section.name.into(), span: section.span, value })
    };
    let entries = reader.sections.into_iter().map(section).collect();
    Ok(Ini { branch: Branch { entries, end: text.len() }, regular })
}

struct Section {
    name: String,
    /// The line of its head.
    span: Option<Span>,
    entries: Vec<Entry>,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The number of the line that was read last.
    line: usize,
    places: Places<'a>,
    sections: Vec<Section>,
    /// What waits for the section or name that it belongs to.
    comment: String,
    comment_span: Option<(usize, usize)>,
    regular: bool,
}

impl<'a> Reader<'a> {
    /// Returns the next line with its break, and where it starts.
    fn next_line(&mut self) -> Option<(usize, &'a str)> {
        let start = self.at;
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        self.at += length;
        self.line += 1;
        Some((start, &rest[..length]))
    }

    fn error(&self) -> Problem {
        Problem::Ini { line: self.line }
    }

    fn line(&mut self) -> Result<(), Problem> {
        let Some((start, whole)) = self.next_line() else { return Ok(()) };
        let line = whole.trim_start();
        let start = start + whole.len() - line.len();
        match line.bytes().next() {
            None => Ok(()),
            Some(b'#' | b';') => {
                self.comment.push_str(line);
                let first = self.comment_span.map_or(start, |(first, _)| first);
                self.comment_span = Some((first, start + line.trim_end().len()));
                Ok(())
            }
            Some(b'[') => self.section(start, line),
            Some(_) => self.item(start, line),
        }
    }

    fn section(&mut self, start: usize, line: &str) -> Result<(), Problem> {
        let close = line.rfind(']').ok_or_else(|| self.error())?;
        let name = line[1..close].to_owned();
        if let Some(at) = line[close + 1..].find(['#', ';']) {
            self.comment.push_str(&line[close + 1 + at..]);
            self.regular = false;
        }
        if name.is_empty() {
            return Err(self.error());
        }
        let comment = self.take_comment();
        let span = Some(self.places.span(start, start + line.trim_end().len()));
        self.sections.push(Section { name, span, entries: comment.into_iter().collect() });
        Ok(())
    }

    fn item(&mut self, start: usize, line: &'a str) -> Result<(), Problem> {
        let (name, name_end, offset) = split(line).ok_or_else(|| self.error())?;
        // go-ini numbers such names.
        self.regular &= name != "-";
        let key_span = self.places.span(start, start + name_end);
        let (value, from, to) = self.value(start + offset, &line[offset..])?;
        let value_span = self.places.span(from, to);
        let comment = self.take_comment();
        let Some(section) = self.sections.last_mut() else { return Ok(()) };
        let entries = &mut section.entries;
        let same = |entry: &Entry| matches!(entry, Entry::Item(item) if &*item.key == name);
        let new = item(name, Some(key_span), value, Some(value_span));
        if let Some(at) = entries.iter().position(same) {
            // The last value counts, at the place of the first.
            self.regular = false;
            entries[at] = Entry::Item(new);
        } else {
            entries.push(Entry::Item(new));
        }
        entries.extend(comment);
        Ok(())
    }

    fn take_comment(&mut self) -> Option<Entry> {
        let text = std::mem::take(&mut self.comment);
        let span = self.comment_span.take();
        let text = text.trim();
        let text = match text.chars().next()? {
            mark @ ('#' | ';') => text.trim_start_matches([mark, ' ']),
            _ => text,
        };
        let span = span.map(|(start, end)| self.places.span(start, end));
        Some(Entry::Comment(Comment { text: Secret::new(text.to_owned()), inline: false, span }))
    }

    /// Reads what follows the delimiter: quoted, over several lines within `"""` or backquotes, or up to a comment.
    /// Returns it with its place, which has the quotes in it.
    fn value(&mut self, start: usize, rest: &'a str) -> Result<(String, usize, usize), Problem> {
        let value = rest.trim_start();
        let start = start + rest.len() - value.len();
        if value.is_empty() {
            // Behind the delimiter, not on the next line.
            let end = start - rest.len() + rest.trim_end_matches(['\n', '\r']).len();
            return Ok((String::new(), end, end));
        }
        for quote in ["\"\"\"", "`"] {
            if let Some(inner) = value.strip_prefix(quote).filter(|inner| quote == "`" || !inner.is_empty()) {
                return self.quoted(start, quote, inner);
            }
        }
        let value = value.trim_end();
        if let Some(first) = value.strip_suffix('\\') {
            self.regular = false;
            return Ok((self.joined(first), start, start + value.len()));
        }
        let comment = value.find(['#', ';']);
        if let Some(at) = comment {
            self.comment.push_str(&value[at..]);
            self.regular = false;
        }
        let value = comment.map_or(value, |at| value[..at].trim());
        let quoted = ['\'', '"'].iter().find_map(|&quote| {
            let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inner.contains(quote)).then_some(inner)
        });
        Ok((quoted.unwrap_or(value).to_owned(), start, start + value.len()))
    }

    fn quoted(
        &mut self,
        start: usize,
        quote: &str,
        inner: &'a str,
    ) -> Result<(String, usize, usize), Problem> {
        if let Some(end) = inner.rfind(quote) {
            return Ok((inner[..end].to_owned(), start, start + end + 2 * quote.len()));
        }
        let mut text = inner.to_owned();
        loop {
            let (next_start, next) = self.next_line().ok_or_else(|| self.error())?;
            let Some(end) = next.rfind(quote) else {
                text.push_str(next);
                continue;
            };
            if next[end + quote.len()..].trim().ends_with('\\') {
                text.push_str(next);
                continue;
            }
            text.push_str(&next[..end]);
            if let Some(at) = next[end..].find(['#', ';']) {
                self.comment.push_str(next[end + at..].trim());
                self.regular = false;
            }
            return Ok((text, start, next_start + end + quote.len()));
        }
    }

    /// Joins the lines that end with a backslash.
    fn joined(&mut self, first: &str) -> String {
        let mut text = first.to_owned();
        while let Some((_, next)) = self.next_line() {
            let next = next.trim();
            if next.is_empty() {
                break;
            }
            text.push_str(next);
            if !text.ends_with('\\') {
                break;
            }
            text.pop();
        }
        text
    }
}

/// Splits a line at its `=` or `:`; a name in quotes may hold these. Returns the name, where it ends with its
/// quotes, and where the value begins.
fn split(line: &str) -> Option<(&str, usize, usize)> {
    let quote = match line.as_bytes().first()? {
        b'"' if line.len() > 6 && line.starts_with("\"\"\"") => "\"\"\"",
        b'"' => "\"",
        b'`' => "`",
        _ => {
            let end = line.find(['=', ':']).filter(|&end| end > 0)?;
            let name = line[..end].trim();
            return Some((name, name.len(), end + 1));
        }
    };
    let close = line[quote.len()..].find(quote)? + quote.len();
    let name_end = close + quote.len();
    let delimiter = line[name_end..].find(['=', ':'])? + name_end;
    Some((line[quote.len()..close].trim(), name_end, delimiter + 1))
}

/// Takes the section `sops` out and makes a tree of it; line breaks are escaped there once more.
pub(in crate::sops) fn extract_metadata(entries: &mut Vec<Entry>) -> Result<Option<Vec<Entry>>, Problem> {
    let is_metadata = |entry: &Entry| matches!(entry, Entry::Item(item) if &*item.key == "sops");
    let Some(at) = entries.iter().position(is_metadata) else { return Ok(None) };
    let Entry::Item(Item { value: Value { kind: Kind::Map(pairs), .. }, .. }) = entries.remove(at) else {
        return Ok(None);
    };
    let pairs = pairs.iter().filter_map(|entry| match entry {
        Entry::Item(item) => {
            let text = public_text(&item.value)?.replace("\\n", "\n");
            Some((&*item.key, text, item.value.span))
        }
        Entry::Comment(_) => None,
    });
    unflatten(pairs).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let ini = read(text).unwrap();
        let mut values = Vec::new();
        for entry in &ini.branch.entries {
            let Entry::Item(Item { value: Value { kind: Kind::Map(entries), .. }, .. }) = entry else {
                continue;
            };
            for entry in entries {
                if let Entry::Item(item) = entry {
                    values.push((item.key.to_string(), public_text(&item.value).unwrap()));
                }
            }
        }
        values
    }

    #[test]
    fn values_are_read_as_go_ini_reads_them() {
        let text = "a=1\n[s]\nb : \"x = y\" \nc = 'q'\n`d=e` = `#no;comment`\nf = v # comment\ng = \"\"\"one\ntwo\"\"\"\n\
                    h = one \\\n  two\ni =\nj = \"a\"b\"\n";
        let expected = [
            ("a", "1"),
            ("b", "x = y"),
            ("c", "q"),
            ("d=e", "#no;comment"),
            ("f", "v"),
            ("g", "one\ntwo"),
            ("h", "one two"),
            ("i", ""),
            ("j", "\"a\"b\""),
        ];
        assert_eq!(values(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(!read(text).unwrap().regular);
        assert!(matches!(read("[a]\nb\n"), Err(Problem::Ini { line: 2 })));
        assert!(matches!(read("a = `x\n"), Err(Problem::Ini { line: 1 })));
    }

    #[test]
    fn places_hold_the_quotes() {
        let text = "[s]\n# one\n# two\na = \"\"\"x\ny\"\"\"\nb =\n";
        let ini = read(text).unwrap();
        assert!(ini.regular);
        let Entry::Item(Item { value: Value { kind: Kind::Map(entries), .. }, .. }) = &ini.branch.entries[1]
        else {
            panic!("a section")
        };
        let [Entry::Item(a), Entry::Comment(comment), Entry::Item(b)] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(a.value.span.unwrap().of(text), "\"\"\"x\ny\"\"\"");
        assert_eq!(comment.span.unwrap().of(text), "# one\n# two");
        assert_eq!(b.value.span.unwrap().start.offset, text.len() - 1);
    }
}
