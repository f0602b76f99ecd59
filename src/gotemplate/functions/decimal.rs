//! Decimal numbers of any size: `addf 0.1 0.2` is 0.3, as shopspring/decimal has it.

use std::ops::{Add, Mul, Sub};

use num_bigint::{BigInt, Sign};

/// How many digits after the point a quotient has.
const DIVISION_DIGITS: i64 = 16;

/// `digits × 10^exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    pub(super) fn zero() -> Self {
        Self { digits: BigInt::from(0), exponent: 0 }
    }

    pub(super) fn one() -> Self {
        Self { digits: BigInt::from(1), exponent: 0 }
    }

    /// Returns the shortest decimal that is read as `number`; nothing for what is no number.
    pub(super) fn from_float(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let shortest = format!("{number:e}");
        let (mantissa, exponent) = shortest.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, exponent: exponent.parse::<i64>().ok()? - fraction.len() as i64 })
    }

    /// Returns the nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// Divides, rounded half away from zero at the sixteenth digit; nothing where the divisor is zero.
    pub(super) fn divided_by(&self, divisor: &Self) -> Option<Self> {
        if divisor.digits.sign() == Sign::NoSign {
            return None;
        }
        let shift = self.exponent - divisor.exponent + DIVISION_DIGITS;
        let (dividend, by) = match shift {
            ..0 => (self.digits.clone(), &divisor.digits * power_of_ten(-shift)),
            0.. => (&self.digits * power_of_ten(shift), divisor.digits.clone()),
        };
        let (quotient, remainder) = (&dividend / &by, &dividend % &by);
        let twice = BigInt::from_biguint(Sign::Plus, remainder.magnitude() << 1_u8);
        let half_or_more = twice.magnitude() >= by.magnitude();
        let away = if (dividend.sign() == Sign::Minus) == (by.sign() == Sign::Minus) { 1 } else { -1 };
        let digits = if half_or_more { quotient + away } else { quotient };
        Some(Self { digits, exponent: -DIVISION_DIGITS })
    }

    /// Writes both with the smaller exponent.
    fn aligned(left: Self, right: Self) -> (BigInt, BigInt, i64) {
        let exponent = left.exponent.min(right.exponent);
        let scaled = |number: Self| number.digits * power_of_ten(number.exponent - exponent);
        (scaled(left), scaled(right), exponent)
    }
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (left, right, exponent) = Self::aligned(self, other);
        Self { digits: left + right, exponent }
    }
}

impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let (left, right, exponent) = Self::aligned(self, other);
        Self { digits: left - right, exponent }
    }
}

impl Mul for Decimal {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self { digits: self.digits * other.digits, exponent: self.exponent + other.exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::from_float(number).unwrap()
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!((decimal(0.1) + decimal(0.2)).to_float(), 0.3);
        assert_eq!((decimal(1e21) + decimal(-0.5)).to_float(), 1e21);
        assert_eq!((decimal(1.1) - decimal(1.0)).to_float(), 0.1);
        assert_eq!((decimal(1.1) * decimal(1.1)).to_float(), 1.21);
    }

    #[test]
    fn quotients_round_at_the_sixteenth_digit() {
        assert_eq!(decimal(2.0).divided_by(&decimal(3.0)).unwrap().digits.to_string(), "6666666666666667");
        assert_eq!(decimal(-2.0).divided_by(&decimal(3.0)).unwrap().digits.to_string(), "-6666666666666667");
        assert_eq!(decimal(1.0).divided_by(&decimal(1e20)).unwrap().to_float(), 0.0);
        assert!(decimal(1.0).divided_by(&Decimal::zero()).is_none());
    }
}
