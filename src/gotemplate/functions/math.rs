//! Arithmetic: whole numbers wrap as Go's `int64`; the functions with an `f` count in decimal.

use super::casting::{float, integer};
use super::decimal::Decimal;
use super::printing::printed;
use crate::gotemplate::{FunctionError, Functions, Rest, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("int", |value: Value| integer(&value) as isize);
    functions.add("int64", |value: Value| integer(&value));
    functions.add("float64", |value: Value| float(&value));
    functions.add("atoi", |text: crate::gotemplate::GoString| atoi(text.as_text().unwrap_or_default()));
    functions.add("toDecimal", |value: Value| {
        let digits = printed(&value);
        std::str::from_utf8(&digits).ok().and_then(|digits| i64::from_str_radix(digits, 8).ok()).unwrap_or(0)
    });
    add_whole(functions);
    add_decimal(functions);
    add_comparing(functions);
    add_rounding(functions);
}

fn add_whole(functions: &mut Functions) {
    functions.add("add1", |value: Value| integer(&value).wrapping_add(1));
    functions.add("add", |values: Rest<Value>| values.0.iter().map(integer).fold(0, i64::wrapping_add));
    functions.add("sub", |left: Value, right: Value| integer(&left).wrapping_sub(integer(&right)));
    functions.add("mul", |first: Value, rest: Rest<Value>| {
        rest.0.iter().map(integer).fold(integer(&first), i64::wrapping_mul)
    });
    functions.add("div", |left: Value, right: Value| {
        divisor(&right).map(|divisor| integer(&left).wrapping_div(divisor))
    });
    functions.add("mod", |left: Value, right: Value| {
        divisor(&right).map(|divisor| integer(&left).wrapping_rem(divisor))
    });
}

fn divisor(value: &Value) -> Result<i64, FunctionError> {
    match integer(value) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(divisor),
    }
}

fn add_decimal(functions: &mut Functions) {
    functions
        .add("add1f", |value: Value| Ok::<_, FunctionError>((decimal(&value)? + Decimal::one()).to_float()));
    functions.add("addf", |values: Rest<Value>| {
        calculated(Decimal::zero(), &values.0, |total, value| Ok(total + value))
    });
    functions.add("subf", |first: Value, rest: Rest<Value>| {
        calculated(decimal(&first)?, &rest.0, |total, value| Ok(total - value))
    });
    functions.add("mulf", |first: Value, rest: Rest<Value>| {
        calculated(decimal(&first)?, &rest.0, |total, value| Ok(total * value))
    });
    functions.add("divf", |first: Value, rest: Rest<Value>| {
        calculated(decimal(&first)?, &rest.0, |total, value| {
            total.divided_by(&value).ok_or_else(|| "decimal division by 0".into())
        })
    });
}

fn decimal(value: &Value) -> Result<Decimal, FunctionError> {
    let number = float(value);
    Decimal::from_float(number).ok_or_else(|| {
        FunctionError::new(format!("Cannot create a Decimal from {}", crate::yaml::format_float(number)))
    })
}

fn calculated(
    first: Decimal,
    rest: &[Value],
    operation: impl Fn(Decimal, Decimal) -> Result<Decimal, FunctionError>,
) -> Result<f64, FunctionError> {
    let mut total = first;
    for value in rest {
        total = operation(total, decimal(value)?)?;
    }
    Ok(total.to_float())
}

fn add_comparing(functions: &mut Functions) {
    for name in ["max", "biggest"] {
        functions.add(name, |first: Value, rest: Rest<Value>| {
            rest.0.iter().map(integer).fold(integer(&first), i64::max)
        });
    }
    functions.add("min", |first: Value, rest: Rest<Value>| {
        rest.0.iter().map(integer).fold(integer(&first), i64::min)
    });
    functions.add("maxf", |first: Value, rest: Rest<Value>| {
        rest.0.iter().map(float).fold(float(&first), |left, right| known(left, right, f64::max))
    });
    functions.add("minf", |first: Value, rest: Rest<Value>| {
        rest.0.iter().map(float).fold(float(&first), |left, right| known(left, right, f64::min))
    });
}

/// Go's `math.Max` and `math.Min` keep not-a-number; Rust's drop it.
fn known(left: f64, right: f64, choose: fn(f64, f64) -> f64) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { choose(left, right) }
}

fn add_rounding(functions: &mut Functions) {
    functions.add("floor", |value: Value| float(&value).floor());
    functions.add("ceil", |value: Value| float(&value).ceil());
    functions.add("round", |value: Value, places: isize, threshold: Rest<f64>| {
        rounded(float(&value), places, threshold.0.first().copied().unwrap_or(0.5))
    });
}

/// Rounds up from `threshold` on; a negative number's fraction is negative, so that it is always cut down.
fn rounded(number: f64, places: isize, threshold: f64) -> f64 {
    let power = 10_f64.powi(i32::try_from(places).unwrap_or(i32::MAX));
    let digits = power * number;
    let up = digits.fract() >= threshold;
    (if up { digits.ceil() } else { digits.floor() }) / power
}

/// Reads a decimal number as `strconv.Atoi`, whose error Sprig drops: a number that does not fit is the nearest
/// one, anything else zero.
fn atoi(text: &str) -> isize {
    match text.parse::<isize>() {
        Ok(number) => number,
        Err(error) => match error.kind() {
            std::num::IntErrorKind::PosOverflow => isize::MAX,
            std::num::IntErrorKind::NegOverflow => isize::MIN,
            _ => 0,
        },
    }
}
