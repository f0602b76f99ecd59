//! How often something is fetched anew.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

use super::duration;

/// A refresh interval, written as `1h` or `1h30m`. Shown in the operator's own form, so that what it writes back is what
/// we wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(Duration);

impl Interval {
    /// An hour.
    pub const HOUR: Self = Self(Duration::from_hours(1));
    /// A day.
    pub const DAY: Self = Self(Duration::from_hours(24));

    /// Returns the interval of this length.
    pub const fn every(length: Duration) -> Self {
        Self(length)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&duration::write(self.0))
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let parsed = duration::parse(&text).map(Self);
        parsed.ok_or_else(|| D::Error::custom(format!("`{text}` is no interval: write it as 30s, 10m or 1h")))
    }
}

impl JsonSchema for Interval {
    fn schema_name() -> Cow<'static, str> {
        "Interval".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$|^0$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_shown_as_the_operator_writes_it() {
        let read = |text: &str| serde_json::from_value::<Interval>(text.into());
        assert_eq!(read("1h").unwrap().to_string(), "1h0m0s");
        assert_eq!(read("90s").unwrap().to_string(), "1m30s");
        assert_eq!(
            (Interval::HOUR.to_string(), Interval::DAY.to_string()),
            ("1h0m0s".into(), "24h0m0s".into())
        );
        assert!(read("1d").unwrap_err().to_string().contains("`1d` is no interval"));
    }
}
