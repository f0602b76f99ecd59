//! One version.

use std::cmp::Ordering;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

/// How long a version may be.
const LONGEST: usize = 256;

/// Why a text is no version, in Masterminds' words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// It does not look like one.
    #[error("invalid semantic version")]
    Invalid,
    /// It is empty where a strict version is wanted.
    #[error("version string empty")]
    Empty,
    /// A number holds something else.
    #[error("invalid characters in version")]
    Characters,
    /// A number has a leading zero.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// The metadata has an empty or bad part.
    #[error("invalid metadata string")]
    Metadata,
    /// The prerelease has an empty or bad part.
    #[error("invalid prerelease string")]
    Prerelease,
    /// It is longer than 256 bytes.
    #[error("version string is too long (max {LONGEST} bytes)")]
    TooLong,
    /// A number does not fit.
    #[error("error parsing version segment: strconv.ParseUint: parsing {digits:?}: value out of range")]
    Overflow {
        /// The number.
        digits: String,
        /// What Rust says of it.
        #[source]
        source: ParseIntError,
    },
}

/// A semantic version. Numbers that are left out are zero.
#[derive(Clone, Debug)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What follows `-`.
    pub prerelease: String,
    /// What follows `+`.
    pub metadata: String,
    original: String,
}

static LOOSE: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";
    let numbers = r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?";
    Regex::new(&format!(r"\A{numbers}(?:-({part}))?(?:\+({part}))?\z")).expect("the pattern is valid")
});

impl FromStr for Version {
    type Err = VersionError;

    /// Reads a version leniently: `v1`, `1.2` and leading zeros are fine.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.len() > LONGEST {
            return Err(VersionError::TooLong);
        }
        let captures = LOOSE.captures(text).ok_or(VersionError::Invalid)?;
        let part = |index: usize| captures.get(index).map_or("", |found| found.as_str());
        let (prerelease, metadata) = (part(4).to_owned(), part(5).to_owned());
        check_prerelease(&prerelease)?;
        let (major, minor, patch) = (number(part(1))?, number(part(2))?, number(part(3))?);
        Ok(Self { major, minor, patch, prerelease, metadata, original: text.to_owned() })
    }
}

fn number(digits: &str) -> Result<u64, VersionError> {
    if digits.is_empty() {
        return Ok(0);
    }
    digits.parse().map_err(|source| VersionError::Overflow { digits: digits.to_owned(), source })
}

/// The pattern has settled the characters; what is left are numbers with leading zeros.
fn check_prerelease(prerelease: &str) -> Result<(), VersionError> {
    let padded = |part: &str| part.len() > 1 && part.starts_with('0') && is_number(part);
    if prerelease.split('.').any(padded) { Err(VersionError::LeadingZero) } else { Ok(()) }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

impl Version {
    /// Reads a version strictly, as charts' own versions are checked: three numbers, no `v`, no leading zeros.
    pub fn parse_strict(text: &str) -> Result<Self, VersionError> {
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.len() > LONGEST {
            return Err(VersionError::TooLong);
        }
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, rest] = parts[..] else { return Err(VersionError::Invalid) };
        let (rest, metadata) = rest.split_once('+').map_or((rest, None), |(rest, data)| (rest, Some(data)));
        if metadata.is_some_and(|data| !data.split('.').all(is_identifier)) {
            return Err(VersionError::Metadata);
        }
        let (patch, prerelease) =
            rest.split_once('-').map_or((rest, None), |(patch, pre)| (patch, Some(pre)));
        if let Some(prerelease) = prerelease {
            if !prerelease.split('.').all(is_identifier) {
                return Err(VersionError::Prerelease);
            }
            check_prerelease(prerelease)?;
        }
        for digits in [major, minor, patch] {
            match digits {
                "" => return Err(VersionError::Invalid),
                _ if !is_number(digits) => return Err(VersionError::Characters),
                _ if digits.len() > 1 && digits.starts_with('0') => return Err(VersionError::LeadingZero),
                _ => {}
            }
        }
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            prerelease: prerelease.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    /// Returns the text that the version was read from.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Compares by precedence: metadata does not count, and a prerelease comes before its release.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
            }
        })
    }

    /// Returns the next patch version; of a prerelease, its release.
    #[must_use]
    pub fn next_patch(&self) -> Self {
        let step = u64::from(self.prerelease.is_empty());
        self.released(self.major, self.minor, self.patch.saturating_add(step))
    }

    /// Returns the next minor version.
    #[must_use]
    pub fn next_minor(&self) -> Self {
        self.released(self.major, self.minor.saturating_add(1), 0)
    }

    /// Returns the next major version.
    #[must_use]
    pub fn next_major(&self) -> Self {
        self.released(self.major.saturating_add(1), 0, 0)
    }

    fn released(&self, major: u64, minor: u64, patch: u64) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        let original = format!("{prefix}{major}.{minor}.{patch}");
        Self { major, minor, patch, prerelease: String::new(), metadata: String::new(), original }
    }
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Compares part by part; an absent part comes first.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => compare_parts(left.unwrap_or_default(), right.unwrap_or_default()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers compare as such and come before words; a number beyond 64 bits counts as a word.
fn compare_parts(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    if left.is_empty() || right.is_empty() {
        return left.len().cmp(&right.len());
    }
    let parse = |part: &str| if is_number(part) { part.parse::<u64>().ok() } else { None };
    match (parse(left), parse(right)) {
        (None, None) => left.cmp(right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(left), Some(right)) => {
            if left > right {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(formatter, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(formatter, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn loose_versions_are_completed() {
        for (text, expected) in [("v1", "1.0.0"), ("1.02", "1.2.0"), ("1.2.3-rc.1+b.7", "1.2.3-rc.1+b.7")] {
            assert_eq!(version(text).to_string(), expected);
            assert_eq!(version(text).original(), text);
        }
        for (text, error) in [
            ("", VersionError::Invalid),
            ("V1", VersionError::Invalid),
            ("1.2.3.4", VersionError::Invalid),
            ("1.2.3-01", VersionError::LeadingZero),
            (&"1".repeat(257), VersionError::TooLong),
        ] {
            assert_eq!(text.parse::<Version>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn strict_versions_have_three_plain_numbers() {
        assert_eq!(Version::parse_strict("1.2.3-a+b").unwrap().prerelease, "a");
        for (text, error) in [
            ("", VersionError::Empty),
            ("1.2", VersionError::Invalid),
            ("v1.2.3", VersionError::Characters),
            ("1.02.3", VersionError::LeadingZero),
            ("1.2.3-", VersionError::Prerelease),
            ("1.2.3+a..b", VersionError::Metadata),
        ] {
            assert_eq!(Version::parse_strict(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn prereleases_come_in_the_order_of_the_specification() {
        let ascending = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]).precedence(&version(pair[1])).is_lt(), "{pair:?}");
        }
        assert!(version("1.0.0+a").precedence(&version("1.0.0+b")).is_eq());
    }

    #[test]
    fn the_next_versions_lose_prerelease_and_metadata() {
        assert_eq!(version("v1.2.3-rc+b").next_patch().original(), "v1.2.3");
        assert_eq!(version("1.2.3").next_patch().to_string(), "1.2.4");
        assert_eq!(version("1.2.3-rc").next_minor().to_string(), "1.3.0");
        assert_eq!(version("1.2.3").next_major().to_string(), "2.0.0");
    }
}
