//! Dates, durations and their texts, as Go's package `time` has them.

mod arithmetic;
mod duration;
mod format;
mod layout;
mod parse;
mod time;

use std::rc::Rc;

use crate::gotemplate::functions::Host;
use crate::gotemplate::{Argument, FunctionError, Functions, GoString, Object, Parameter, Value, downcast};

use duration::Duration;
pub use time::Time;
pub(super) use time::Zone;

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("now", move || Value::object(Time::now(&source)));
    add_formatting(functions, host);
    add_parsing(functions, host);
    add_texts(functions, host);
    arithmetic::add(functions);
}

impl Argument for Time {
    fn parameter() -> Parameter {
        Parameter::Object(time::TYPE)
    }

    fn from_value(value: Value) -> Option<Self> {
        object::<Self>(&value).cloned()
    }
}

/// Returns the object of that Rust type in a value.
fn object<T: Object>(value: &Value) -> Option<&T> {
    if let Value::Object(object) = value { downcast(object) } else { None }
}

fn add_formatting(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("date", move |layout: GoString, date: Value| {
        moment(&source, &date).within(Zone::local(&source)).format(&layout)
    });
    let source = Rc::clone(host);
    functions.add("htmlDate", move |date: Value| {
        moment(&source, &date).within(Zone::local(&source)).format(b"2006-01-02")
    });
    for name in ["dateInZone", "date_in_zone"] {
        let source = Rc::clone(host);
        functions.add(name, move |layout: GoString, date: Value, zone: GoString| {
            moment(&source, &date).within(zone_or_utc(&source, &zone)).format(&layout)
        });
    }
    let source = Rc::clone(host);
    functions.add("htmlDateInZone", move |date: Value, zone: GoString| {
        moment(&source, &date).within(zone_or_utc(&source, &zone)).format(b"2006-01-02")
    });
    functions.add("unixEpoch", |date: Time| date.unix().to_string());
}

/// Reads a date: a time, or seconds since 1970. Anything else, a float among it, is now.
fn moment(host: &Host, date: &Value) -> Time {
    match date {
        Value::Int(_) | Value::Int32(_) | Value::Int64(_) => {
            Time::from_unix(date.as_signed().unwrap_or_default(), Zone::local(host))
        }
        other => object::<Time>(other).cloned().unwrap_or_else(|| Time::now(host)),
    }
}

fn zone_or_utc(host: &Host, name: &GoString) -> Zone {
    Zone::load(host, &name.to_text()).unwrap_or(Zone::Utc)
}

fn add_parsing(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("toDate", move |layout: GoString, text: GoString| {
        Value::object(parse::parse(&layout, &text, &source).unwrap_or_else(|_| Time::zero()))
    });
    let source = Rc::clone(host);
    functions.add("mustToDate", move |layout: GoString, text: GoString| {
        parse::parse(&layout, &text, &source).map(Value::object).map_err(FunctionError::from_cause)
    });
    for name in ["dateModify", "date_modify"] {
        functions.add(name, |change: GoString, date: Time| {
            Value::object(Duration::parse(&change).map_or_else(|_| date.clone(), |change| date.plus(change)))
        });
    }
    for name in ["mustDateModify", "must_date_modify"] {
        functions.add(name, |change: GoString, date: Time| {
            let change = Duration::parse(&change).map_err(FunctionError::from_cause)?;
            Ok::<_, FunctionError>(Value::object(date.plus(change)))
        });
    }
}

fn add_texts(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("ago", move |date: Value| {
        let then = match date {
            // Other than `date`, this one does not take an `int32`.
            Value::Int32(_) => Time::now(&source),
            other => moment(&source, &other),
        };
        Time::now(&source).since(&then).round(Duration::SECOND).to_string()
    });
    functions.add("duration", |seconds: Value| {
        let seconds = match &seconds {
            Value::String(text) => decimal_or_nearest(&text.to_text()),
            Value::Int64(seconds) => *seconds,
            _ => 0,
        };
        Duration(seconds.wrapping_mul(Duration::SECOND.0)).to_string()
    });
    let source = Rc::clone(host);
    functions.add("durationRound", move |value: Value| {
        let duration = match &value {
            Value::String(text) => Duration::parse(text).unwrap_or(Duration(0)),
            Value::Int64(nanoseconds) => Duration(*nanoseconds),
            other => object::<Time>(other).map_or(Duration(0), |then| Time::now(&source).since(then)),
        };
        duration.in_one_unit()
    });
}

/// Reads a number as `strconv.ParseInt(text, 10, 64)` whose error is dropped.
fn decimal_or_nearest(text: &str) -> i64 {
    text.parse().unwrap_or_else(|error: std::num::ParseIntError| match error.kind() {
        std::num::IntErrorKind::PosOverflow => i64::MAX,
        std::num::IntErrorKind::NegOverflow => i64::MIN,
        _ => 0,
    })
}
