//! What versions are asked for: `>=1.20-0 <2 || ^3`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use super::version::{Version, VersionError, compare_prereleases};

/// How long a constraint may be, and how many alternatives it may have.
const LONGEST: usize = 512;
const MOST_ALTERNATIVES: usize = 32;

/// Why a text is no constraint, in Masterminds' words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// It does not have the grammar.
    #[error("improper constraint: {0:?}")]
    Improper(String),
    /// A version in it is bad.
    #[error("constraint parser error")]
    Version(#[source] VersionError),
    /// It is longer than 512 bytes.
    #[error("constraint string is too long (max {LONGEST} bytes)")]
    TooLong,
    /// It has more than 32 alternatives.
    #[error("too many constraint groups (max {MOST_ALTERNATIVES})")]
    TooManyAlternatives,
}

/// Why a version does not satisfy a constraint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(String);

/// A constraint: alternatives, each of which is a list of comparisons that must all hold.
#[derive(Clone, Debug)]
pub struct Constraint {
    alternatives: Vec<Alternative>,
}

#[derive(Clone, Debug)]
struct Alternative {
    comparisons: Vec<Comparison>,
    /// A prerelease only matches where one of the comparisons names one.
    prereleases: bool,
}

#[derive(Clone, Debug)]
struct Comparison {
    operator: Operator,
    /// The operator and the version as they were written.
    written: (String, String),
    version: Version,
    open: Open,
}

/// Which numbers of a comparison's version were left open (absent or a wildcard).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    Everything,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const VERSION: &str = r"v?(?:[0-9|xX*]+)(?:\.[0-9|xX*]+)?(?:\.[0-9|xX*]+)?(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?";

fn pattern(text: &str) -> Regex {
    // RE2's `\s` knows ASCII only.
    let text = text.replace(r"\s", r"[\t\n\f\r ]").replace("OPS", OPERATORS).replace("VERSION", VERSION);
    Regex::new(&text).expect("the pattern is valid")
}

static VALID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\A(?:\s*(?:OPS)\s*(?:VERSION)\s*)(?:(?:\s+|,\s*)(?:OPS)\s*(?:VERSION)\s*)*\z")
});
static FIND: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:OPS)\s*(?:VERSION)"));
static RANGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s*(VERSION)\s+-\s+(VERSION)\s*"));
static COMPARISON: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";
    let numbers = r"v?([0-9|xX*]+)(?:\.([0-9|xX*]+))?(?:\.([0-9|xX*]+))?";
    pattern(&format!(r"\A\s*(OPS)\s*({numbers}(-{part})?(?:\+{part})?)\s*\z"))
});

impl FromStr for Constraint {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        if text.len() > LONGEST {
            return Err(ConstraintError::TooLong);
        }
        let rewritten = rewrite_ranges(text);
        let alternatives: Vec<&str> = rewritten.split("||").collect();
        if alternatives.len() > MOST_ALTERNATIVES {
            return Err(ConstraintError::TooManyAlternatives);
        }
        let alternatives = alternatives.into_iter().map(Alternative::parse).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }
}

/// Writes `1.2 - 2.3` as two comparisons.
fn rewrite_ranges(text: &str) -> String {
    let mut rewritten = text.to_owned();
    for range in RANGE.captures_iter(text) {
        rewritten = rewritten.replacen(&range[0], &format!(">= {}, <= {} ", &range[1], &range[2]), 1);
    }
    rewritten
}

impl Constraint {
    /// Tells whether the version satisfies the constraint.
    pub fn matches(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|alternative| alternative.check(version).is_ok())
    }

    /// Says why the version does not satisfy the constraint: one reason for each comparison that does not hold.
    pub fn validate(&self, version: &Version) -> Result<(), Vec<Violation>> {
        let mut violations = Vec::new();
        for alternative in &self.alternatives {
            let found = alternative.violations(version);
            if found.is_empty() {
                return Ok(());
            }
            violations.extend(
                found.into_iter().filter(|violation| !violations.contains(violation)).collect::<Vec<_>>(),
            );
        }
        Err(violations)
    }
}

impl Alternative {
    fn parse(text: &str) -> Result<Self, ConstraintError> {
        if !VALID.is_match(text) {
            return Err(ConstraintError::Improper(text.to_owned()));
        }
        let comparisons: Vec<Comparison> =
            FIND.find_iter(text).map(|found| Comparison::parse(found.as_str())).collect::<Result<_, _>>()?;
        let prereleases = comparisons.iter().any(|comparison| !comparison.version.prerelease.is_empty());
        Ok(Self { comparisons, prereleases })
    }

    fn check(&self, version: &Version) -> Result<(), String> {
        self.comparisons.iter().try_for_each(|comparison| self.check_one(comparison, version))
    }

    fn check_one(&self, comparison: &Comparison, version: &Version) -> Result<(), String> {
        if !version.prerelease.is_empty() && !self.prereleases {
            return Err(
                "is a prerelease version and the constraint is only looking for release versions".to_owned()
            );
        }
        comparison.check(version)
    }

    fn violations(&self, version: &Version) -> Vec<Violation> {
        let failures =
            self.comparisons.iter().filter_map(|comparison| self.check_one(comparison, version).err());
        failures.map(|failure| Violation(format!("\"{version}\" {failure}"))).collect()
    }
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, ConstraintError> {
        let improper = || ConstraintError::Improper(text.to_owned());
        let captures = COMPARISON.captures(text).ok_or_else(improper)?;
        let part = |index: usize| captures.get(index).map_or("", |found| found.as_str());
        let is_open = |number: &str| matches!(number, "" | "x" | "X" | "*");
        let prerelease = part(6);
        let (version, open) = match (part(3), part(4), part(5)) {
            (major, ..) if is_open(major) => (format!("0.0.0{prerelease}"), Open::Everything),
            (major, minor, _) if is_open(minor) => (format!("{major}.0.0{prerelease}"), Open::Minor),
            (major, minor, patch) if is_open(patch) => {
                (format!("{major}.{minor}.0{prerelease}"), Open::Patch)
            }
            _ => (part(2).to_owned(), Open::Nothing),
        };
        let version = version.parse().map_err(ConstraintError::Version)?;
        let written = (part(1).to_owned(), part(2).to_owned());
        Ok(Self { operator: Operator::named(part(1)), written, version, open })
    }

