//! Texts in quotes, as Go writes them.

use std::fmt::Write as _;

/// Quotes a text as Go's `strconv.Quote`.
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// Quotes bytes as Go's `strconv.Quote`: what is no UTF-8 becomes `\xff`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push(&mut quoted, character));
        for byte in chunk.invalid() {
            let _infallible = write!(quoted, "\\x{byte:02x}");
        }
    }
    quoted.push('"');
    quoted
}

fn push(quoted: &mut String, character: char) {
    let code = u32::from(character);
    let _infallible = match character {
        '"' | '\\' => write!(quoted, "\\{character}"),
        '\u{7}' => write!(quoted, "\\a"),
        '\u{8}' => write!(quoted, "\\b"),
        '\u{c}' => write!(quoted, "\\f"),
        '\n' => write!(quoted, "\\n"),
        '\r' => write!(quoted, "\\r"),
        '\t' => write!(quoted, "\\t"),
        '\u{b}' => write!(quoted, "\\v"),
        _ if is_printable(character) => write!(quoted, "{character}"),
        _ if code < 0x80 => write!(quoted, "\\x{code:02x}"),
        _ if code < 0x1_0000 => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
///
/// Rust's debug form escapes just the others, except that it also escapes a mark that starts a text.
fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        _ if character.is_ascii() => false,
        _ => !String::from_iter(['a', character]).escape_debug().to_string().contains('\\'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_in_go() {
        assert_eq!(quote("a\"b\\\n\u{7f}\u{0}"), r#""a\"b\\\n\x7f\x00""#);
        assert_eq!(quote("é漢e\u{301}\u{a0}\u{200b}😀"), "\"é漢e\u{301}\\u00a0\\u200b😀\"");
        assert_eq!(quote_bytes(b"a\xff"), r#""a\xff""#);
    }
}
