//! Reading a time by a layout.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset as UtcOffset;

use super::format::{MONTHS, WEEKDAYS};
use super::layout::{Element, Offset, Padding, next_chunk};
use super::time::{Time, Zone};
use crate::gotemplate::format::quote;
use crate::gotemplate::functions::Host;

/// A text that does not follow its layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParseError {
    #[error("parsing time {text} as {layout}: cannot parse {rest} as {element}")]
    Mismatch { text: String, layout: String, rest: String, element: String },
    #[error("parsing time {text}: {what}")]
    Wrong { text: String, what: String },
}

/// What is wrong with one element's text.
enum Wrong {
    Mismatch,
    Range(&'static str),
}

/// What the elements have said so far.
#[derive(Default)]
struct Fields {
    year: i16,
    month: Option<i16>,
    day: Option<i16>,
    year_day: Option<i16>,
    hour: i16,
    minute: i16,
    second: i16,
    nanosecond: i32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i32>,
    zone_name: String,
}

/// Reads `text` by `layout`; without a zone in it, the time is the host's.
pub(super) fn parse(layout: &[u8], text: &[u8], host: &Host) -> Result<Time, ParseError> {
    let mismatch = |rest: &[u8], element: &[u8]| ParseError::Mismatch {
        text: quote(text),
        layout: quote(layout),
        rest: quote(rest),
        element: quote(element),
    };
    let wrong = |what: String| ParseError::Wrong { text: quote(text), what };
    let mut fields = Fields::default();
    let (mut layout_rest, mut rest) = (layout, text);
    loop {
        let chunk = next_chunk(layout_rest);
        rest = skip(rest, chunk.prefix).map_err(|rest| mismatch(rest, chunk.prefix))?;
        let Some((element, element_text)) = chunk.element else { break };
        let before = rest;
        fields.read(element, &mut rest, chunk.rest).map_err(|error| match error {
            Wrong::Mismatch => mismatch(before, element_text),
            Wrong::Range(what) => wrong(format!("{what} out of range")),
        })?;
        layout_rest = chunk.rest;
    }
    if !rest.is_empty() {
        return Err(wrong(format!("extra text: {}", quote(rest))));
    }
    let date = fields.date().map_err(|what| wrong(what.to_owned()))?;
    Ok(fields.place(date, host))
}

/// Skips the text between elements. A space in the layout stands for any number of spaces.
fn skip<'a>(mut text: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some((first, after)) = prefix.split_first() {
        if *first == b' ' {
            if text.first().is_some_and(|byte| *byte != b' ') {
                return Err(text);
            }
            prefix = prefix.trim_ascii_start_spaces();
            text = text.trim_ascii_start_spaces();
            continue;
        }
        match text.split_first() {
            Some((byte, rest)) if byte == first => text = rest,
            _ => return Err(text),
        }
        prefix = after;
    }
    Ok(text)
}

trait Spaces {
    fn trim_ascii_start_spaces(&self) -> &Self;
}

impl Spaces for [u8] {
    fn trim_ascii_start_spaces(&self) -> &Self {
        &self[self.iter().take_while(|byte| **byte == b' ').count()..]
    }
}

