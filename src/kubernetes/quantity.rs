//! Quantities as Kubernetes writes them: the server stores `1` for `1000m` and `1Gi` for `1024Mi`.

/// Says whether two texts are the same quantity.
pub(super) fn same_quantity(left: &str, right: &str) -> bool {
    match (parse(left), parse(right)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// Returns a quantity as the server writes it: `1` for `1000m`, `1Gi` for `1024Mi`, `500m` for `0.5`.
///
/// A quantity keeps its kind of suffix, but powers of 1024 are only used for what is whole and at least 1024.
pub fn canonical_quantity(text: &str) -> Option<String> {
    const UNIT: i128 = 1_000_000_000;
    const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    let nanos = parse(text)?;
    if text.ends_with('i') && nanos % UNIT == 0 && (nanos / UNIT).abs() >= 1024 {
        let (mut value, mut power) = (nanos / UNIT, 0);
        while value % 1024 == 0 && power < BINARY.len() - 1 {
            (value, power) = (value / 1024, power + 1);
        }
        return Some(format!("{value}{}", BINARY[power]));
    }
    let (mut value, mut power) = (nanos, 0);
    while value != 0 && value % 1000 == 0 && power < DECIMAL.len() - 1 {
        (value, power) = (value / 1000, power + 1);
    }
    let exponent = text.find(['e', 'E']).is_some_and(|at| at + 1 < text.len());
    let suffix = match power {
        _ if value == 0 => String::new(),
        3 => String::new(),
        _ if exponent => format!("e{}", (power as i32 - 3) * 3),
        _ => DECIMAL[power].to_owned(),
    };
    Some(format!("{value}{suffix}"))
}

/// Returns the value in units of 10⁻⁹, which is the finest that the API knows.
fn parse(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (numerator, denominator): (i128, i128) = match suffix {
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "" => (1, 1),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        exponent => {
            let exponent: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 { (1, power) } else { (power, 1) }
        }
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let negative = whole.starts_with('-');
    let digits = format!("{}{fraction}", whole.trim_start_matches(['+', '-']));
    let scaled: i128 = digits.parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?.checked_mul(denominator)?;
    let nano = scaled.checked_mul(numerator)?.checked_mul(1_000_000_000)?;
    // The server rounds up what is finer.
    let nano = nano / scale + i128::from(nano % scale != 0);
    Some(if negative { -nano } else { nano })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_has_one_form() {
        for (given, kept) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1000Ki", "1000Ki"),
            ("1e3", "1e3"),
            ("0", "0"),
            ("128974848", "128974848"),
            ("1.5Gi", "1536Mi"),
            ("512", "512"),
            ("0.5Ki", "512"),
            ("100M", "100M"),
        ] {
            assert_eq!(canonical_quantity(given).as_deref(), Some(kept), "{given}");
        }
    }

    #[test]
    fn what_the_server_writes_anew_is_the_same() {
        for (left, right) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1e3", "1k"),
            ("1.5Gi", "1536Mi"),
            ("-1", "-1000m"),
        ] {
            assert!(same_quantity(left, right), "{left} {right}");
        }
        for (left, right) in [("1", "2"), ("1M", "1Mi"), ("a", "a"), ("", "")] {
            assert!(!same_quantity(left, right), "{left} {right}");
        }
    }
}
