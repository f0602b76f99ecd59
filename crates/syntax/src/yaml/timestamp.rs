//! Times in YAML.

use std::fmt;

/// A time as go-yaml reads it, with the offset that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    /// Minutes east of UTC.
    offset: i32,
}

impl Timestamp {
    /// Reads `2001-12-14`, `2001-12-14 21:59:43.10` and `2001-12-14T21:59:43.10-05:00`; short fields are allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits != 4 || !text[4..].starts_with('-') {
            return None;
        }
        let mut rest = &text[5..];
        let year = text[..4].parse().ok()?;
        let month = field(&mut rest, 1..=12)?;
        rest = rest.strip_prefix('-')?;
        let day = field(&mut rest, 1..=days(year, month))?;
        let date = Self { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 };
        match rest.chars().next() {
            None => Some(date),
            Some(' ') => date.at(&rest[1..], |zone| zone.is_empty().then_some(0)),
            Some('T' | 't') => date.at(&rest[1..], offset),
            Some(_) => None,
        }
    }

    /// Returns the time at its full second.
    #[must_use]
    pub fn without_fraction(self) -> Self {
        Self { nanosecond: 0, ..self }
    }

    /// Reads the time of day behind a date; what follows it goes to `offset`.
    fn at(self, mut rest: &str, offset: fn(&str) -> Option<i32>) -> Option<Self> {
        let hour = field(&mut rest, 0..=23)?;
        rest = rest.strip_prefix(':')?;
        let minute = field(&mut rest, 0..=59)?;
        rest = rest.strip_prefix(':')?;
        let second = field(&mut rest, 0..=59)?;
        let nanosecond = fraction(&mut rest);
        Some(Self { hour, minute, second, nanosecond, offset: offset(rest)?, ..self })
    }
}

/// Reads one or two digits.
fn field(rest: &mut &str, range: std::ops::RangeInclusive<u8>) -> Option<u8> {
    let length = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, after) = rest.split_at(length);
    *rest = after;
    digits.parse().ok().filter(|value| range.contains(value))
}

/// Reads `.5` as 500,000,000 nanoseconds; digits beyond the ninth do not count.
fn fraction(rest: &mut &str) -> u32 {
    let Some(after) = rest.strip_prefix(['.', ',']) else { return 0 };
    let length = after.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return 0;
    }
    let (digits, after) = after.split_at(length);
    *rest = after;
    format!("{digits:0<9}")[..9].parse().unwrap_or_default()
}

/// Reads `Z` or `+05:30`.
fn offset(zone: &str) -> Option<i32> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes <= 60).then_some(sign * (hours * 60 + minutes))
}

fn days(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// As RFC 3339 with as many digits of the second as there are: `2001-12-14T21:59:43.1-05:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, .. } = self;
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanosecond != 0 {
            let fraction = format!("{:09}", self.nanosecond);
            write!(formatter, ".{}", fraction.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        write!(formatter, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_go_does() {
        for (text, expected) in [
            ("2001-12-14", Some("2001-12-14T00:00:00Z")),
            ("2001-1-2", Some("2001-01-02T00:00:00Z")),
            ("2001-12-14T21:59:43.10-05:00", Some("2001-12-14T21:59:43.1-05:00")),
            ("2001-12-14t21:59:43Z", Some("2001-12-14T21:59:43Z")),
            ("2001-12-14 21:59:43.123456789", Some("2001-12-14T21:59:43.123456789Z")),
            ("2001-12-14 1:2:3", Some("2001-12-14T01:02:03Z")),
            ("2001-12-14T21:59:43+00:00", Some("2001-12-14T21:59:43Z")),
            ("2000-02-29", Some("2000-02-29T00:00:00Z")),
            ("1900-02-29", None),
            ("2001-12-14 21:59:43 -5", None),
            ("2001-12-14 21:59:43Z", None),
            ("2001-12-14T21:59:43", None),
            ("2001-13-01", None),
            ("20011-2-3", None),
            ("2001-12-14T24:00:00Z", None),
            ("1:30", None),
        ] {
            assert_eq!(Timestamp::parse(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }
}
