//! strconv's quoting, both ways.

use std::fmt::Write;

use crate::gotemplate::rune::{REPLACEMENT, decode, runes};

/// Reads a Go string literal with its quotes. Nothing where the syntax is bad.
pub(crate) fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let [quote, inner @ .., last] = literal else { return None };
    if quote != last {
        return None;
    }
    match quote {
        b'`' if !inner.contains(&b'`') => Some(inner.iter().copied().filter(|byte| *byte != b'\r').collect()),
        b'"' if !inner.contains(&b'\n') => {
            let mut text = Vec::with_capacity(inner.len());
            let mut rest = inner;
            while !rest.is_empty() {
                rest = unquote_rune(rest, b'"', &mut text)?.1;
            }
            Some(text)
        }
        _ => None,
    }
}

/// Reads a Go rune literal with its quotes; returns the rune and what follows it, which ought to be the quote.
pub(crate) fn unquote_rune_literal(literal: &[u8]) -> Option<(u32, &[u8])> {
    unquote_rune(literal.strip_prefix(b"'")?, b'\'', &mut Vec::new())
}

/// Reads one character or escape into `text`; returns its number and what is left.
fn unquote_rune<'a>(bytes: &'a [u8], quote: u8, text: &mut Vec<u8>) -> Option<(u32, &'a [u8])> {
    let first = *bytes.first()?;
    if first == quote {
        return None;
    }
    if first != b'\\' {
        let (rune, width) = decode(bytes)?;
        text.extend_from_slice(&bytes[..width]);
        return Some((u32::from(rune), &bytes[width..]));
    }
    let (&escape, rest) = bytes[1..].split_first()?;
    let byte = match escape {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'\'' | b'"' if escape == quote => escape,
        b'x' => digits(rest, 2, 16).and_then(|number| u8::try_from(number).ok())?,
        b'0'..=b'7' => digits(&bytes[1..], 3, 8).and_then(|number| u8::try_from(number).ok())?,
        b'u' | b'U' => {
            let width = if escape == b'u' { 4 } else { 8 };
            let rune = char::from_u32(digits(rest, width, 16)?)?;
            text.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
            return Some((u32::from(rune), &rest[width..]));
        }
        _ => return None,
    };
    text.push(byte);
    let width = match escape {
        b'x' | b'0'..=b'7' => 2,
        _ => 0,
    };
    Some((u32::from(byte), &rest[width..]))
}

fn digits(bytes: &[u8], count: usize, radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(..count)?).ok()?;
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

/// Quotes as `%q` does.
pub fn quote(bytes: &[u8]) -> String {
    quote_with(bytes, '"', false)
}

/// Quotes with `quote`; with `ascii`, nothing beyond ASCII stays (`%+q`).
pub(crate) fn quote_with(bytes: &[u8], quote: char, ascii: bool) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push(quote);
    for (rune, read) in runes(bytes) {
        if rune == REPLACEMENT && read.len() == 1 {
            write_to(&mut quoted, format_args!("\\x{:02x}", read[0]));
        } else {
            push_escaped(&mut quoted, rune, quote, ascii);
        }
    }
    quoted.push(quote);
    quoted
}

fn push_escaped(quoted: &mut String, rune: char, quote: char, ascii: bool) {
    match rune {
        _ if rune == quote || rune == '\\' => {
            quoted.push('\\');
            quoted.push(rune);
        }
        _ if is_print(rune) && (!ascii || rune.is_ascii()) => quoted.push(rune),
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{C}' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\u{B}' => quoted.push_str("\\v"),
        _ if rune < ' ' || rune == '\u{7F}' => write_to(quoted, format_args!("\\x{:02x}", u32::from(rune))),
        _ if u32::from(rune) < 0x1_0000 => write_to(quoted, format_args!("\\u{:04x}", u32::from(rune))),
        _ => write_to(quoted, format_args!("\\U{:08x}", u32::from(rune))),
    }
}

/// Tells whether Go prints the rune as it is: letters, marks, numbers, punctuation, symbols and the space.
///
/// Rust's own escaping draws the same line, but for grapheme extenders, which it escapes after a quote.
pub(crate) fn is_print(rune: char) -> bool {
    if rune.is_ascii() {
        return (' '..='~').contains(&rune);
    }
    if rune.is_whitespace() || rune.is_control() || rune == '\u{AD}' {
        return false;
    }
    let mut escaped = rune.escape_debug();
    escaped.len() == 1 || (escaped.next() == Some('\\') && is_mark(rune))
}

/// Tells whether the rune is a combining mark: `escape_debug` escapes it only because it would join the quote.
fn is_mark(rune: char) -> bool {
    let joined: String = ['a', rune].into_iter().collect();
    joined.escape_debug().count() == 2
}

/// Writes to a string, which cannot fail.
fn write_to(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    debug_assert!(written.is_ok(), "a String takes every write");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_go_reads_them() {
        let cases: &[(&str, Option<&[u8]>)] = &[
            (r#""a\tb""#, Some(b"a\tb")),
            (r#""\x41\101\u00e9""#, Some("AAé".as_bytes())),
            (r#""\xff""#, Some(b"\xff")),
            (r#""\'""#, None),
            (r#""\q""#, None),
            ("\"\\", None),
            ("`a\\n\rb`", Some(b"a\\nb")),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
        ];
        for (literal, expected) in cases {
            assert_eq!(unquote(literal.as_bytes()).as_deref(), *expected, "{literal}");
        }
        assert_eq!(unquote_rune_literal(b"'a'"), Some((97, &b"'"[..])));
        assert_eq!(unquote_rune_literal(br"'\''"), Some((39, &b"'"[..])));
        assert_eq!(unquote_rune_literal(b"''"), None);
    }

    #[test]
    fn text_is_quoted_as_go_quotes_it() {
        let cases: &[(&[u8], &str)] = &[
            (b"a\"b\\c\n", r#""a\"b\\c\n""#),
            (b"\x00\x7f\xff", r#""\x00\x7f\xff""#),
            ("é\u{a0}\u{200b}😀\u{301}".as_bytes(), "\"é\\u00a0\\u200b😀\u{301}\""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(quote(bytes), *expected);
        }
        assert_eq!(quote_with("é😀".as_bytes(), '"', true), r#""\u00e9\U0001f600""#);
    }
}
