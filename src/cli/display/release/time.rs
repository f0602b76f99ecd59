//! Times of records in the forms that helm prints.

use crate::gotemplate::functions::{Host, Time};

/// Reads a record's time; a clock shows it with the offset that the record has. Without a time it is Go's zero time.
pub(super) fn read(text: Option<&str>) -> Time {
    text.and_then(|text| Time::read(text, &Host::system())).unwrap_or_else(Time::zero)
}

/// Returns `Mon Jan  2 15:04:05 2006`.
pub(in crate::cli) fn ansic(text: Option<&str>) -> String {
    read(text).format("Mon Jan _2 15:04:05 2006").to_string()
}

/// Returns the time in Go's layout or as `2006-01-02 15:04:05.999999999 -0700 MST`, and `-` without a time.
pub(in crate::cli) fn go_time(text: Option<&str>, layout: Option<&str>) -> String {
    let layout = layout.unwrap_or("2006-01-02 15:04:05.999999999 -0700 MST");
    match text.filter(|text| !text.is_empty()) {
        None => "-".to_owned(),
        text => read(text).format(layout).to_string(),
    }
}

/// Returns `2006-01-02T15:04:05Z07:00`.
pub(in crate::cli) fn seconds(text: Option<&str>) -> String {
    read(text).format("2006-01-02T15:04:05Z07:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_go_shows_them() {
        let utc = Some("2026-11-02T09:08:07.120000000Z");
        assert_eq!(ansic(utc), "Mon Nov  2 09:08:07 2026");
        assert_eq!(go_time(utc, None), "2026-11-02 09:08:07.12 +0000 UTC");
        assert_eq!(go_time(utc, Some("02 Jan 06 15:04")), "02 Nov 26 09:08");
        assert_eq!(seconds(utc), "2026-11-02T09:08:07Z");
        let east = Some("2026-11-02T09:08:07+12:45");
        assert_eq!(go_time(east, Some("15:04 -0700")), "09:08 +1245");
        assert_eq!(seconds(east), "2026-11-02T09:08:07+12:45");
        assert_eq!((go_time(None, None).as_str(), go_time(Some(""), Some("2006"))), ("-", "-".to_owned()));
        assert_eq!(ansic(None), "Mon Jan  1 00:00:00 0001");
        assert_eq!(seconds(None), "0001-01-01T00:00:00Z");
    }
}
