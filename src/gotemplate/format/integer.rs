//! Integers under `%d %b %o %O %x %X %c %q %U`.

use crate::gotemplate::format::flags::Flags;
use crate::gotemplate::format::text::encode;
use crate::gotemplate::quote::{is_print, quote_with};
use crate::gotemplate::rune::REPLACEMENT;

/// An integer of any Go type: its sign, its magnitude, and whether its type has a sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Integer {
    pub(super) negative: bool,
    pub(super) magnitude: u64,
    pub(super) signed: bool,
}

impl Integer {
    pub(super) fn signed(number: i64) -> Self {
        Self { negative: number < 0, magnitude: number.unsigned_abs(), signed: true }
    }

    pub(super) fn unsigned(magnitude: u64) -> Self {
        Self { negative: false, magnitude, signed: false }
    }

    /// Returns the number as Go sees it when it is taken for a rune.
    fn bits(self) -> u64 {
        if self.negative { self.magnitude.wrapping_neg() } else { self.magnitude }
    }

    fn rune(self) -> char {
        u32::try_from(self.bits()).ok().and_then(char::from_u32).unwrap_or(REPLACEMENT)
    }
}

/// Writes an integer under a verb; false where the verb is none for integers.
pub(super) fn write_integer(output: &mut Vec<u8>, flags: Flags, integer: Integer, verb: char) -> bool {
    match verb {
        'v' if flags.sharp_value && !integer.signed => {
            write_hexadecimal(output, flags, integer.magnitude, true);
        }
        'v' | 'd' => digits(output, flags, integer, verb, 10),
        'b' => digits(output, flags, integer, verb, 2),
        'o' | 'O' => digits(output, flags, integer, verb, 8),
        'x' | 'X' => digits(output, flags, integer, verb, 16),
        'c' => flags.pad(output, encode(integer.rune()).as_bytes()),
        'q' => flags.pad(output, quote_rune(integer.rune(), flags.plus).as_bytes()),
        'U' => unicode(output, flags, integer.bits()),
        _ => return false,
    }
    true
}

/// Writes `0x2a`, as pointers and `%#v` of unsigned integers are written.
pub(super) fn write_hexadecimal(output: &mut Vec<u8>, flags: Flags, number: u64, prefix: bool) {
    digits(output, Flags { sharp: prefix, ..flags }, Integer::unsigned(number), 'v', 16);
}

fn quote_rune(rune: char, ascii: bool) -> String {
    quote_with(encode(rune).as_bytes(), '\'', ascii)
}

fn digits(output: &mut Vec<u8>, flags: Flags, integer: Integer, verb: char, base: u32) {
    let signed = integer.negative || flags.plus || flags.space;
    let least = match (flags.precision, flags.width) {
        (Some(0), width) if integer.magnitude == 0 => {
            return flags.without_zero().padding(output, width.unwrap_or(0));
        }
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width - usize::from(signed && width > 0),
        _ => 0,
    };
    let mut text = match base {
        2 => format!("{:b}", integer.magnitude),
        8 => format!("{:o}", integer.magnitude),
        16 if verb == 'X' => format!("{:X}", integer.magnitude),
        16 => format!("{:x}", integer.magnitude),
        _ => integer.magnitude.to_string(),
    };
    if text.len() < least {
        text.insert_str(0, &"0".repeat(least - text.len()));
    }
    let prefix = match base {
        2 if flags.sharp => "0b",
        8 if flags.sharp && !text.starts_with('0') => "0",
        16 if flags.sharp && verb == 'X' => "0X",
        16 if flags.sharp => "0x",
        _ => "",
    };
    text.insert_str(0, prefix);
    if verb == 'O' {
        text.insert_str(0, "0o");
    }
    if signed {
        text.insert(
            0,
            if integer.negative {
                '-'
            } else if flags.plus {
                '+'
            } else {
                ' '
            },
        );
    }
    flags.without_zero().pad(output, text.as_bytes());
}

fn unicode(output: &mut Vec<u8>, flags: Flags, number: u64) {
    let width = flags.precision.unwrap_or(4).max(4);
    let mut text = format!("U+{number:0width$X}");
    let rune = u32::try_from(number).ok().and_then(char::from_u32);
    if let Some(rune) = rune.filter(|rune| flags.sharp && is_print(*rune)) {
        text.extend([' ', '\'', rune, '\'']);
    }
    flags.without_zero().pad(output, text.as_bytes());
}