    /// Says what is wrong with the version, to be put behind it.
    fn check(&self, version: &Version) -> Result<(), String> {
        let against = |holds: bool, failure: &str| {
            if holds { Ok(()) } else { Err(format!("{failure} {:?}", self.written.1)) }
        };
        let order = version.precedence(&self.version);
        match self.operator {
            Operator::Equal if self.open != Open::Nothing => self.check_tilde(version),
            Operator::Equal => against(order.is_eq(), "is not equal to"),
            Operator::NotEqual => against(self.differs(version), "is equal to"),
            Operator::Greater => against(self.is_below(version), "is less than or equal to"),
            Operator::Less => against(order.is_lt(), "is greater than or equal to"),
            Operator::GreaterOrEqual => against(order.is_ge(), "is less than"),
            Operator::LessOrEqual => against(self.is_not_exceeded(version), "is greater than"),
            Operator::Tilde => self.check_tilde(version),
            Operator::Caret => self.check_caret(version),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let major_or_minor = wanted.major != version.major
            || (wanted.minor != version.minor
                && matches!(self.open, Open::Nothing | Open::Patch | Open::Everything));
        match self.open {
            Open::Nothing => version.precedence(wanted).is_ne(),
            Open::Minor => wanted.major != version.major,
            Open::Patch if major_or_minor => true,
            Open::Patch => {
                let either = !version.prerelease.is_empty() || !wanted.prerelease.is_empty();
                either && compare_prereleases(&version.prerelease, &wanted.prerelease).is_ne()
            }
            // `!=*` is Masterminds' `!=0.0.0`.
            Open::Everything => {
                major_or_minor || wanted.patch != version.patch || version.precedence(wanted).is_ne()
            }
        }
    }

    /// `>11` asks for 12, `>11.1` for 11.2.
    fn is_below(&self, version: &Version) -> bool {
        match version.major.cmp(&self.version.major) {
            _ if self.open == Open::Nothing => version.precedence(&self.version).is_gt(),
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => match self.open {
                Open::Minor => false,
                Open::Patch => version.minor > self.version.minor,
                Open::Nothing | Open::Everything => version.precedence(&self.version).is_gt(),
            },
        }
    }

    /// `<=11` holds for 11.9, `<=11.1` for 11.1.9.
    fn is_not_exceeded(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if self.open == Open::Nothing {
            return version.precedence(wanted).is_le();
        }
        let greater_minor = version.major == wanted.major && version.minor > wanted.minor;
        version.major <= wanted.major && !(greater_minor && self.open != Open::Minor)
    }

    /// `~1.2.3` stays within 1.2, `~1` within 1; `~0.0.0` and `*` take everything from there on.
    fn check_tilde(&self, version: &Version) -> Result<(), String> {
        let (wanted, written) = (&self.version, &self.written.1);
        let zero = wanted.major == 0 && wanted.minor == 0 && wanted.patch == 0;
        if version.precedence(wanted).is_lt() {
            return Err(format!("is less than {written:?}"));
        }
        if zero && !matches!(self.open, Open::Minor | Open::Patch) {
            return Ok(());
        }
        if version.major != wanted.major {
            return Err(format!("does not have same major version as {written:?}"));
        }
        if version.minor != wanted.minor && self.open != Open::Minor {
            return Err(format!("does not have same major and minor version as {written:?}"));
        }
        Ok(())
    }

    /// `^1.2.3` stays within the first number that is not zero.
    fn check_caret(&self, version: &Version) -> Result<(), String> {
        let (wanted, written) = (&self.version, &self.written.1);
        if version.precedence(wanted).is_lt() {
            return Err(format!("is less than {written:?}"));
        }
        if version.major != wanted.major {
            return Err(format!("does not have same major version as {written:?}"));
        }
        if wanted.major > 0
            || self.open == Open::Minor
            || version.minor == wanted.minor && self.open == Open::Patch
        {
            return Ok(());
        }
        let same_minor = version.minor == wanted.minor;
        match wanted.minor {
            _ if !same_minor && (wanted.minor > 0 || self.open == Open::Patch) => Err(format!(
                "does not have same minor version as {written:?}. Expected minor versions to match when constraint major version is 0"
            )),
            _ if !same_minor => Err(format!("does not have same minor version as {written:?}")),
            0 if version.patch != wanted.patch => Err(format!(
                "does not equal {written:?}. Expect version and constraint to equal when major and minor versions are 0"
            )),
            _ => Ok(()),
        }
    }
}

impl Operator {
    fn named(text: &str) -> Self {
        match text {
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            "<" => Self::Less,
            ">=" | "=>" => Self::GreaterOrEqual,
            "<=" | "=<" => Self::LessOrEqual,
            "~" | "~>" => Self::Tilde,
            "^" => Self::Caret,
            _ => Self::Equal,
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, alternative) in self.alternatives.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" || ")?;
            }
            for (index, comparison) in alternative.comparisons.iter().enumerate() {
                let space = if index > 0 { " " } else { "" };
                write!(formatter, "{space}{}{}", comparison.written.0, comparison.written.1)?;
            }
        }
        Ok(())
    }
}
