//! Values as text: what `%v` and Sprig's `toString` make of them.

use crate::gotemplate::{GoString, Value};
use crate::yaml::format_float;

/// Returns a value as `toString` does: strings and bytes as they are, everything else as `%v` prints it.
pub(super) fn text(value: &Value) -> GoString {
    match value {
        Value::String(text) | Value::Bytes(text) => text.clone(),
        other => printed(other).into(),
    }
}

/// Returns a value as `%v` prints it.
pub(super) fn printed(value: &Value) -> Vec<u8> {
    let mut output = Vec::new();
    print(value, &mut output);
    output
}

fn print(value: &Value, output: &mut Vec<u8>) {
    match value {
        Value::Invalid | Value::Nil => output.extend_from_slice(b"<nil>"),
        Value::Bool(truth) => output.extend_from_slice(truth.to_string().as_bytes()),
        Value::Int(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Int32(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Int64(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint8(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint64(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => output.extend_from_slice(format_float(*number).as_bytes()),
        Value::String(text) => output.extend_from_slice(text),
        Value::Bytes(bytes) => {
            print_items(b"[", bytes.iter().map(|byte| Value::Uint8(*byte)), output);
        }
        Value::List(list) => print_items(b"[", list.iter().cloned(), output),
        Value::Map(map) => {
            output.extend_from_slice(b"map[");
            for (index, (key, value)) in map.entries().iter().enumerate() {
                if index > 0 {
                    output.push(b' ');
                }
                output.extend_from_slice(key);
                output.push(b':');
                print(value, output);
            }
            output.push(b']');
        }
        Value::Object(object) => match object.text() {
            Some(text) => output.extend_from_slice(text.as_bytes()),
            None => {
                let open: &[u8] = if object.type_name().starts_with('*') { b"&{" } else { b"{" };
                print_items(open, object.fields().into_iter().map(|(_, value)| value), output);
            }
        },
        Value::Function(function) => output.extend_from_slice(function.type_name().as_bytes()),
    }
}

fn print_items(open: &[u8], items: impl Iterator<Item = Value>, output: &mut Vec<u8>) {
    output.extend_from_slice(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            output.push(b' ');
        }
        print(&item, output);
    }
    output.push(if open.ends_with(b"{") { b'}' } else { b']' });
}

/// Quotes as `%q` does.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut output = String::from('"');
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => output.extend(['\\', character]),
                '\n' => output.push_str("\\n"),
                '\t' => output.push_str("\\t"),
                '\r' => output.push_str("\\r"),
                '\u{7}' => output.push_str("\\a"),
                '\u{8}' => output.push_str("\\b"),
                '\u{B}' => output.push_str("\\v"),
                '\u{C}' => output.push_str("\\f"),
                _ if character < ' ' || character == '\u{7F}' => {
                    output.push_str(&format!("\\x{:02x}", u32::from(character)));
                }
                _ => output.push(character),
            }
        }
        for byte in chunk.invalid() {
            output.push_str(&format!("\\x{byte:02x}"));
        }
    }
    output.push('"');
    output
}
