//! `time.Duration`: nanoseconds in 64 bits.

use std::fmt;
use std::rc::Rc;

use crate::gotemplate::format::quote;
use crate::gotemplate::{Function, Kind, Object, Value};

/// A duration in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Duration(pub(super) i64);

/// The name under `%T`.
pub(super) const TYPE: &str = "time.Duration";

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    #[error("time: invalid duration {0}")]
    Invalid(String),
    #[error("time: missing unit in duration {0}")]
    NoUnit(String),
    #[error("time: unknown unit {unit} in duration {text}")]
    Unit { unit: String, text: String },
}

/// The largest magnitude: that of the smallest duration.
const LIMIT: u64 = 1 << 63;

impl Duration {
    pub(super) const MICROSECOND: Self = Self(1_000);
    pub(super) const MILLISECOND: Self = Self(1_000_000);
    pub(super) const SECOND: Self = Self(1_000_000_000);
    pub(super) const MINUTE: Self = Self(60 * Self::SECOND.0);
    pub(super) const HOUR: Self = Self(60 * Self::MINUTE.0);

    /// Reads a text like `1h15m30.918s`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, DurationError> {
        let invalid = || DurationError::Invalid(quote(text));
        let (negative, mut rest) = match text {
            [sign @ (b'-' | b'+'), rest @ ..] => (*sign == b'-', rest),
            _ => (false, text),
        };
        if rest == b"0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = parse_part(rest, text)?;
            total = total.checked_add(part).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
            rest = after;
        }
        if negative {
            return Ok(Self(0_i64.wrapping_sub_unsigned(total)));
        }
        i64::try_from(total).map(Self).map_err(|_| invalid())
    }

    /// Returns the nearest multiple of `step`, halves away from zero.
    pub(super) fn round(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        let rest = (self.0 % step.0).abs();
        let towards_zero = self.0 - self.0 % step.0;
        if rest.unsigned_abs() * 2 < step.0.unsigned_abs() {
            return Self(towards_zero);
        }
        Self(towards_zero.saturating_add(if self.0 < 0 { -step.0 } else { step.0 }))
    }

    /// Returns the multiple of `step` next to it towards zero.
    pub(super) fn truncate(self, step: Self) -> Self {
        if step.0 <= 0 { self } else { Self(self.0 - self.0 % step.0) }
    }

    /// Returns how many of `unit` it is, with Go's way of adding up whole and fraction.
    pub(super) fn count(self, unit: Self) -> f64 {
        (self.0 / unit.0) as f64 + (self.0 % unit.0) as f64 / unit.0 as f64
    }

    /// Returns the whole number of the largest unit that it is more than one of: `2mo`.
    pub(super) fn in_one_unit(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let hour = Self::HOUR.0.unsigned_abs();
        let units = [
            (hour * 24 * 365, "y"),
            (hour * 24 * 30, "mo"),
            (hour * 24, "d"),
            (hour, "h"),
            (Self::MINUTE.0.unsigned_abs(), "m"),
            (Self::SECOND.0.unsigned_abs(), "s"),
        ];
        let found = units.into_iter().find(|(unit, _)| magnitude > *unit);
        found.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", magnitude / unit))
    }
}

/// Reads one number with its unit; returns nanoseconds and what is left.
fn parse_part<'a>(rest: &'a [u8], text: &[u8]) -> Result<(u64, &'a [u8]), DurationError> {
    let invalid = || DurationError::Invalid(quote(text));
    let (whole, after) = digits(rest);
    let (fraction, after) = match after {
        [b'.', after @ ..] => digits(after),
        _ => (&after[..0], after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let length = after.iter().position(|byte| *byte == b'.' || byte.is_ascii_digit()).unwrap_or(after.len());
    let (unit, after) = after.split_at(length);
    if unit.is_empty() {
        return Err(DurationError::NoUnit(quote(text)));
    }
    let scale = scale(unit).ok_or_else(|| DurationError::Unit { unit: quote(unit), text: quote(text) })?;
    let whole = number(whole).and_then(|whole| whole.checked_mul(scale)).ok_or_else(invalid)?;
    let total =
        whole.checked_add(part_of(fraction, scale)).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
    Ok((total, after))
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return Some(0);
    }
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|number| *number <= LIMIT)
}

/// Returns the fraction of a unit in nanoseconds; digits that no longer fit into 63 bits do not count.
fn part_of(fraction: &[u8], scale: u64) -> u64 {
    let (mut digits, mut power) = (0_u64, 1.0_f64);
    for digit in fraction {
        if digits > (LIMIT - 1) / 10 {
            break;
        }
        digits = digits * 10 + u64::from(digit - b'0');
        power *= 10.0;
    }
    (digits as f64 * (scale as f64 / power)) as u64
}

fn scale(unit: &[u8]) -> Option<u64> {
    let unit = match unit {
        b"ns" => Duration(1),
        // Both the micro sign and the Greek letter.
        b"us" | b"\xC2\xB5s" | b"\xCE\xBCs" => Duration::MICROSECOND,
        b"ms" => Duration::MILLISECOND,
        b"s" => Duration::SECOND,
        b"m" => Duration::MINUTE,
        b"h" => Duration::HOUR,
        _ => return None,
    };
    Some(unit.0.unsigned_abs())
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        if self.0 < 0 {
            formatter.write_str("-")?;
        }
        match magnitude {
            0 => formatter.write_str("0s"),
            1..1_000 => write!(formatter, "{magnitude}ns"),
            1_000..1_000_000 => write!(formatter, "{}µs", with_fraction(magnitude, 3)),
            1_000_000..1_000_000_000 => write!(formatter, "{}ms", with_fraction(magnitude, 6)),
            _ => {
                let seconds = magnitude / 1_000_000_000;
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                if hours > 0 {
                    write!(formatter, "{hours}h")?;
                }
                if seconds >= 60 {
                    write!(formatter, "{minutes}m")?;
                }
                let within = magnitude % 1_000_000_000 + seconds % 60 * 1_000_000_000;
                write!(formatter, "{}s", with_fraction(within, 9))
            }
        }
    }
}

/// Writes a number with its last `digits` digits behind the point, without trailing zeros.
fn with_fraction(number: u64, digits: usize) -> String {
    let scale = 10_u64.pow(digits as u32);
    let fraction = format!("{:0digits$}", number % scale);
    match fraction.trim_end_matches('0') {
        "" => (number / scale).to_string(),
        fraction => format!("{}.{fraction}", number / scale),
    }
}

impl Object for Duration {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn kind(&self) -> Kind {
        Kind::Int64
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int64(self.0))
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        let duration = *self;
        Some(match name {
            b"String" => Function::new(move || duration.to_string()),
            b"Hours" => Function::new(move || duration.count(Self::HOUR)),
            b"Minutes" => Function::new(move || duration.count(Self::MINUTE)),
            b"Seconds" => Function::new(move || duration.count(Self::SECOND)),
            b"Milliseconds" => Function::new(move || duration.0 / Self::MILLISECOND.0),
            b"Microseconds" => Function::new(move || duration.0 / Self::MICROSECOND.0),
            b"Nanoseconds" => Function::new(move || duration.0),
            b"Abs" => Function::new(move || Value::object(Self(duration.0.saturating_abs()))),
            b"Round" => Function::new(move |step: Self| Value::object(duration.round(step))),
            b"Truncate" => Function::new(move |step: Self| Value::object(duration.truncate(step))),
            _ => return None,
        })
    }

    fn to_json(&self) -> serde_json::Value {
        self.0.into()
    }
}
