//! What a scalar means.

use super::number::{Integer, parse_float, parse_integer, parse_radix};
use super::{Scalar, Style, Tag, Timestamp};

/// Whose rules decide what a scalar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// go-yaml v2, as Helm reads charts and values: YAML 1.1, `yes` is a boolean, times are strings.
    GoYamlV2,
    /// go-yaml v3, as SOPS reads documents: `yes` is a string, times are times.
    GoYamlV3,
    /// go-yaml v3 as Pulumi ESC uses it: times, `!!binary` and `<<` are strings.
    Esc,
}

/// The meaning of a scalar; its text stays in the [`Scalar`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, and in [`Flavour::GoYamlV2`] `yes`, `on`, `y`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// A positive integer beyond [`i64::MAX`].
    Uint(u64),
    /// Any other number, an infinity or not-a-number.
    Float(f64),
    /// The text itself.
    String,
    /// A time ([`Flavour::GoYamlV3`] only).
    Timestamp(Timestamp),
    /// Base64 under the tag `!!binary`.
    Binary,
    /// The key `<<`.
    Merge,
}

impl Resolved {
    /// Returns the tag that stands for this meaning.
    pub fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::String => "!!str",
            Self::Timestamp(_) => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
        }
    }
}

/// A tag says what the text is not: `!!int egg`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a {found} value as {}", wanted.as_str())]
pub struct TagMismatch {
    /// What the text is.
    pub found: &'static str,
    /// What the tag says.
    pub wanted: Tag,
}

/// Says what a scalar means.
///
/// ```
/// use eggtooth_syntax::yaml::{Flavour, Resolved, Scalar, Style, resolve};
///
/// let yes = Scalar { text: "yes".into(), style: Style::Plain };
/// assert_eq!(resolve(&yes, None, Flavour::GoYamlV2), Ok(Resolved::Bool(true)));
/// assert_eq!(resolve(&yes, None, Flavour::GoYamlV3), Ok(Resolved::String));
/// ```
pub fn resolve(scalar: &Scalar, tag: Option<&Tag>, flavour: Flavour) -> Result<Resolved, TagMismatch> {
    let says_nothing = |tag: &Tag| flavour == Flavour::Esc && tag.as_str() == "!";
    let Some(tag) = tag.filter(|tag| !says_nothing(tag)) else {
        let plain = scalar.style == Style::Plain;
        return Ok(if plain { resolve_plain(&scalar.text, flavour) } else { Resolved::String });
    };
    let wanted = match tag.as_str() {
        "!!binary" if flavour != Flavour::Esc => return Ok(Resolved::Binary),
        // go-yaml asks neither for the style nor for what `!` means elsewhere.
        "!" | "!!merge" if flavour != Flavour::Esc && &*scalar.text == "<<" => return Ok(Resolved::Merge),
        wanted @ ("!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp") => wanted,
        // `!!str`, `!` and tags of one's own.
        _ => return Ok(Resolved::String),
    };
    let found = match resolve_untagged(&scalar.text, flavour) {
        // With an explicit tag other than !!timestamp, Go tries no times.
        Resolved::Timestamp(_) if wanted != "!!timestamp" => Resolved::String,
        found => found,
    };
    match (wanted, found) {
        ("!!float", Resolved::Int(value)) => Ok(Resolved::Float(value as f64)),
        (_, found) if found.tag() == wanted => Ok(times_as_strings(found, flavour)),
        (_, found) => Err(TagMismatch { found: found.tag(), wanted: tag.clone() }),
    }
}

/// Says what an untagged plain text means.
pub(super) fn resolve_plain(text: &str, flavour: Flavour) -> Resolved {
    if text == "<<" && flavour != Flavour::Esc {
        return Resolved::Merge;
    }
    times_as_strings(resolve_untagged(text, flavour), flavour)
}

/// Says whether the text, written plain, would be read as something else than a string.
///
/// `<<` is none of that: go-yaml forgets to look it up.
pub(super) fn is_plain_string(text: &str, flavour: Flavour) -> bool {
    resolve_untagged(text, flavour) == Resolved::String
}

fn times_as_strings(resolved: Resolved, flavour: Flavour) -> Resolved {
    match resolved {
        Resolved::Timestamp(_) if flavour != Flavour::GoYamlV3 => Resolved::String,
        resolved => resolved,
    }
}

/// Resolves by the first character, as Go does.
fn resolve_untagged(text: &str, flavour: Flavour) -> Resolved {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'.') => special_float(text).or_else(|| fraction(text)).unwrap_or(Resolved::String),
        Some(b'0'..=b'9' | b'+' | b'-') => special_float(text)
            .or_else(|| Timestamp::parse(text).map(Resolved::Timestamp))
            .or_else(|| number(text, flavour))
            .unwrap_or(Resolved::String),
        Some(_) => word(text, flavour),
    }
}

fn special_float(text: &str) -> Option<Resolved> {
    let value = match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    };
    Some(Resolved::Float(value))
}

/// Reads `.5`. Here, unlike in other numbers, an underscore counts only between digits.
fn fraction(text: &str) -> Option<Resolved> {
    let between_digits = text.split('_').collect::<Vec<_>>().windows(2).all(|parts| {
        parts[0].ends_with(|last: char| last.is_ascii_digit())
            && parts[1].starts_with(|first: char| first.is_ascii_digit())
    });
    between_digits.then(|| parse_float(&text.replace('_', "")).map(Resolved::Float)).flatten()
}

fn word(text: &str, flavour: Flavour) -> Resolved {
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ if flavour == Flavour::GoYamlV2 => old_boolean(text).map_or(Resolved::String, Resolved::Bool),
        _ => Resolved::String,
    }
}

