//! Numbers as Go reads and writes them.

/// Reads an integer as Go's `strconv.ParseInt` and `ParseUint` do with base 0: `0x1F`, `0o17`, `017`, `0b11`.
pub(super) fn parse_integer(text: &str) -> Option<Integer> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = radix(digits)?;
    let magnitude = if digits.is_empty() { 0 } else { magnitude(digits, radix)? };
    integer(negative, magnitude).filter(|integer| !signed || matches!(integer, Integer::Int(_)))
}

/// Reads digits of a known base with an optional sign.
pub(super) fn parse_radix(text: &str, radix: u32) -> Option<Integer> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    integer(negative, magnitude(digits, radix)?)
}

/// An integer that fits 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    Int(i64),
    Uint(u64),
}

fn integer(negative: bool, magnitude: u64) -> Option<Integer> {
    match (negative, i64::try_from(magnitude)) {
        (false, Ok(value)) => Some(Integer::Int(value)),
        (false, Err(_)) => Some(Integer::Uint(magnitude)),
        (true, _) => 0i64.checked_sub_unsigned(magnitude).map(Integer::Int),
    }
}

/// Splits the base prefix off. What is left is empty for `0` alone.
fn radix(digits: &str) -> Option<(u32, &str)> {
    let Some(rest) = digits.strip_prefix('0') else {
        return (!digits.is_empty()).then_some((10, digits));
    };
    let radix = match rest.as_bytes().first() {
        Some(b'b' | b'B') if rest.len() > 1 => 2,
        Some(b'o' | b'O') if rest.len() > 1 => 8,
        Some(b'x' | b'X') if rest.len() > 1 => 16,
        _ => return Some((8, rest)),
    };
    Some((radix, &rest[1..]))
}

fn magnitude(digits: &str, radix: u32) -> Option<u64> {
    let only_digits = digits.chars().all(|digit| digit.is_digit(radix));
    if only_digits { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// Reads a decimal float of the form that go-yaml accepts; out of range is no number.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    is_float(text).then(|| text.parse().ok()).flatten().filter(|value: &f64| value.is_finite())
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let all_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let valid_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && (fraction.is_empty() || !mantissa.contains('.')))
        && valid_exponent
}

/// Writes a float with as few digits as tell it apart, as Go's format `g` does: `0.5`, `1e+06`, `1e-05`.
///
/// Not-a-number and the infinities are `NaN`, `+Inf` and `-Inf`.
pub fn format_float(value: f64) -> String {
    format_shortest(value, &format!("{value:e}"), 6)
}

/// Writes a float that was reduced to 32 bits, as sigs.k8s.io/yaml does with keys.
pub(super) fn format_float32(value: f64) -> String {
    format_shortest(value, &format!("{:e}", value as f32), 6)
}

/// Writes a float as Go's encoding/json does: the exponent form only below 1e-6 and from 1e21.
pub fn format_json_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        // Go takes the zero out of `e-09`; positive exponents have two digits here anyway.
        return format_shortest(value, &format!("{value:e}"), i32::MIN).replace("e-0", "e-");
    }
    format!("{value}")
}

/// Lays out `scientific` (`1.25e8`): with an exponent below -4 and from `limit`, else without.
fn format_shortest(value: f64, scientific: &str, limit: i32) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if exponent < -4 || exponent >= limit {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    decimal(mantissa, exponent)
}

/// Moves the point of `mantissa` by `exponent` places.
fn decimal(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let point = exponent + 1;
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    let point = point.unsigned_abs() as usize;
    if point >= digits.len() {
        return format!("{sign}{digits}{}", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (value, text, json) in [
            (0.0, "0", "0"),
            (-0.0, "-0", "-0"),
            (1.0, "1", "1"),
            (100_000.0, "100000", "100000"),
            (1_000_000.0, "1e+06", "1000000"),
            (1_234_567.5, "1.2345675e+06", "1234567.5"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "1e-05", "0.00001"),
            (0.000_000_1, "1e-07", "1e-7"),
            (1e21, "1e+21", "1e+21"),
            (1e20, "1e+20", "100000000000000000000"),
            (-12.5, "-12.5", "-12.5"),
            (1e100, "1e+100", "1e+100"),
            (5e-324, "5e-324", "5e-324"),
        ] {
            assert_eq!(format_float(value), text);
            assert_eq!(format_json_float(value), json);
        }
        assert_eq!(format_float(f64::INFINITY), "+Inf");
        assert_eq!(format_float(f64::NEG_INFINITY), "-Inf");
        assert_eq!(format_float32(0.1), "0.1");
        assert_eq!(format_float32(16_777_217.0), "1.6777216e+07");
    }

    #[test]
    fn integers_of_every_base_are_read() {
        for (text, expected) in [
            ("0", Some(Integer::Int(0))),
            ("-0", Some(Integer::Int(0))),
            ("0777", Some(Integer::Int(511))),
            ("0o17", Some(Integer::Int(15))),
            ("0x1F", Some(Integer::Int(31))),
            ("-0b11", Some(Integer::Int(-3))),
            ("9223372036854775807", Some(Integer::Int(i64::MAX))),
            ("9223372036854775808", Some(Integer::Uint(1 << 63))),
            ("+9223372036854775808", None),
            ("-9223372036854775808", Some(Integer::Int(i64::MIN))),
            ("-9223372036854775809", None),
            ("18446744073709551616", None),
            ("08", None),
            ("0x", None),
            ("+", None),
            ("--1", None),
            ("1a", None),
        ] {
            assert_eq!(parse_integer(text), expected, "{text}");
        }
    }

    #[test]
    fn only_decimal_floats_in_range_are_floats() {
        for text in ["1.", ".5", "1e3", "-1.5E-7", "08", "+.5"] {
            assert!(parse_float(text).is_some(), "{text}");
        }
        for text in ["", ".", "+", "e5", "1e", "1e999", "1.2.3", "inf", "NaN", "1_0", ".e5"] {
            assert!(parse_float(text).is_none(), "{text}");
        }
    }
}
