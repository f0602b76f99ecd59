//! Numbers compared by their texts, exactly.

use std::cmp::Ordering;

use crate::resource::Number;

/// Returns how two numbers compare; `None` where one is no decimal number.
pub(crate) fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    let (left, right) = (Decimal::parse(left.as_str())?, Decimal::parse(right.as_str())?);
    Some(match (left.sign(), right.sign()) {
        (own, other) if own != other => own.cmp(&other),
        (Ordering::Equal, _) => Ordering::Equal,
        (Ordering::Less, _) => right.compare_size(&left),
        (Ordering::Greater, _) => left.compare_size(&right),
    })
}

/// Says whether a number is a whole multiple of a factor; what can't be told is let through.
pub(crate) fn is_multiple(number: &Number, factor: &Number) -> bool {
    let (Some(number), Some(factor)) = (Decimal::parse(number.as_str()), Decimal::parse(factor.as_str()))
    else {
        return true;
    };
    if factor.digits.is_empty() {
        return false;
    }
    let exponent = number.exponent.min(factor.exponent);
    match (number.scaled(exponent), factor.scaled(exponent)) {
        (Some(number), Some(factor)) => number % factor == 0,
        _ => true,
    }
}

/// `±0.digits × 10^point`, and as an integer `digits × 10^exponent`; no leading or trailing zeros.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let text = text.strip_prefix('+').unwrap_or(text);
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let leading = all.iter().take_while(|digit| **digit == b'0').count();
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_sub(leading as i64)?;
        let significant = all.iter().rposition(|digit| *digit != b'0').map_or(leading, |last| last + 1);
        let digits = all[leading..significant].to_vec();
        let exponent = point.checked_sub(digits.len() as i64)?;
        Some(Self { negative, digits, point, exponent })
    }

    fn sign(&self) -> Ordering {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => Ordering::Equal,
            (false, true) => Ordering::Less,
            (false, false) => Ordering::Greater,
        }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits))
    }

    /// Returns the size as a whole number of `10^exponent`.
    fn scaled(&self, exponent: i64) -> Option<u128> {
        let digits = std::str::from_utf8(&self.digits).ok()?;
        let size: u128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let power = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        size.checked_mul(10u128.checked_pow(power)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::from_text(text)
    }

    #[test]
    fn numbers_compare_by_value_however_they_are_written() {
        for (left, right, expected) in [
            ("1", "1.0", Ordering::Equal),
            ("1e400", "9e399", Ordering::Greater),
            ("-2", "-10", Ordering::Greater),
            ("-0", "0", Ordering::Equal),
            ("0.10", "0.09", Ordering::Greater),
            ("9007199254740993", "9007199254740992", Ordering::Greater),
        ] {
            assert_eq!(compare(&number(left), &number(right)), Some(expected), "{left} {right}");
        }
        assert_eq!(compare(&number("+Inf"), &number("1")), None);
    }

    #[test]
    fn multiples_are_exact() {
        assert!(is_multiple(&number("0.3"), &number("0.1")));
        assert!(is_multiple(&number("1e3"), &number("5")));
        assert!(!is_multiple(&number("7"), &number("3")));
        assert!(!is_multiple(&number("1"), &number("0")));
    }
}
