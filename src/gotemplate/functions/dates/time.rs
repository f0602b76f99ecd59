//! `time.Time`: an instant and the zone in which it is shown.

use std::rc::Rc;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::duration::Duration;
use super::format::{MONTHS, WEEKDAYS, format};
use super::parse::parse;
use crate::gotemplate::functions::Host;
use crate::gotemplate::{Function, GoString, Kind, Object, Value};

const RFC3339: &[u8] = b"2006-01-02T15:04:05Z07:00";

/// The name under `%T`.
pub(super) const TYPE: &str = "time.Time";

/// An instant as a clock in a zone shows it: Go's `time.Time`, which templates call by its methods.
#[derive(Clone, Debug)]
pub struct Time {
    instant: Timestamp,
    zone: Zone,
}

/// A `*time.Location`.
#[derive(Clone, Debug)]
pub(in crate::gotemplate::functions) enum Zone {
    Utc,
    /// The machine's zone, which Go calls `Local`.
    Local(TimeZone),
    /// A zone of the database.
    Named(TimeZone),
    /// An offset in seconds and what a text called it.
    Fixed(String, i32),
}

impl Zone {
    /// Returns the machine's zone.
    pub(super) fn local(host: &Host) -> Self {
        Self::Local(host.zone().clone())
    }

    /// Looks a zone up as `time.LoadLocation` does.
    pub(super) fn load(host: &Host, name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::local(host)),
            // What climbs out of the database is no name.
            _ if name.contains("..") || name.starts_with(['/', '\\']) => None,
            _ => TimeZone::get(name).ok().map(Self::Named),
        }
    }

    /// Returns the instant at which a clock in the zone shows `civil`. Where a clock skips that time, or shows it
    /// twice, the offset is that of the instant which the offset at `civil` in UTC leads to.
    pub(in crate::gotemplate::functions) fn instant(&self, civil: DateTime) -> Timestamp {
        let shown = Offset::UTC.to_timestamp(civil).unwrap_or(Timestamp::UNIX_EPOCH);
        let less =
            |offset: i32| shown.saturating_sub(SignedDuration::from_secs(offset.into())).unwrap_or(shown);
        match self.offset(shown) {
            0 => shown,
            first => less(self.offset(less(first))),
        }
    }

    fn offset(&self, instant: Timestamp) -> i32 {
        match self {
            Self::Utc => 0,
            Self::Local(zone) | Self::Named(zone) => zone.to_offset(instant).seconds(),
            Self::Fixed(_, offset) => *offset,
        }
    }

    fn abbreviation(&self, instant: Timestamp) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Local(zone) | Self::Named(zone) => zone.to_offset_info(instant).abbreviation().to_owned(),
            Self::Fixed(name, _) => name.clone(),
        }
    }
}

impl Time {
    /// Returns the host's time in its zone.
    pub(super) fn now(host: &Host) -> Self {
        Self { instant: host.now(), zone: Zone::local(host) }
    }

    /// Reads a time as JSON has it (RFC 3339) with the offset that it has; `None` where it is none.
    pub fn read(text: &str, host: &Host) -> Option<Self> {
        parse(RFC3339, text.as_bytes(), host).ok()
    }

    /// Returns Go's zero time: the first of January in the year one, UTC.
    pub fn zero() -> Self {
        Self { instant: Zone::Utc.instant(jiff::civil::date(1, 1, 1).at(0, 0, 0, 0)), zone: Zone::Utc }
    }

    /// Returns the time that many seconds after 1970 began; beyond the years that jiff knows, the last one.
    pub(super) fn from_unix(seconds: i64, zone: Zone) -> Self {
        let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self { instant: Timestamp::from_second(seconds).unwrap_or(nearest), zone }
    }

    /// Returns an instant in a zone.
    pub(in crate::gotemplate::functions) fn new(instant: Timestamp, zone: Zone) -> Self {
        Self { instant, zone }
    }

    /// Returns the same instant in another zone.
    pub(super) fn within(&self, zone: Zone) -> Self {
        Self { instant: self.instant, zone }
    }

    pub(super) fn plus(&self, duration: Duration) -> Self {
        let change = SignedDuration::from_nanos(duration.0);
        Self { instant: self.instant.saturating_add(change).unwrap_or(self.instant), zone: self.zone.clone() }
    }