impl Fields {
    fn read(&mut self, element: Element, rest: &mut &[u8], layout_rest: &[u8]) -> Result<(), Wrong> {
        match element {
            Element::Year => self.year = exact(rest, 4)?,
            Element::ShortYear => {
                let year = exact(rest, 2)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Element::MonthName => self.month = Some(name(rest, &MONTHS, usize::MAX)? + 1),
            Element::ShortMonthName => self.month = Some(name(rest, &MONTHS, 3)? + 1),
            Element::WeekdayName => _ = name(rest, &WEEKDAYS, usize::MAX)?,
            Element::ShortWeekdayName => _ = name(rest, &WEEKDAYS, 3)?,
            Element::Month(padding) => self.month = Some(within(number(rest, padding, 2)?, 1..=12, "month")?),
            Element::Day(padding) => self.day = Some(number(rest, padding, 2)?),
            Element::YearDay(padding) => self.year_day = Some(number(rest, padding, 3)?),
            Element::Hour => self.hour = within(number(rest, Padding::Nothing, 2)?, 0..=23, "hour")?,
            Element::HalfHour(padding) => self.hour = within(number(rest, padding, 2)?, 0..=12, "hour")?,
            Element::Minute(padding) => self.minute = within(number(rest, padding, 2)?, 0..=59, "minute")?,
            Element::Second(padding) => {
                self.second = within(number(rest, padding, 2)?, 0..=59, "second")?;
                self.read_unasked_fraction(rest, layout_rest)?;
            }
            Element::Noon { upper } => self.afternoon = Some(noon(rest, upper)?),
            Element::ZoneName => self.read_zone_name(rest)?,
            Element::Offset(how) if how.zulu && rest.first() == Some(&b'Z') => {
                self.utc = true;
                *rest = &rest[1..];
            }
            Element::Offset(how) => self.offset = Some(offset(rest, how)?),
            Element::Fraction { trimmed: false, digits, .. } => {
                self.nanosecond = fraction(rest, 1 + digits)?;
            }
            Element::Fraction { .. } => {
                if let Some(length) = fraction_length(rest) {
                    self.nanosecond = fraction(rest, length)?;
                }
            }
        }
        Ok(())
    }

    /// Seconds may have a fraction that the layout does not ask for.
    fn read_unasked_fraction(&mut self, rest: &mut &[u8], layout_rest: &[u8]) -> Result<(), Wrong> {
        let asked = matches!(next_chunk(layout_rest).element, Some((Element::Fraction { .. }, _)));
        if let Some(length) = fraction_length(rest).filter(|_| !asked) {
            self.nanosecond = fraction(rest, length)?;
        }
        Ok(())
    }

    fn read_zone_name(&mut self, rest: &mut &[u8]) -> Result<(), Wrong> {
        if let Some(after) = rest.strip_prefix(b"UTC") {
            self.utc = true;
            *rest = after;
            return Ok(());
        }
        let length = zone_name_length(rest).ok_or(Wrong::Mismatch)?;
        let (name, after) = rest.split_at(length);
        self.zone_name = String::from_utf8_lossy(name).into_owned();
        *rest = after;
        Ok(())
    }

    fn date(&self) -> Result<Date, &'static str> {
        if let Some(year_day) = self.year_day {
            let first = Date::new(self.year, 1, 1).map_err(|_| "day-of-year out of range")?;
            let date = first.with().day_of_year(year_day).build().map_err(|_| "day-of-year out of range")?;
            if self.month.is_some_and(|month| month != i16::from(date.month())) {
                return Err("day-of-year does not match month");
            }
            if self.day.is_some_and(|day| day != i16::from(date.day())) {
                return Err("day-of-year does not match day");
            }
            return Ok(date);
        }
        let (month, day) = (self.month.unwrap_or(1) as i8, self.day.unwrap_or(1) as i8);
        Date::new(self.year, month, day).map_err(|_| "day out of range")
    }

    fn place(&self, date: Date, host: &Host) -> Time {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let civil = date.at(hour as i8, self.minute as i8, self.second as i8, self.nanosecond);
        match self.offset {
            _ if self.utc => Time::new(Zone::Utc.instant(civil), Zone::Utc),
            Some(offset) => self.place_by_offset(civil, offset, host),
            None if !self.zone_name.is_empty() => self.place_by_name(civil, host),
            None => Time::new(Zone::local(host).instant(civil), Zone::local(host)),
        }
    }

    /// Where the local zone has the offset at that time, the time is local.
    fn place_by_offset(&self, civil: DateTime, offset: i32, host: &Host) -> Time {
        let at = Zone::Fixed(self.zone_name.clone(), offset);
        let instant = at.instant(civil);
        let local = Time::new(instant, Zone::local(host));
        let same =
            local.offset() == offset && (self.zone_name.is_empty() || local.zone_name() == self.zone_name);
        if same { local } else { Time::new(instant, at) }
    }

    /// A name that the local zone does not use has an unknown offset, which is none; `GMT+2` says its own.
    fn place_by_name(&self, civil: DateTime, host: &Host) -> Time {
        let local = Time::new(Zone::local(host).instant(civil), Zone::local(host));
        if local.zone_name() == self.zone_name {
            return local;
        }
        let hours =
            self.zone_name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok()).unwrap_or(0);
        let seconds = UtcOffset::from_seconds(hours * 3600).map_or(0, UtcOffset::seconds);
        let zone = Zone::Fixed(self.zone_name.clone(), seconds);
        // Go takes the clock for that of UTC, and only shows it in the zone.
        Time::new(Zone::Utc.instant(civil), zone)
    }
}

fn within(number: i16, range: std::ops::RangeInclusive<i16>, what: &'static str) -> Result<i16, Wrong> {
    if range.contains(&number) { Ok(number) } else { Err(Wrong::Range(what)) }
}

