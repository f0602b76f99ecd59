//! Single values as they stand within a text.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::sops::tree::{Entry, Item, Kind, Leaf, Scalar, Value};

use super::write::write;

/// Where a value stands.
#[derive(Clone, Copy)]
pub(in crate::sops) struct Place {
    /// Whether it is within `[…]` or `{…}`.
    pub(in crate::sops) in_flow: bool,
    /// How far the lines behind its first are indented.
    pub(in crate::sops) indent: usize,
}

/// Writes a scalar for its place.
pub(in crate::sops) fn scalar_text(scalar: &Scalar, place: Place) -> String {
    match scalar {
        Scalar::String(text) if place.in_flow => quoted(text),
        Scalar::Bytes(bytes) if place.in_flow => format!("!!binary \"{}\"", STANDARD.encode(bytes)),
        Scalar::String(text) => block_string(text, scalar, place),
        Scalar::Bytes(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) => {
            written(scalar)
        }
    }
}

/// Writes a string; one of several lines as a literal, where neither blank lines at its end nor spaces at its
/// start would depend on what stands around it.
fn block_string(text: &str, scalar: &Scalar, place: Place) -> String {
    let written = written(scalar);
    let Some((header, lines)) = written.split_once('\n') else { return written };
    if !matches!(header, "|" | "|-") {
        return quoted(text);
    }
    let mut out = header.to_owned();
    for line in lines.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', place.indent));
            out.push_str(line.strip_prefix("    ").unwrap_or(line));
        }
    }
    out
}

/// Writes a scalar as the value of a key.
fn written(scalar: &Scalar) -> String {
    let value = Value { span: None, kind: Kind::Leaf(Leaf::plain(scalar.clone())) };
    let text = nested(&value, None, 0);
    text.strip_prefix(": ").unwrap_or(&text).to_owned()
}

/// Writes a value with the `:` before it; the lines behind the first are indented by `margin` more.
pub(in crate::sops) fn nested(value: &Value, indent: Option<usize>, margin: usize) -> String {
    let item = Item { key: "k".into(), span: None, value: value.clone() };
    let text = write(&[vec![Entry::Item(item)]], indent);
    let text = text.strip_prefix('k').unwrap_or(&text);
    indented(text.strip_suffix('\n').unwrap_or(text), margin)
}

/// Indents all lines but the first.
fn indented(text: &str, margin: usize) -> String {
    let space = " ".repeat(margin);
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
            if !line.is_empty() {
                out.push_str(&space);
            }
        }
        out.push_str(line);
    }
    out
}

/// Writes a string in double quotes on one line.
pub(in crate::sops) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f'
            | '\x7f'..='\u{a0}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}
