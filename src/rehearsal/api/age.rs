//! How long something is there already, in the short form of tables.

use jiff::Timestamp;
use serde_json::Value as Json;

/// Returns `12s`, `3m4s`, `5h`, `2d`, `3y10d` … since a time.
pub(super) fn age(since: &Json, now: Timestamp) -> String {
    let since: Option<Timestamp> = since.as_str().and_then(|text| text.parse().ok());
    since.map_or_else(|| "<unknown>".into(), |since| lasting(now.duration_since(since).as_secs()))
}

/// Returns a number of seconds in at most two units, the second one only where it still matters.
pub(super) fn lasting(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".into();
    }
    let (seconds, minutes, hours) = (seconds.max(0), seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{small_unit}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if years < 8 => two(years, "y", days % 365, "d"),
        () => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_kubectl_shows_them() {
        let shown: Vec<String> =
            [5, 119, 120, 184, 600, 10_800, 11_100, 180_000, 700_000, 64_000_000].map(lasting).into();
        assert_eq!(shown, ["5s", "119s", "2m", "3m4s", "10m", "3h", "3h5m", "2d2h", "8d", "2y10d"]);
    }
}
