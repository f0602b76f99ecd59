//! Strings under `%s %q %x %X`.

use crate::gotemplate::format::flags::Flags;
use crate::gotemplate::quote::quote_with;
use crate::gotemplate::rune::{REPLACEMENT, runes};

/// Writes a string under a verb; false where the verb is none for strings.
pub(super) fn write_text(output: &mut Vec<u8>, flags: Flags, text: &[u8], verb: char) -> bool {
    match verb {
        'v' if flags.sharp_value => quoted(output, flags, text),
        'v' | 's' => flags.pad(output, truncated(flags, text)),
        'q' => quoted(output, flags, text),
        'x' | 'X' => hexadecimal(output, flags, text, verb),
        _ => return false,
    }
    true
}

/// Returns the rune as text.
pub(super) fn encode(rune: char) -> String {
    rune.to_string()
}

/// Cuts to as many runes as the precision says.
fn truncated(flags: Flags, text: &[u8]) -> &[u8] {
    let Some(precision) = flags.precision else { return text };
    let length = runes(text).take(precision).map(|(_, read)| read.len()).sum();
    &text[..length]
}

fn quoted(output: &mut Vec<u8>, flags: Flags, text: &[u8]) {
    let text = truncated(flags, text);
    if flags.sharp && can_backquote(text) {
        let raw = [b"`", text, b"`"].concat();
        return flags.pad(output, &raw);
    }
    flags.pad(output, quote_with(text, '"', flags.plus).as_bytes());
}

/// Tells whether the text can stand between backquotes: one line, no control characters but the tab.
fn can_backquote(text: &[u8]) -> bool {
    runes(text).all(|(rune, read)| match rune {
        REPLACEMENT => read.len() > 1,
        '\t' => true,
        '`' | '\u{7F}' | '\u{FEFF}' => false,
        _ => rune >= ' ',
    })
}

fn hexadecimal(output: &mut Vec<u8>, flags: Flags, text: &[u8], verb: char) {
    let text = &text[..flags.precision.unwrap_or(text.len()).min(text.len())];
    let prefix = match (flags.sharp, verb) {
        (false, _) => "",
        (true, 'X') => "0X",
        (true, _) => "0x",
    };
    let digits = if verb == 'X' { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut written = String::new();
    for (index, byte) in text.iter().enumerate() {
        if index == 0 || flags.space {
            written.push_str(if index > 0 { " " } else { "" });
            written.push_str(prefix);
        }
        written.extend([byte >> 4, byte & 15].map(|half| char::from(digits[usize::from(half)])));
    }
    flags.pad(output, written.as_bytes());
}