    /// Returns how long after `earlier` this is, at most what a duration holds.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        let nanoseconds = self.instant.as_nanosecond() - earlier.instant.as_nanosecond();
        let nearest = if nanoseconds < 0 { i64::MIN } else { i64::MAX };
        Duration(i64::try_from(nanoseconds).unwrap_or(nearest))
    }

    pub(super) fn unix(&self) -> i64 {
        self.instant.as_nanosecond().div_euclid(1_000_000_000) as i64
    }

    /// Returns the time in Go's layout, as `2006-01-02`.
    pub fn format(&self, layout: impl AsRef<[u8]>) -> GoString {
        format(self, layout.as_ref()).into()
    }

    /// Returns what a clock in the zone shows.
    pub(super) fn civil(&self) -> DateTime {
        let offset = Offset::from_seconds(self.offset()).unwrap_or(Offset::UTC);
        offset.to_datetime(self.instant)
    }

    /// Returns the offset from UTC in seconds.
    pub(super) fn offset(&self) -> i32 {
        self.zone.offset(self.instant)
    }

    pub(super) fn zone_name(&self) -> String {
        self.zone.abbreviation(self.instant)
    }

    pub(super) fn month_name(&self) -> &'static str {
        MONTHS[(self.civil().month() - 1).unsigned_abs() as usize]
    }

    pub(super) fn weekday_name(&self) -> &'static str {
        WEEKDAYS[self.weekday()]
    }

    fn weekday(&self) -> usize {
        self.civil().weekday().to_sunday_zero_offset().unsigned_abs() as usize
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    /// As `String()`, without the reading of the monotonic clock that Go adds to `now`.
    fn text(&self) -> Option<String> {
        Some(self.format(b"2006-01-02 15:04:05.999999999 -0700 MST").to_string())
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        let civil = self.civil();
        Some(match name {
            b"String" => Function::new(move || self.text().unwrap_or_default()),
            b"Format" => Function::new(move |layout: GoString| self.format(&layout)),
            b"Unix" => Function::new(move || self.unix()),
            b"UnixMilli" => Function::new(move || self.instant.as_millisecond()),
            b"UnixMicro" => Function::new(move || self.instant.as_microsecond()),
            b"UnixNano" => Function::new(move || self.instant.as_nanosecond() as i64),
            b"Year" => Function::new(move || isize::from(civil.year())),
            b"Month" => Function::new(move || Value::object(Named::month(&self))),
            b"Weekday" => Function::new(move || Value::object(Named::weekday(&self))),
            b"Day" => Function::new(move || isize::from(civil.day())),
            b"YearDay" => Function::new(move || isize::from(civil.date().day_of_year())),
            b"Hour" => Function::new(move || isize::from(civil.hour())),
            b"Minute" => Function::new(move || isize::from(civil.minute())),
            b"Second" => Function::new(move || isize::from(civil.second())),
            b"Nanosecond" => Function::new(move || civil.subsec_nanosecond() as isize),
            b"UTC" => Function::new(move || Value::object(self.within(Zone::Utc))),
            b"IsZero" => Function::new(move || self.instant == Self::zero().instant),
            b"Add" => Function::new(move |duration: Duration| Value::object(self.plus(duration))),
            b"AddDate" => Function::new(move |years: isize, months: isize, days: isize| {
                Value::object(self.plus_date(years, months, days))
            }),
            b"Sub" => Function::new(move |other: Self| Value::object(self.since(&other))),
            b"Before" => Function::new(move |other: Self| self.instant < other.instant),
            b"After" => Function::new(move |other: Self| self.instant > other.instant),
            b"Equal" => Function::new(move |other: Self| self.instant == other.instant),
            _ => return None,
        })
    }

    fn to_json(&self) -> serde_json::Value {
        self.format(b"2006-01-02T15:04:05.999999999Z07:00").to_string().into()
    }
}

impl Time {
    /// Adds to the calendar's fields; days beyond a month's end run over into the next one.
    fn plus_date(&self, years: isize, months: isize, days: isize) -> Self {
        let civil = self.civil();
        let months =
            (i64::from(civil.year()) + years as i64) * 12 + i64::from(civil.month()) - 1 + months as i64;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let first =
            i16::try_from(year).ok().and_then(|year| jiff::civil::Date::new(year, month as i8, 1).ok());
        let days = days as i64 + i64::from(civil.day()) - 1;
        let date = first.and_then(|first| first.checked_add(jiff::Span::new().try_days(days).ok()?).ok());
        date.map_or_else(
            || self.clone(),
            |date| Self::new(self.zone.instant(date.to_datetime(civil.time())), self.zone.clone()),
        )
    }
}

/// A `time.Month` or a `time.Weekday`: an integer that prints as a name.
#[derive(Clone, Copy, Debug)]
struct Named {
    of: &'static str,
    number: isize,
    name: &'static str,
}

impl Named {
    fn month(time: &Time) -> Self {
        Self { of: "time.Month", number: time.civil().month().into(), name: time.month_name() }
    }

    fn weekday(time: &Time) -> Self {
        Self { of: "time.Weekday", number: time.weekday() as isize, name: time.weekday_name() }
    }
}

impl Object for Named {
    fn type_name(&self) -> &'static str {
        self.of
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int(self.number))
    }

    fn text(&self) -> Option<String> {
        Some(self.name.to_owned())
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        (name == b"String").then(|| Function::new(move || self.name))
    }

    fn to_json(&self) -> serde_json::Value {
        self.number.into()
    }
}
