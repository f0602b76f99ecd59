//! From a tree to JSON.

use std::fmt::Write;

use crate::yaml::format_json_float;

use crate::sops::tree::{Element, Entry, Item, Kind, Scalar, Value};

/// How a level is indented: so many spaces, or a tab.
type Indent = Option<usize>;

/// Writes an object as sops does: `<`, `>` and `&` escaped, comments left out.
pub(in crate::sops) fn write(entries: &[Entry], indent: Indent) -> String {
    let mut out = String::new();
    write_map(&mut out, entries, indent, 0);
    out.push('\n');
    out
}

/// Writes a value that stands at `level`.
pub(in crate::sops) fn write_any(kind: &Kind, indent: Indent, level: usize) -> String {
    let mut out = String::new();
    write_value(&mut out, kind, indent, level);
    out
}

/// Writes the members of an object without its braces, each on its own line.
pub(in crate::sops) fn write_members(entries: &[Entry], indent: Indent, level: usize) -> String {
    let mut out = String::new();
    for item in items(entries) {
        if !out.is_empty() {
            out.push_str(",\n");
            margin(&mut out, indent, level);
        }
        member(&mut out, item, indent, level);
    }
    out
}

fn items(entries: &[Entry]) -> impl Iterator<Item = &Item> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Item(item) => Some(item),
        Entry::Comment(_) => None,
    })
}

fn member(out: &mut String, item: &Item, indent: Indent, level: usize) {
    write_text(out, &item.key);
    out.push_str(": ");
    write_value(out, &item.value.kind, indent, level);
}

fn write_map(out: &mut String, entries: &[Entry], indent: Indent, level: usize) {
    let items: Vec<&Item> = items(entries).collect();
    block(out, ['{', '}'], &items, indent, level, |out, item| member(out, item, indent, level + 1));
}

fn write_list(out: &mut String, elements: &[Element], indent: Indent, level: usize) {
    let values: Vec<&Value> = elements
        .iter()
        .filter_map(|element| match element {
            Element::Value(value) => Some(value),
            Element::Comment(_) => None,
        })
        .collect();
    block(out, ['[', ']'], &values, indent, level, |out, value| {
        write_value(out, &value.kind, indent, level + 1);
    });
}

fn block<T>(
    out: &mut String,
    [open, close]: [char; 2],
    things: &[&T],
    indent: Indent,
    level: usize,
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (index, thing) in things.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        margin(out, indent, level + 1);
        write(out, thing);
    }
    if !things.is_empty() {
        out.push('\n');
        margin(out, indent, level);
    }
    out.push(close);
}

fn margin(out: &mut String, indent: Indent, level: usize) {
    match indent {
        None => out.extend(std::iter::repeat_n('\t', level)),
        Some(spaces) => out.extend(std::iter::repeat_n(' ', level * spaces)),
    }
}

fn write_value(out: &mut String, kind: &Kind, indent: Indent, level: usize) {
    match kind {
        Kind::Null => out.push_str("null"),
        Kind::Map(entries) => write_map(out, entries, indent, level),
        Kind::List(elements) => write_list(out, elements, indent, level),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
            write_scalar(out, leaf.value.expose());
        }
    }
}

/// Writes a single value.
pub(in crate::sops) fn write_scalar(out: &mut String, scalar: &Scalar) {
    match scalar {
        Scalar::String(text) => write_text(out, text),
        Scalar::Bytes(bytes) => write_text(out, &String::from_utf8_lossy(bytes)),
        Scalar::Int(value) => out.push_str(&value.to_string()),
        Scalar::Float(value) => out.push_str(&format_json_float(*value)),
        Scalar::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Scalar::Time(time) => write_text(out, &time.to_string()),
    }
}

/// Writes a string as Go's encoding/json does.
pub(in crate::sops) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
