//! Helm's own duration functions. They read durations from texts, and numbers as seconds.

use super::duration::{Duration, DurationError, TYPE};
use super::object;
use crate::gotemplate::format::{format_float, quote};
use crate::gotemplate::functions::casting::parse_float;
use crate::gotemplate::functions::reflection::type_of;
use crate::gotemplate::{Argument, FunctionError, Functions, Parameter, Value};

impl Argument for Duration {
    fn parameter() -> Parameter {
        Parameter::Object(TYPE)
    }

    fn from_value(value: Value) -> Option<Self> {
        object::<Self>(&value).copied()
    }
}

/// A value that is no duration.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum ReadError {
    #[error("empty duration")]
    Empty,
    #[error("invalid duration")]
    Nil,
    #[error("could not parse duration {text}")]
    Text {
        text: String,
        #[source]
        source: DurationError,
    },
    #[error("unsupported duration type {0}")]
    Type(String),
    #[error("duration seconds overflow: {0}")]
    Overflow(String),
    #[error("invalid duration seconds: {0}")]
    NotFinite(String),
}

pub(super) fn add(functions: &mut Functions) {
    functions.add("mustToDuration", |value: Value| {
        duration(&value).map(Value::object).map_err(FunctionError::from_cause)
    });
    for (name, unit, fraction) in [
        ("durationSeconds", Duration::SECOND, 1.0),
        ("durationMinutes", Duration::MINUTE, 1.0),
        ("durationHours", Duration::HOUR, 1.0),
        ("durationDays", Duration::HOUR, 24.0),
    ] {
        functions.add(name, move |value: Value| or_zero(&value).count(unit) / fraction);
    }
    functions.add("durationWeeks", |value: Value| or_zero(&value).count(Duration::HOUR) / 24.0 / 7.0);
    for (name, unit) in [
        ("durationMilliseconds", Duration::MILLISECOND),
        ("durationMicroseconds", Duration::MICROSECOND),
        ("durationNanoseconds", Duration(1)),
    ] {
        functions.add(name, move |value: Value| or_zero(&value).0 / unit.0);
    }
    functions.add("durationRoundTo", |value: Value, step: Value| stepped(&value, &step, Duration::round));
    functions
        .add("durationTruncateTo", |value: Value, step: Value| stepped(&value, &step, Duration::truncate));
}

fn or_zero(value: &Value) -> Duration {
    duration(value).unwrap_or(Duration(0))
}

/// What is no duration is zero; a step that is none changes nothing.
fn stepped(value: &Value, step: &Value, operation: fn(Duration, Duration) -> Duration) -> Value {
    let value = duration(value).map(|value| duration(step).map_or(value, |step| operation(value, step)));
    Value::object(value.unwrap_or(Duration(0)))
}

fn duration(value: &Value) -> Result<Duration, ReadError> {
    match value {
        Value::Invalid | Value::Nil => Err(ReadError::Nil),
        Value::String(text) => from_text(text),
        Value::Float(seconds) => from_seconds(*seconds),
        Value::Int(_) | Value::Int32(_) | Value::Int64(_) => {
            let seconds = value.as_signed().unwrap_or_default();
            let duration = seconds.checked_mul(Duration::SECOND.0).map(Duration);
            duration.ok_or_else(|| ReadError::Overflow(seconds.to_string()))
        }
        Value::Uint8(_) | Value::Uint64(_) => {
            let seconds = value.as_unsigned().unwrap_or_default();
            let duration =
                i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(Duration::SECOND.0));
            duration.map(Duration).ok_or_else(|| ReadError::Overflow(seconds.to_string()))
        }
        other => object(other).copied().ok_or_else(|| ReadError::Type(type_of(other).into_owned())),
    }
}

fn from_text(text: &[u8]) -> Result<Duration, ReadError> {
    let trimmed = String::from_utf8_lossy(text);
    let trimmed = trimmed.trim();
    if trimmed.is_empty() {
        return Err(ReadError::Empty);
    }
    Duration::parse(trimmed.as_bytes()).or_else(|source| match parse_float(trimmed) {
        Some(seconds) => from_seconds(seconds),
        None => Err(ReadError::Text { text: quote(text), source }),
    })
}

fn from_seconds(seconds: f64) -> Result<Duration, ReadError> {
    const LIMIT: f64 = 9_223_372_036_854_775_807.0;
    let text = || format_float(seconds, 'g', None);
    if !seconds.is_finite() {
        return Err(ReadError::NotFinite(text()));
    }
    let nanoseconds = seconds * 1e9;
    if nanoseconds.abs() > LIMIT {
        Err(ReadError::Overflow(text()))
    } else {
        Ok(Duration(nanoseconds as i64))
    }
}
