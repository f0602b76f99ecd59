//! Writing a time by a layout.

use super::layout::{Element, Offset, Padding, next_chunk};
use super::time::Time;

/// The months' names.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The weekdays' names, from Sunday.
pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Writes `time` by `layout`.
pub(super) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let chunk = next_chunk(rest);
        output.extend_from_slice(chunk.prefix);
        if let Some((element, _)) = chunk.element {
            output.extend_from_slice(write(time, element).as_bytes());
        }
        rest = chunk.rest;
    }
    output
}

fn write(time: &Time, element: Element) -> String {
    let civil = time.civil();
    let (year, hour) = (civil.year(), civil.hour());
    let half_hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    match element {
        Element::Year => format!("{year:04}"),
        Element::ShortYear => format!("{:02}", year.abs() % 100),
        Element::MonthName => time.month_name().to_owned(),
        Element::ShortMonthName => time.month_name()[..3].to_owned(),
        Element::Month(padding) => padded(civil.month().into(), padding, 2),
        Element::WeekdayName => time.weekday_name().to_owned(),
        Element::ShortWeekdayName => time.weekday_name()[..3].to_owned(),
        Element::Day(padding) => padded(civil.day().into(), padding, 2),
        Element::YearDay(padding) => padded(civil.date().day_of_year(), padding, 3),
        Element::Hour => padded(hour.into(), Padding::Zero, 2),
        Element::HalfHour(padding) => padded(half_hour.into(), padding, 2),
        Element::Minute(padding) => padded(civil.minute().into(), padding, 2),
        Element::Second(padding) => padded(civil.second().into(), padding, 2),
        Element::Noon { upper } => match (hour >= 12, upper) {
            (true, true) => "PM",
            (true, false) => "pm",
            (false, true) => "AM",
            (false, false) => "am",
        }
        .to_owned(),
        Element::ZoneName => zone_name(time),
        Element::Offset(how) => write_offset(time.offset(), how),
        Element::Fraction { separator, digits, trimmed } => {
            write_fraction(civil.subsec_nanosecond(), separator, digits, trimmed)
        }
    }
}

fn padded(number: i16, padding: Padding, width: usize) -> String {
    match padding {
        Padding::Nothing => number.to_string(),
        Padding::Space => format!("{number:width$}"),
        Padding::Zero => format!("{number:0width$}"),
    }
}

/// A zone without a name shows its offset.
fn zone_name(time: &Time) -> String {
    let name = time.zone_name();
    let plain = Offset { zulu: false, colons: false, minutes: true, seconds: false };
    if name.is_empty() { write_offset(time.offset(), plain) } else { name }
}

fn write_offset(offset: i32, how: Offset) -> String {
    if how.zulu && offset == 0 {
        return "Z".to_owned();
    }
    // The sign is that of whole minutes.
    let sign = if offset / 60 < 0 { '-' } else { '+' };
    let magnitude = offset.unsigned_abs();
    let (minutes, colon) = (magnitude / 60, if how.colons { ":" } else { "" });
    let hours = format!("{sign}{:02}", minutes / 60);
    let part = |wanted: bool, number: u32| if wanted { format!("{colon}{number:02}") } else { String::new() };
    [hours, part(how.minutes, minutes % 60), part(how.seconds, magnitude % 60)].concat()
}

fn write_fraction(nanoseconds: i32, separator: u8, digits: usize, trimmed: bool) -> String {
    let all = format!("{nanoseconds:09}");
    let kept = &all[..digits.min(9)];
    let kept = if trimmed { kept.trim_end_matches('0') } else { kept };
    if trimmed && kept.is_empty() { String::new() } else { format!("{}{kept}", char::from(separator)) }
}
