//! Numbers compared by their texts, with the precision of Go's `big.Float`.

use std::cmp::Ordering;

use num_bigint::BigUint;

use crate::resource::Number;

/// Returns how two numbers compare; `None` where one is no number.
pub(crate) fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    let infinities = (infinity(left), infinity(right));
    if infinities != (Ordering::Equal, Ordering::Equal) {
        return Some(infinities.0.cmp(&infinities.1));
    }
    let (left, right) = (Decimal::parse(left.as_str())?, Decimal::parse(right.as_str())?);
    let compare_size = |left: &Decimal, right: &Decimal| match (left.float(), right.float()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.compare_size(right),
    };
    Some(match (left.sign(), right.sign()) {
        (own, other) if own != other => own.cmp(&other),
        (Ordering::Equal, _) => Ordering::Equal,
        (Ordering::Less, _) => compare_size(&right, &left),
        (Ordering::Greater, _) => compare_size(&left, &right),
    })
}

/// Says whether a number is a whole multiple of a factor, as far as 64 bits can tell: for them 0.9 is no multiple of
/// 0.3. What can't be told is let through.
pub(crate) fn is_multiple(number: &Number, factor: &Number) -> bool {
    if infinity(number) != Ordering::Equal {
        return false;
    }
    let (Some(number), Some(factor)) = (Decimal::parse(number.as_str()), Decimal::parse(factor.as_str()))
    else {
        return true;
    };
    match (number.float(), factor.float()) {
        (_, Some(factor)) if factor.mantissa == 0 => false,
        (Some(number), Some(factor)) => number.quotient(&factor).is_whole(),
        _ => true,
    }
}

/// Returns why Go can't compute with a number, in its words.
pub(crate) fn fault(number: &Number) -> Option<&'static str> {
    if infinity(number) != Ordering::Equal {
        return None;
    }
    match Decimal::parse(number.as_str()) {
        None => Some("number has no digits"),
        Some(decimal) if i32::try_from(decimal.exponent).is_err() => Some("exponent overflow"),
        Some(_) => None,
    }
}

/// Returns the sign of an infinite number; a finite one is equal to any other, as seen from there.
fn infinity(number: &Number) -> Ordering {
    match number.as_str() {
        "+Inf" => Ordering::Greater,
        "-Inf" => Ordering::Less,
        _ => Ordering::Equal,
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

    /// Returns the size, rounded; `None` where the exponent is too large to compute with.
    fn float(&self) -> Option<Float> {
        const LARGEST: u32 = 5000;
        let power = u32::try_from(self.exponent.unsigned_abs()).ok().filter(|power| *power <= LARGEST)?;
        let digits = BigUint::parse_bytes(&self.digits, 10).unwrap_or_default();
        let power = BigUint::from(10u32).pow(power);
        Some(if self.exponent < 0 {
            Float::round(&digits, &power)
        } else {
            Float::round(&(digits * power), &BigUint::from(1u32))
        })
    }
}

/// `mantissa × 2^exponent`; the highest bit of the mantissa is set, unless the number is zero.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Float {
    exponent: i64,
    mantissa: u64,
}

impl Float {
    /// Returns a fraction to the nearest, of two equally near ones the even.
    fn round(numerator: &BigUint, denominator: &BigUint) -> Self {
        const BITS: u64 = 64;
        if *numerator == BigUint::ZERO {
            return Self { exponent: i64::MIN, mantissa: 0 };
        }
        let shift = (BITS + 2 + denominator.bits()).saturating_sub(numerator.bits());
        let shifted = numerator << shift;
        let (quotient, rest) = (&shifted / denominator, &shifted % denominator);
        let surplus = quotient.bits() - BITS;
        let mut mantissa = &quotient >> surplus;
        let below = &quotient - (&mantissa << surplus);
        let half = BigUint::from(1u32) << (surplus - 1);
        let up = match below.cmp(&half) {
            Ordering::Equal => rest != BigUint::ZERO || mantissa.bit(0),
            other => other == Ordering::Greater,
        };
        mantissa += u32::from(up);
        let carry = mantissa.bits() - BITS;
        let mantissa = u64::try_from(mantissa >> carry).expect("a mantissa has 64 bits");
        Self { exponent: (surplus + carry) as i64 - shift as i64, mantissa }
    }

    fn quotient(&self, divisor: &Self) -> Self {
        let quotient = Self::round(&self.mantissa.into(), &divisor.mantissa.into());
        if quotient.mantissa == 0 {
            return quotient;
        }
        Self { exponent: quotient.exponent + self.exponent - divisor.exponent, ..quotient }
    }

    fn is_whole(&self) -> bool {
        self.mantissa == 0 || self.exponent >= -i64::from(self.mantissa.trailing_zeros())
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
            ("123456789012345678902", "123456789012345678901", Ordering::Equal),
            ("1e999999", "9e999998", Ordering::Greater),
            ("+Inf", "1", Ordering::Greater),
            ("-Inf", "-1e400", Ordering::Less),
        ] {
            assert_eq!(compare(&number(left), &number(right)), Some(expected), "{left} {right}");
        }
        assert_eq!(compare(&number("NaN"), &number("1")), None);
    }

    #[test]
    fn multiples_are_as_whole_as_in_go() {
        for (text, factor, expected) in [
            ("0.3", "0.1", true),
            ("0.9", "0.3", false),
            ("19.99", "0.01", true),
            ("123.456", "1e-7", true),
            ("1e3", "5", true),
            ("7", "3", false),
            ("0", "3", true),
            ("1", "0", false),
            ("-9", "3", true),
            ("+Inf", "3", false),
        ] {
            assert_eq!(is_multiple(&number(text), &number(factor)), expected, "{text} {factor}");
        }
    }

    #[test]
    fn what_go_cannot_compute_with_is_told_in_its_words() {
        assert_eq!(fault(&number("NaN")), Some("number has no digits"));
        assert_eq!(fault(&number("1e99999999999")), Some("exponent overflow"));
        assert_eq!(fault(&number("1e9999999")), None);
        assert_eq!(fault(&number("+Inf")), None);
    }
}
