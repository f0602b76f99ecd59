//! Numeric constants, read as strconv reads them.

use crate::gotemplate::parser::token::Span;
use crate::gotemplate::parser::tree::Number;
use crate::gotemplate::quote::{quote, unquote_rune_literal};

/// Reads a character constant.
pub(super) fn character(literal: &[u8], span: Span) -> Result<Number, String> {
    let (rune, rest) = unquote_rune_literal(literal).ok_or_else(|| "invalid syntax".to_owned())?;
    if rest != b"'" {
        return Err(format!("malformed character constant: {}", String::from_utf8_lossy(literal)));
    }
    Ok(Number {
        span,
        signed: Some(i64::from(rune)),
        unsigned: Some(u64::from(rune)),
        float: f64::from(rune),
        is_float: false,
    })
}

/// Reads a number. Complex numbers are refused: no function takes one.
pub(super) fn number(literal: &[u8], span: Span) -> Result<Number, String> {
    let quoted = || quote(literal);
    let text = std::str::from_utf8(literal).map_err(|_| format!("illegal number syntax: {}", quoted()))?;
    if text.ends_with('i') {
        return Err(format!("complex numbers are not supported: {}", quoted()));
    }
    let signed = parse_signed(text);
    let unsigned = parse_unsigned(text).or((signed == Some(0)).then_some(0));
    let looks_float = text.contains(['.', 'e', 'E', 'p', 'P']);
    if let Some(whole) = signed.map(|whole| whole as f64).or(unsigned.map(|whole| whole as f64)) {
        // `0x1e` has an `e` and is no float.
        return Ok(Number { span, signed, unsigned, float: whole, is_float: false });
    }
    let float = parse_float(text).ok_or_else(|| format!("illegal number syntax: {}", quoted()))?;
    if !looks_float {
        return Err(format!("integer overflow: {}", quoted()));
    }
    Ok(Number {
        span,
        signed: Some(float as i64).filter(|whole| *whole as f64 == float),
        unsigned: Some(float as u64).filter(|whole| *whole as f64 == float),
        float,
        is_float: true,
    })
}

/// `strconv.ParseInt(text, 0, 64)`.
pub(crate) fn parse_signed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = i128::from(parse_unsigned(digits)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// `strconv.ParseUint(text, 0, 64)`: the prefix tells the base, and a lone leading zero means octal.
pub(crate) fn parse_unsigned(text: &str) -> Option<u64> {
    if !underscores_are_well_placed(text) {
        return None;
    }
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    };
    let digits: String = digits.chars().filter(|digit| *digit != '_').collect();
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits, radix).ok()
}

/// `strconv.ParseFloat(text, 64)` of what the lexer lets through; infinite is out of range.
fn parse_float(text: &str) -> Option<f64> {
    if !underscores_are_well_placed(text) {
        return None;
    }
    let plain: String = text.chars().filter(|digit| *digit != '_').collect();
    let (sign, magnitude) = match plain.as_bytes().first()? {
        b'-' => (-1.0, &plain[1..]),
        b'+' => (1.0, &plain[1..]),
        _ => (1.0, plain.as_str()),
    };
    let value = match magnitude.strip_prefix("0x").or(magnitude.strip_prefix("0X")) {
        Some(digits) => parse_hexadecimal_float(digits)?,
        None => magnitude.parse().ok()?,
    };
    f64::is_finite(value).then_some(sign * value)
}

/// Reads `1.8p3`; the exponent is a must.
fn parse_hexadecimal_float(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = digits.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let shift = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2f64.powi(exponent.checked_sub(shift)?))
}

/// Tells whether every underscore stands between digits, or between a base's prefix and a digit.
fn underscores_are_well_placed(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let (mut previous, digits, hexadecimal) = match unsigned {
        [b'0', b'x' | b'X', rest @ ..] => (b'0', rest, true),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (b'0', rest, false),
        all => (b'.', all, false),
    };
    for byte in digits.iter().copied() {
        let digit = byte.is_ascii_digit() || (hexadecimal && byte.is_ascii_hexdigit());
        match (byte, digit) {
            (_, true) => previous = b'0',
            (b'_', _) if previous != b'0' => return false,
            (b'_', _) => previous = b'_',
            _ if previous == b'_' => return false,
            _ => previous = b'.',
        }
    }
    previous != b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Option<i64>, Option<u64>, f64, bool), String> {
        let number = number(text.as_bytes(), Span::new(0, text.len()))?;
        Ok((number.signed, number.unsigned, number.float, number.is_float))
    }

    #[test]
    fn numbers_are_held_under_every_type_that_fits() {
        let cases = [
            ("12", (Some(12), Some(12), 12.0, false)),
            ("-0", (Some(0), Some(0), 0.0, false)),
            ("-7", (Some(-7), None, -7.0, false)),
            ("0x1e", (Some(30), Some(30), 30.0, false)),
            ("0b101", (Some(5), Some(5), 5.0, false)),
            ("0o17", (Some(15), Some(15), 15.0, false)),
            ("017", (Some(15), Some(15), 15.0, false)),
            ("1_000", (Some(1000), Some(1000), 1000.0, false)),
            ("0x_ff", (Some(255), Some(255), 255.0, false)),
            ("1e3", (Some(1000), Some(1000), 1000.0, true)),
            ("1.5", (None, None, 1.5, true)),
            ("0x1p4", (Some(16), Some(16), 16.0, true)),
            ("18446744073709551615", (None, Some(u64::MAX), u64::MAX as f64, false)),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_numbers_are_refused_in_go_words() {
        let cases = [
            ("089", "integer overflow: \"089\""),
            ("1__0", "illegal number syntax: \"1__0\""),
            ("99999999999999999999", "integer overflow: \"99999999999999999999\""),
            (".", "illegal number syntax: \".\""),
            ("1e400", "illegal number syntax: \"1e400\""),
            ("2i", "complex numbers are not supported: \"2i\""),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        }
    }
}
