//! Reading TOML: integers are int64, arrays of tables have Go's type for them.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::gotemplate::functions::dates::{Time, Zone};
use crate::gotemplate::{GoString, List, MAP, MAPS, Map, Value};

/// A text that is no TOML. The words are those of our reader, not of Go's.
#[derive(Debug, thiserror::Error)]
pub(super) enum DecodeError {
    #[error("toml: invalid UTF-8 byte")]
    Utf8,
    #[error("toml: {}", .0.message())]
    Syntax(#[source] toml::de::Error),
}

/// Reads a document.
pub(super) fn decode(text: &GoString) -> Result<Map, DecodeError> {
    let text = text.as_text().ok_or(DecodeError::Utf8)?;
    let table: toml::Table = text.parse().map_err(DecodeError::Syntax)?;
    Ok(map(table))
}

fn map(table: toml::Table) -> Map {
    let entries: BTreeMap<GoString, Value> =
        table.into_iter().map(|(key, item)| (key.into(), value(item))).collect();
    Map::typed(&MAP, entries)
}

fn value(item: toml::Value) -> Value {
    match item {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => Value::Int64(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(date) => Value::object(time(date)),
        toml::Value::Array(items) => {
            // `[[name]]` and a list of inline tables look alike to the reader; the former is what is written.
            let tables = !items.is_empty() && items.iter().all(toml::Value::is_table);
            let items: Vec<Value> = items.into_iter().map(value).collect();
            Value::List(if tables { List::typed(&MAPS, items) } else { List::new(items) })
        }
        toml::Value::Table(table) => Value::Map(map(table)),
    }
}

/// Dates without an offset are shown as if they were UTC.
fn time(date: toml::value::Datetime) -> Time {
    let day = date.date.map_or((0, 1, 1), |date| (date.year as i16, date.month as i8, date.day as i8));
    let clock = date.time.map_or((0, 0, 0, 0), |time| {
        (time.hour as i8, time.minute as i8, time.second as i8, time.nanosecond as i32)
    });
    let civil =
        DateTime::new(day.0, day.1, day.2, clock.0, clock.1, clock.2, clock.3).unwrap_or(DateTime::ZERO);
    let zone = match date.offset {
        Some(toml::value::Offset::Custom { minutes }) => {
            let seconds = Offset::from_seconds(i32::from(minutes) * 60).map_or(0, Offset::seconds);
            Zone::Fixed(String::new(), seconds)
        }
        Some(toml::value::Offset::Z) | None => Zone::Utc,
    };
    Time::new(zone.instant(civil), zone)
}
