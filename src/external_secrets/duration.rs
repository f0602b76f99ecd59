//! Durations as Go writes them: `1h0m0s`, `300ms`.

use std::time::Duration;

/// Returns the duration, where the text is one. What lies before zero becomes zero: nothing here waits backwards.
pub fn parse(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end =
            rest.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(rest.len());
        total += number * seconds_of(&rest[..unit_end])?;
        rest = &rest[unit_end..];
    }
    if negative { Some(Duration::ZERO) } else { Duration::try_from_secs_f64(total).ok() }
}

/// Returns the duration as the operator writes it back, to the second: `1h0m0s`.
pub fn write(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        assert_eq!(parse("1h0m0s"), Some(Duration::from_hours(1)));
        assert_eq!(parse("1.5m"), Some(Duration::from_secs(90)));
        assert_eq!(parse("300ms"), Some(Duration::from_millis(300)));
        assert_eq!(parse("0"), Some(Duration::ZERO));
        assert_eq!(parse("-5s"), Some(Duration::ZERO));
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for text in ["0s", "10s", "1m0s", "59m59s", "1h0m0s", "24h0m0s", "100h1m2s"] {
            assert_eq!(write(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in ["", "-", "5", "s", "1d", "1h2", "..s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
