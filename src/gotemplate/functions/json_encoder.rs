//! Writing JSON byte for byte as Go does: keys sorted, `<`, `>` and `&` escaped unless raw.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::reflection::type_of;
use crate::gotemplate::Value;
use crate::yaml::{format_float, format_json_float};

/// How JSON is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoder {
    /// Whether `<`, `>` and `&` are escaped.
    html: bool,
    /// Whether there are line breaks, indented by two spaces a level.
    pretty: bool,
}

impl Encoder {
    /// `json.Marshal`.
    pub(super) const COMPACT: Self = Self { html: true, pretty: false };
    /// `json.MarshalIndent` with two spaces.
    pub(super) const PRETTY: Self = Self { html: true, pretty: true };
    /// `json.Encoder` without escaping for HTML.
    pub(super) const RAW: Self = Self { html: false, pretty: false };
}

/// A value that JSON cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EncodeError {
    /// Functions have no JSON.
    #[error("json: unsupported type: {0}")]
    Type(String),
    /// JSON has no infinity.
    #[error("json: unsupported value: {0}")]
    Value(String),
    /// A map that holds itself.
    #[error("json: unsupported value: encountered a cycle via map[string]interface {{}}")]
    Cycle,
}

/// How deep values may nest; only a map that holds itself gets there.
const DEEPEST: usize = 1000;

/// Writes a value.
pub(super) fn encode(value: &Value, encoder: Encoder) -> Result<String, EncodeError> {
    let mut output = String::new();
    encoder.write(value, 0, &mut output)?;
    Ok(output)
}

/// Tells whether a value can be written: it holds no function, no infinity and not itself.
pub(super) fn check(value: &Value) -> Result<(), EncodeError> {
    check_at(value, 0)
}

fn check_at(value: &Value, depth: usize) -> Result<(), EncodeError> {
    match value {
        _ if depth > DEEPEST => Err(EncodeError::Cycle),
        Value::Float(number) if !number.is_finite() => Err(EncodeError::Value(format_float(*number))),
        Value::Function(_) => Err(EncodeError::Type(type_of(value).into_owned())),
        Value::List(list) => list.iter().try_for_each(|item| check_at(item, depth + 1)),
        Value::Map(map) => map.entries().values().try_for_each(|item| check_at(item, depth + 1)),
        _ => Ok(()),
    }
}

impl Encoder {
    fn write(self, value: &Value, depth: usize, output: &mut String) -> Result<(), EncodeError> {
        if depth > DEEPEST {
            return Err(EncodeError::Cycle);
        }
        match value {
            Value::Invalid | Value::Nil => output.push_str("null"),
            Value::Bool(truth) => output.push_str(if *truth { "true" } else { "false" }),
            Value::Int(_) | Value::Int32(_) | Value::Int64(_) => {
                output.push_str(&value.as_signed().unwrap_or_default().to_string());
            }
            Value::Uint8(_) | Value::Uint64(_) => {
                output.push_str(&value.as_unsigned().unwrap_or_default().to_string());
            }
            Value::Float(number) if number.is_finite() => output.push_str(&format_json_float(*number)),
            Value::Float(number) => return Err(EncodeError::Value(format_float(*number))),
            Value::String(text) => self.write_string(text, output),
            Value::Bytes(bytes) => self.write_string(STANDARD.encode(bytes).as_bytes(), output),
            Value::List(list) if list.is_nil() => output.push_str("null"),
            Value::List(list) => {
                let write_item = |item: &Value, output: &mut String| self.write(item, depth + 1, output);
                self.write_items(['[', ']'], list.iter(), depth, output, write_item)?;
            }
            Value::Map(map) if map.is_nil() => output.push_str("null"),
            Value::Map(map) => {
                let entries = map.entries();
                self.write_items(['{', '}'], entries.iter(), depth, output, |(key, value), output| {
                    self.write_string(key, output);
                    output.push_str(if self.pretty { ": " } else { ":" });
                    self.write(value, depth + 1, output)
                })?;
            }
            Value::Object(object) => {
                self.write(&Value::from(&object.to_json()), depth + 1, output)?;
            }
            Value::Function(_) => return Err(EncodeError::Type(type_of(value).into_owned())),
        }
        Ok(())
    }

    fn write_items<Item>(
        self,
        [open, close]: [char; 2],
        items: impl ExactSizeIterator<Item = Item>,
        depth: usize,
        output: &mut String,
        mut write_item: impl FnMut(Item, &mut String) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let empty = items.len() == 0;
        output.push(open);
        for (index, item) in items.enumerate() {
            if index > 0 {
                output.push(',');
            }
            self.break_line(depth + 1, output);
            write_item(item, output)?;
        }
        if !empty {
            self.break_line(depth, output);
        }
        output.push(close);
        Ok(())
    }

    fn break_line(self, depth: usize, output: &mut String) {
        if self.pretty {
            output.push('\n');
            output.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn write_string(self, text: &[u8], output: &mut String) {
        output.push('"');
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                self.write_character(character, output);
            }
            // Each byte that is not UTF-8 becomes a replacement character.
            output.extend(chunk.invalid().iter().map(|_| "\\ufffd"));
        }
        output.push('"');
    }

    fn write_character(self, character: char, output: &mut String) {
        match character {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\u{8}' => output.push_str("\\b"),
            '\u{C}' => output.push_str("\\f"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\0'..=' ' if character != ' ' => escape(character, output),
            '<' | '>' | '&' if self.html => escape(character, output),
            '\u{2028}' | '\u{2029}' => escape(character, output),
            _ => output.push(character),
        }
    }
}

fn escape(character: char, output: &mut String) {
    output.extend(["\\u", &format!("{:04x}", u32::from(character))]);
}
