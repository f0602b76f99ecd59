//! Numbers out of anything: spf13/cast, which Sprig's arithmetic stands on. What cannot be a number is zero.

use crate::gotemplate::Value;

/// Returns the value as `int64`.
pub(super) fn integer(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Float(number) => truncated(*number),
        Value::Uint64(number) => *number as i64,
        Value::Uint8(number) => i64::from(*number),
        Value::Int(_) | Value::Int32(_) | Value::Int64(_) => value.as_signed().unwrap_or_default(),
        Value::String(text) => {
            text.as_text().and_then(|text| parse(without_zero_fraction(text))).unwrap_or(0)
        }
        Value::Object(object) => match object.type_name() {
            // Only these named integers are known to cast; a `time.Duration` is not.
            "time.Month" | "time.Weekday" => value.as_signed().unwrap_or_default(),
            _ => 0,
        },
        Value::Invalid
        | Value::Nil
        | Value::Bytes(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Function(_) => 0,
    }
}

/// Returns the value as `float64`.
pub(super) fn float(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Uint64(number) => *number as f64,
        Value::String(text) => text.as_text().and_then(parse_float).unwrap_or(0.0),
        other => integer(other) as f64,
    }
}

/// Converts as amd64 does: what does not fit becomes the smallest integer.
pub(super) fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// Reads a number as `strconv.ParseInt(text, 0, 64)` does: the base is in the prefix, and there may be underscores
/// between digits and behind the prefix.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = radix(digits)?;
    let magnitude = u64::from_str_radix(&digits, radix).ok()?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

fn radix(digits: &str) -> Option<(u32, String)> {
    let lower = digits.to_ascii_lowercase();
    let (radix, rest) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let after_prefix = radix != 10;
    let misplaced = rest.ends_with('_') || rest.contains("__") || (!after_prefix && rest.starts_with('_'));
    let signed = rest.starts_with(['+', '-']);
    (!misplaced && !signed).then(|| (radix, rest.replace('_', "")))
}

/// Cuts `.000` off, so that "5.0" is an integer.
fn without_zero_fraction(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}

/// Reads a number as `strconv.ParseFloat` does; one that is too large is an error there.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let number: f64 = parse_hexadecimal(text).or_else(|| text.parse().ok())?;
    let named = text.trim_start_matches(['+', '-']).starts_with(['i', 'I']);
    (number.is_finite() || number.is_nan() || named).then_some(number)
}

/// Reads `0x1.8p-2`.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (mantissa, exponent) = lower.strip_prefix("0x")?.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    let scale = exponent.parse::<i32>().ok()?.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    Some(sign * digits as f64 * 2_f64.powi(scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_integers_as_in_go() {
        let cases = [
            ("42", 42),
            ("-7", -7),
            ("+7", 7),
            ("0x1F", 31),
            ("0b101", 5),
            ("0o17", 15),
            ("017", 15),
            ("08", 0),
            ("1_000", 1000),
            ("0x_1f", 31),
            ("_1", 0),
            ("5.000", 5),
            ("5.5", 0),
            ("", 0),
            (" 1", 0),
            ("1e3", 0),
            (".0", 0),
            ("9223372036854775808", 0),
            ("-9223372036854775808", i64::MIN),
            ("--1", 0),
            ("0", 0),
            ("5.", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(integer(&Value::from(text)), expected, "{text}");
        }
    }

    #[test]
    fn floats_are_cut_and_wrap_as_on_amd64() {
        assert_eq!(truncated(-2.9), -2);
        assert_eq!(truncated(1e30), i64::MIN);
        assert_eq!(truncated(f64::NAN), i64::MIN);
        assert_eq!(parse_float("1e999"), None);
        assert_eq!(parse_float("-Inf"), Some(f64::NEG_INFINITY));
    }
}
