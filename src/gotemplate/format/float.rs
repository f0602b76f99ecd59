//! Floats as strconv writes them, and under `%e %f %g %b %x`.

use crate::gotemplate::format::flags::Flags;

/// Returns the float in a format of strconv (`e E f g G b x X`); without a precision, the shortest text that
/// reads back as the same number.
pub fn format_float(value: f64, format: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    let text = match format {
        'e' | 'E' => exponential(magnitude, precision),
        'g' | 'G' => general(magnitude, precision),
        'b' => binary(magnitude),
        'x' | 'X' => hexadecimal(magnitude, precision),
        _ => match precision {
            Some(precision) => format!("{magnitude:.precision$}"),
            None => format!("{magnitude}"),
        },
    };
    let text = if matches!(format, 'E' | 'G' | 'X') { text.to_uppercase() } else { text };
    if value.is_sign_negative() { format!("-{text}") } else { text }
}

fn exponential(magnitude: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{magnitude:.precision$e}"),
        None => format!("{magnitude:e}"),
    };
    let (mantissa, exponent) = split_exponent(&text);
    format!("{mantissa}e{}", signed_exponent(exponent))
}

fn split_exponent(text: &str) -> (&str, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// Writes an exponent with its sign and at least two digits.
fn signed_exponent(exponent: i32) -> String {
    format!("{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

fn general(magnitude: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{magnitude:.*e}", precision.max(1) - 1),
        None => format!("{magnitude:e}"),
    };
    let (mantissa, exponent) = split_exponent(&text);
    let all: String = mantissa.chars().filter(|digit| *digit != '.').collect();
    let digits = match all.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let count = digits.len() as i32;
    let limit = match precision.map(|precision| precision.max(1) as i32) {
        None => 6,
        Some(precision) if precision > count && count > exponent => count,
        Some(precision) => precision,
    };
    if exponent < -4 || exponent >= limit {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{first}{point}{rest}e{}", signed_exponent(exponent));
    }
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}

/// Splits into an integer mantissa and a power of two.
fn parts(magnitude: f64) -> (u64, i32) {
    let bits = magnitude.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) as i32 {
        0 => (fraction, -1074),
        exponent => (fraction | (1 << 52), exponent - 1075),
    }
}

fn binary(magnitude: f64) -> String {
    let (mantissa, exponent) = parts(magnitude);
    format!("{mantissa}p{}{}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

fn hexadecimal(magnitude: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(magnitude);
    if mantissa == 0 {
        exponent = 0;
    } else {
        // One leading bit, then the fraction in the 60 bits after it.
        let shift = mantissa.leading_zeros() as i32 - 3;
        exponent += 60 - shift;
        mantissa <<= shift;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let dropped = 60 - 4 * precision as u32;
        let extra = mantissa & ((1 << dropped) - 1);
        let half = 1 << (dropped - 1);
        let odd = (mantissa >> dropped) & 1 == 1;
        mantissa = (mantissa >> dropped) << dropped;
        if extra > half || (extra == half && odd) {
            mantissa += 1 << dropped;
        }
        if mantissa >> 61 == 1 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        Some(precision) => format!("{fraction:0<precision$}")[..precision].to_owned(),
        None => fraction.trim_end_matches('0').to_owned(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("0x{}{point}{fraction}p{}", mantissa >> 60, signed_exponent(exponent))
}

/// Writes a float under a verb; false where the verb is none for floats.
pub(super) fn write_float(output: &mut Vec<u8>, flags: Flags, value: f64, verb: char) -> bool {
    let (format, precision) = match verb {
        'v' => ('g', None),
        'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
        'f' | 'e' | 'E' => (verb, Some(6)),
        'F' => ('f', Some(6)),
        _ => return false,
    };
    let precision = flags.precision.or(precision);
    let mut text = format_float(value, format, precision);
    if !text.starts_with(['-', '+']) {
        text.insert(0, '+');
    }
    if flags.space && text.starts_with('+') && !flags.plus {
        text.replace_range(..1, " ");
    }
    if !value.is_finite() {
        // "+Inf" keeps its sign; "NaN" has one only on demand.
        let unsigned = value.is_nan() && !flags.space && !flags.plus;
        flags.without_zero().pad(output, &text.as_bytes()[usize::from(unsigned)..]);
        return true;
    }
    if flags.sharp && verb != 'b' {
        text = with_point(&text, format, precision);
    }
    if flags.plus || !text.starts_with('+') {
        let width = flags.width.unwrap_or(0);
        if flags.zero && !flags.minus && width > text.len() {
            output.extend_from_slice(&text.as_bytes()[..1]);
            flags.padding(output, width - text.len());
            output.extend_from_slice(&text.as_bytes()[1..]);
        } else {
            flags.pad(output, text.as_bytes());
        }
    } else {
        flags.pad(output, &text.as_bytes()[1..]);
    }
    true
}

/// The `#` flag: a decimal point always, and under `%g` the trailing zeros too. The text begins with its sign.
fn with_point(text: &str, format: char, precision: Option<usize>) -> String {
    let hexadecimal = matches!(format, 'x' | 'X');
    let tail_starts = if hexadecimal { text.find(['p', 'P']) } else { text.find(['e', 'E']) };
    let (number, tail) = text.split_at(tail_starts.unwrap_or(text.len()));
    let mut missing = match format {
        'g' | 'G' | 'x' => precision.unwrap_or(6) as i64,
        _ => 0,
    };
    let significant = number[1..].trim_start_matches(['0', '.']);
    missing -= significant.chars().filter(|digit| *digit != '.').count() as i64;
    let mut number = number.to_owned();
    if !number.contains('.') {
        missing -= i64::from(&number[1..] == "0");
        number.push('.');
    }
    number.push_str(&"0".repeat(usize::try_from(missing).unwrap_or(0)));
    number + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_strconv_writes_them() {
        let cases: &[(f64, char, Option<usize>, &str)] = &[
            (1e6, 'g', None, "1e+06"),
            (100_000.0, 'g', None, "100000"),
            (1e-5, 'g', None, "1e-05"),
            (0.0001, 'g', None, "0.0001"),
            (12_345_678_901_234_567_890.0, 'g', None, "1.2345678901234567e+19"),
            (-0.0, 'g', None, "-0"),
            (100.0, 'g', Some(3), "100"),
            (100.0, 'g', Some(2), "1e+02"),
            (1e6, 'g', Some(10), "1000000"),
            (1e23, 'f', None, "100000000000000000000000"),
            (0.1, 'f', None, "0.1"),
            (2.5, 'f', Some(0), "2"),
            (1e100, 'e', None, "1e+100"),
            (123.456, 'E', Some(2), "1.23E+02"),
            (1.0, 'b', None, "4503599627370496p-52"),
            (0.1, 'x', None, "0x1.999999999999ap-04"),
            (1.999, 'x', Some(1), "0x1.0p+01"),
            (f64::NEG_INFINITY, 'g', None, "-Inf"),
            (f64::NAN, 'f', Some(2), "NaN"),
        ];
        for (value, format, precision, expected) in cases {
            assert_eq!(
                format_float(*value, *format, *precision),
                *expected,
                "{value} {format} {precision:?}"
            );
        }
    }
}
