//! Writing JSON.

use std::fmt::Write as _;

use crate::esc::quote;
use crate::resource::Value;

/// A number has no form in JSON (`+Inf`).
#[derive(Debug, thiserror::Error)]
#[error("json: invalid number literal {}", quote(.0))]
pub(crate) struct Unencodable(String);

/// Writes compact JSON with sorted keys, `<`, `>` and `&` escaped as for HTML. Secrets must be revealed before.
pub(crate) fn write(value: &Value) -> Result<String, Unencodable> {
    let mut json = String::new();
    push(&mut json, value)?;
    Ok(json)
}

fn push(json: &mut String, value: &Value) -> Result<(), Unencodable> {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) if is_number(number.as_str()) => json.push_str(number.as_str()),
        Value::Number(number) => return Err(Unencodable(number.as_str().to_owned())),
        Value::String(text) => push_text(json, text.as_bytes()),
        Value::Bytes(bytes) => push_text(json, bytes),
        Value::List(values) => {
            json.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push(json, value)?;
            }
            json.push(']');
        }
        Value::Map(entries) => {
            json.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push_text(json, key.as_bytes());
                json.push(':');
                push(json, value)?;
            }
            json.push('}');
        }
        Value::Secret(_) => json.push_str("\"[secret]\""),
        Value::Deferred(_) | Value::Unknown => json.push_str("\"[unknown]\""),
    }
    Ok(())
}

fn push_text(json: &mut String, text: &[u8]) {
    json.push('"');
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push_character(json, character));
        if !chunk.invalid().is_empty() {
            json.push_str(&"\\ufffd".repeat(chunk.invalid().len()));
        }
    }
    json.push('"');
}

fn push_character(json: &mut String, character: char) {
    let _infallible = match character {
        '"' | '\\' => write!(json, "\\{character}"),
        '\n' => write!(json, "\\n"),
        '\r' => write!(json, "\\r"),
        '\t' => write!(json, "\\t"),
        '\u{8}' => write!(json, "\\b"),
        '\u{c}' => write!(json, "\\f"),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
            write!(json, "\\u{:04x}", u32::from(character))
        }
        _ => write!(json, "{character}"),
    };
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::json::read_json;
    use crate::resource::Number;

    #[test]
    fn json_is_compact_sorted_and_safe_in_html() {
        let value = read_json(r#"{"b": [1.0, -0, null], "a": "<&>\u2028\u0001\n"}"#.as_bytes()).unwrap();
        assert_eq!(write(&value).unwrap(), r#"{"a":"\u003c\u0026\u003e\u2028\u0001\n","b":[1.0,-0,null]}"#);
        assert_eq!(write(&Value::Bytes(b"a\xff"[..].into())).unwrap(), r#""a\ufffd""#);
    }

    #[test]
    fn infinity_has_no_json() {
        let error = write(&Value::Number(Number::from_text("+Inf"))).unwrap_err();
        assert_eq!(error.to_string(), r#"json: invalid number literal "+Inf""#);
        assert!(is_number("1e400") && is_number("-0") && !is_number("01") && !is_number("1."));
    }
}
