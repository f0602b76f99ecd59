//! JSON documents.

use std::fmt;
use std::fmt::Write;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::yaml::format_json_float;

use super::error::Problem;
use super::tree::{Element, Entry, Item, Kind, Leaf, Scalar, Value};

/// Reads the object at the start of `content`.
pub(super) fn read(content: &[u8]) -> Result<Vec<Entry>, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(content);
    match Read::deserialize(&mut deserializer)?.0 {
        Kind::Map(entries) => Ok(entries),
        Kind::Null | Kind::Leaf(_) | Kind::List(_) => Err(Problem::Root),
    }
}

struct Read(Kind);

impl From<Read> for Value {
    fn from(read: Read) -> Self {
        Self { span: None, kind: read.0 }
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor).map(Self)
    }
}

/// Keeps the order of keys, and duplicates.
struct KindVisitor;

fn leaf(scalar: Scalar) -> Kind {
    Kind::Leaf(Leaf::plain(scalar))
}

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Kind, E> {
        Ok(leaf(Scalar::Bool(value)))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Kind, E> {
        Ok(leaf(Scalar::Int(value)))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Kind, E> {
        Ok(leaf(i64::try_from(value).map_or(Scalar::Float(value as f64), Scalar::Int)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Kind, E> {
        Ok(leaf(Scalar::Float(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Kind, E> {
        Ok(leaf(Scalar::String(value.to_owned())))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Kind, E> {
        Ok(leaf(Scalar::String(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut elements = Vec::new();
        while let Some(read) = access.next_element::<Read>()? {
            elements.push(Element::Value(read.into()));
        }
        Ok(Kind::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, read)) = access.next_entry::<String, Read>()? {
            entries.push(Entry::Item(Item { key: key.into(), span: None, value: read.into() }));
        }
        Ok(Kind::Map(entries))
    }
}

/// Writes an object as sops does: one tab a level, `<`, `>` and `&` escaped, comments left out.
pub(super) fn write(entries: &[Entry]) -> String {
    let mut out = String::new();
    write_map(&mut out, entries, 0);
    out.push('\n');
    out
}

fn write_map(out: &mut String, entries: &[Entry], level: usize) {
    let items: Vec<&Item> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Item(item) => Some(item),
            Entry::Comment(_) => None,
        })
        .collect();
    block(out, ['{', '}'], &items, level, |out, item| {
        write_text(out, &item.key);
        out.push_str(": ");
        write_value(out, &item.value, level + 1);
    });
}

fn write_list(out: &mut String, elements: &[Element], level: usize) {
    let values: Vec<&Value> = elements
        .iter()
        .filter_map(|element| match element {
            Element::Value(value) => Some(value),
            Element::Comment(_) => None,
        })
        .collect();
    block(out, ['[', ']'], &values, level, |out, value| write_value(out, value, level + 1));
}

fn block<T>(
    out: &mut String,
    [open, close]: [char; 2],
    things: &[&T],
    level: usize,
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (index, thing) in things.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.extend(std::iter::repeat_n('\t', level + 1));
        write(out, thing);
    }
    if !things.is_empty() {
        out.push('\n');
        out.extend(std::iter::repeat_n('\t', level));
    }
    out.push(close);
}

fn write_value(out: &mut String, value: &Value, level: usize) {
    match &value.kind {
        Kind::Null => out.push_str("null"),
        Kind::Map(entries) => write_map(out, entries, level),
        Kind::List(elements) => write_list(out, elements, level),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
            write_scalar(out, leaf.value.expose());
        }
    }
}

fn write_scalar(out: &mut String, scalar: &Scalar) {
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
fn write_text(out: &mut String, text: &str) {
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
