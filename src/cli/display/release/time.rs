//! Times of records in the forms that helm prints.

use jiff::{Timestamp, Zoned, fmt::temporal::Pieces, tz::TimeZone};

/// Reads a record's time; a clock shows it with the offset that the record has.
fn read(text: &str) -> Option<Zoned> {
    let offset = Pieces::parse(text).ok()?.to_numeric_offset()?;
    Some(text.parse::<Timestamp>().ok()?.to_zoned(TimeZone::fixed(offset)))
}

/// Returns `Mon Jan  2 15:04:05 2006`; without a time, Go's zero time.
pub(in crate::cli) fn ansic(text: Option<&str>) -> String {
    let time = text.and_then(read);
    time.map_or_else(
        || "Mon Jan  1 00:00:00 0001".to_owned(),
        |time| time.strftime("%a %b %e %H:%M:%S %Y").to_string(),
    )
}

/// Returns `2006-01-02 15:04:05.999999999 -0700 MST`, or `-` without a time.
pub(in crate::cli) fn go_time(text: Option<&str>) -> String {
    let Some(time) = text.and_then(read) else { return "-".to_owned() };
    let fraction = match time.subsec_nanosecond() {
        0 => String::new(),
        nanoseconds => format!(".{nanoseconds:09}").trim_end_matches('0').to_owned(),
    };
    let offset = time.strftime("%z").to_string();
    let zone = if time.offset().is_zero() { "UTC" } else { &offset };
    format!("{}{fraction} {offset} {zone}", time.strftime("%Y-%m-%d %H:%M:%S"))
}

/// Returns `2006-01-02T15:04:05Z07:00`; without a time, Go's zero time.
pub(in crate::cli) fn seconds(text: Option<&str>) -> String {
    let Some(time) = text.and_then(read) else { return "0001-01-01T00:00:00Z".to_owned() };
    let offset = if time.offset().is_zero() { "Z".to_owned() } else { time.strftime("%:z").to_string() };
    format!("{}{offset}", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_go_shows_them() {
        let utc = Some("2026-11-02T09:08:07.120000000Z");
        assert_eq!(ansic(utc), "Mon Nov  2 09:08:07 2026");
        assert_eq!(go_time(utc), "2026-11-02 09:08:07.12 +0000 UTC");
        assert_eq!(seconds(utc), "2026-11-02T09:08:07Z");
        let east = Some("2026-11-02T09:08:07+01:00");
        assert_eq!(go_time(east), "2026-11-02 09:08:07 +0100 +0100");
        assert_eq!(seconds(east), "2026-11-02T09:08:07+01:00");
        assert_eq!((go_time(None).as_str(), go_time(Some(""))), ("-", "-".to_owned()));
    }
}