/// Reads the booleans that YAML 1.1 had beside `true` and `false`.
pub(super) fn old_boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str, flavour: Flavour) -> Option<Resolved> {
    let digits = text.replace('_', "");
    let integer = parse_integer(&digits).or_else(|| prefixed(&digits, flavour));
    match integer {
        Some(Integer::Int(value)) => Some(Resolved::Int(value)),
        Some(Integer::Uint(value)) => Some(Resolved::Uint(value)),
        None => parse_float(&digits).map(Resolved::Float),
    }
}

/// Go reads what follows `0b`, and in v3 `0o`, once more with a sign: `0b-1` is -1.
fn prefixed(digits: &str, flavour: Flavour) -> Option<Integer> {
    if let Some(digits) = digits.strip_prefix("0b") {
        return parse_radix(digits, 2);
    }
    let octal = digits.strip_prefix("0o").filter(|_| flavour != Flavour::GoYamlV2);
    octal.and_then(|digits| parse_radix(digits, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, flavour: Flavour) -> Resolved {
        resolve(&Scalar { text: text.into(), style: Style::Plain }, None, flavour).unwrap()
    }

    fn tagged(text: &str, tag: &str) -> Result<Resolved, TagMismatch> {
        let scalar = Scalar { text: text.into(), style: Style::Plain };
        resolve(&scalar, Some(&Tag::new(tag)), Flavour::GoYamlV2)
    }

    #[test]
    fn all_flavours_agree_on_most() {
        for flavour in [Flavour::GoYamlV2, Flavour::GoYamlV3, Flavour::Esc] {
            for (text, expected) in [
                ("", Resolved::Null),
                ("~", Resolved::Null),
                ("NULL", Resolved::Null),
                ("nULL", Resolved::String),
                ("True", Resolved::Bool(true)),
                ("tRUE", Resolved::String),
                ("0777", Resolved::Int(511)),
                ("0o17", Resolved::Int(15)),
                ("0b11", Resolved::Int(3)),
                ("0b-1", Resolved::Int(-1)),
                ("0x1F", Resolved::Int(31)),
                ("1_000", Resolved::Int(1000)),
                ("08", Resolved::Float(8.0)),
                ("+12", Resolved::Int(12)),
                ("18446744073709551615", Resolved::Uint(u64::MAX)),
                ("18446744073709551616", Resolved::Float(18_446_744_073_709_551_616.0)),
                ("1e3", Resolved::Float(1000.0)),
                ("1e999", Resolved::String),
                (".5", Resolved::Float(0.5)),
                (".5_0", Resolved::Float(0.5)),
                ("._5", Resolved::String),
                (".5_", Resolved::String),
                ("1__.5_", Resolved::Float(1.5)),
                ("-.INF", Resolved::Float(f64::NEG_INFINITY)),
                ("1:30", Resolved::String),
                ("1.2.3", Resolved::String),
                ("-", Resolved::String),
                ("null ", Resolved::String),
            ] {
                assert_eq!(plain(text, flavour), expected, "{text:?} {flavour:?}");
            }
        }
    }

    #[test]
    fn the_words_of_yaml_1_1_are_booleans_for_helm_only() {
        for text in ["y", "Yes", "on", "N", "NO", "off"] {
            assert!(matches!(plain(text, Flavour::GoYamlV2), Resolved::Bool(_)), "{text}");
            assert_eq!(plain(text, Flavour::GoYamlV3), Resolved::String, "{text}");
            assert_eq!(plain(text, Flavour::Esc), Resolved::String, "{text}");
        }
        assert_eq!(plain("yES", Flavour::GoYamlV2), Resolved::String);
    }

    #[test]
    fn times_are_times_for_sops_only() {
        assert!(matches!(plain("2001-12-14", Flavour::GoYamlV3), Resolved::Timestamp(_)));
        assert_eq!(plain("2001-12-14", Flavour::GoYamlV2), Resolved::String);
        assert_eq!(plain("2001-12-14", Flavour::Esc), Resolved::String);
    }

    #[test]
    fn quotes_and_tags_decide_before_the_text() {
        let quoted = Scalar { text: "1".into(), style: Style::SingleQuoted };
        assert_eq!(resolve(&quoted, None, Flavour::GoYamlV2), Ok(Resolved::String));
        let integer = Tag::new("!!int");
        assert_eq!(resolve(&quoted, Some(&integer), Flavour::GoYamlV2), Ok(Resolved::Int(1)));
        assert_eq!(tagged("1", "!!str"), Ok(Resolved::String));
        assert_eq!(tagged("1", "!!float"), Ok(Resolved::Float(1.0)));
        assert_eq!(tagged("1", "!local"), Ok(Resolved::String));
        assert_eq!(tagged("1", "!"), Ok(Resolved::String));
        let plain = Scalar { text: "1".into(), style: Style::Plain };
        assert_eq!(resolve(&plain, Some(&Tag::new("!")), Flavour::Esc), Ok(Resolved::Int(1)));
        assert_eq!(tagged("MQ==", "!!binary"), Ok(Resolved::Binary));
        let mismatch = tagged("egg", "!!int").unwrap_err();
        assert_eq!(mismatch.to_string(), "cannot read a !!str value as !!int");
    }

    #[test]
    fn the_merge_key_is_plain() {
        assert_eq!(plain("<<", Flavour::GoYamlV2), Resolved::Merge);
        assert_eq!(plain("<<", Flavour::Esc), Resolved::String);
        let quoted = Scalar { text: "<<".into(), style: Style::DoubleQuoted };
        assert_eq!(resolve(&quoted, None, Flavour::GoYamlV2), Ok(Resolved::String));
    }
}