/// Reads so many digits.
fn exact(rest: &mut &[u8], length: usize) -> Result<i16, Wrong> {
    let digits =
        rest.get(..length).filter(|digits| digits.iter().all(u8::is_ascii_digit)).ok_or(Wrong::Mismatch)?;
    *rest = &rest[length..];
    Ok(digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
}

/// Reads a number of at most `width` digits; zero padding asks for all of them.
fn number(rest: &mut &[u8], padding: Padding, width: usize) -> Result<i16, Wrong> {
    if padding == Padding::Space {
        let spaces = rest.iter().take(width - 1).take_while(|byte| **byte == b' ').count();
        *rest = &rest[spaces..];
    }
    let digits = rest.iter().take(width).take_while(|byte| byte.is_ascii_digit()).count();
    match digits {
        0 => Err(Wrong::Mismatch),
        _ if padding == Padding::Zero && digits < width => Err(Wrong::Mismatch),
        _ => exact(rest, digits),
    }
}

/// Reads one of the names, cut to `length`, in any case; returns which.
fn name(rest: &mut &[u8], names: &[&str], length: usize) -> Result<i16, Wrong> {
    let cut = |name: &str| name.len().min(length);
    let matches = |name: &&str| {
        rest.get(..cut(name)).is_some_and(|text| text.eq_ignore_ascii_case(&name.as_bytes()[..cut(name)]))
    };
    let index = names.iter().position(matches).ok_or(Wrong::Mismatch)?;
    *rest = &rest[cut(names[index])..];
    Ok(index as i16)
}

fn noon(rest: &mut &[u8], upper: bool) -> Result<bool, Wrong> {
    let (word, after) = rest.split_at_checked(2).ok_or(Wrong::Mismatch)?;
    *rest = after;
    match (word, upper) {
        (b"PM", true) | (b"pm", false) => Ok(true),
        (b"AM", true) | (b"am", false) => Ok(false),
        _ => Err(Wrong::Mismatch),
    }
}

fn offset(rest: &mut &[u8], how: Offset) -> Result<i32, Wrong> {
    let (sign, mut text) = rest.split_first().ok_or(Wrong::Mismatch)?;
    let mut part = |wanted: bool, colon: bool| -> Result<i32, Wrong> {
        if !wanted {
            return Ok(0);
        }
        if colon {
            text = text.strip_prefix(b":").ok_or(Wrong::Mismatch)?;
        }
        exact(&mut text, 2).map(i32::from)
    };
    let hours = part(true, false)?;
    let minutes = part(how.minutes, how.colons)?;
    let seconds = part(how.seconds, how.colons)?;
    for (number, most, what) in [
        (hours, 24, "time zone offset hour"),
        (minutes, 60, "time zone offset minute"),
        (seconds, 60, "time zone offset second"),
    ] {
        if number > most {
            return Err(Wrong::Range(what));
        }
    }
    *rest = text;
    let total = (hours * 60 + minutes) * 60 + seconds;
    match sign {
        b'+' => Ok(total),
        b'-' => Ok(-total),
        _ => Err(Wrong::Mismatch),
    }
}

/// Returns the length of a separator and the digits after it.
fn fraction_length(rest: &[u8]) -> Option<usize> {
    let [b'.' | b',', after @ ..] = rest else { return None };
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(1 + digits)
}

/// Reads a separator and digits, of which nine count; returns nanoseconds.
fn fraction(rest: &mut &[u8], length: usize) -> Result<i32, Wrong> {
    let text = rest.get(..length).ok_or(Wrong::Mismatch)?;
    let digits = match text {
        [b'.' | b',', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return Err(Wrong::Mismatch),
    };
    *rest = &rest[length..];
    let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    Ok(padded.fold(0, |number, digit| number * 10 + i32::from(digit - b'0')))
}

/// Returns how long the zone's abbreviation is: three or four capital letters, five that end in `T`, or an
/// offset of hours.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if text.starts_with(b"GMT") {
        return Some(3 + signed_hours_length(&text[3..]).unwrap_or(0));
    }
    if matches!(text[0], b'+' | b'-') {
        return signed_hours_length(text);
    }
    match text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        5 if text[4] == b'T' => Some(5),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

fn signed_hours_length(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', digits @ ..] = text else { return None };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours: u32 = std::str::from_utf8(&digits[..count]).ok()?.parse().ok()?;
    (hours <= 23).then_some(1 + count)
}
