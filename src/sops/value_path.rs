//! The way to a value of a document.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// One step of the way: into a mapping or into a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a mapping.
    Key(Arc<str>),
    /// A place in a list, from 0; comments do not count.
    Index(usize),
}

/// The way to a value, as sops writes it: `["connect"]["tokens"][0]`.
///
/// ```
/// use eggtooth::sops::{Step, ValuePath};
///
/// let path: ValuePath = r#"["tokens"][0]"#.parse().unwrap();
/// assert_eq!(path.steps(), [Step::Key("tokens".into()), Step::Index(0)]);
/// assert_eq!(path.to_string(), r#"["tokens"][0]"#);
/// assert!("tokens.0".parse::<ValuePath>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValuePath(Vec<Step>);

/// A text is no way to a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path such as [\"key\"][0]")]
pub struct PathError(String);

impl ValuePath {
    /// Returns the steps from the top.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for ValuePath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

/// Reads steps in brackets. What is within quotes is taken literally, as sops does: it knows no escapes.
impl FromStr for ValuePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let error = || PathError(text.to_owned());
        let mut rest = text.trim();
        let mut steps = Vec::new();
        while !rest.is_empty() {
            rest = rest.strip_prefix('[').ok_or_else(error)?;
            let quote = rest.chars().next().filter(|mark| matches!(mark, '"' | '\''));
            let (step, after) = if let Some(quote) = quote {
                let end = rest[1..].find([quote, '\n']).ok_or_else(error)? + 1;
                (Step::Key(rest[1..end].into()), rest[end..].strip_prefix(quote).ok_or_else(error)?)
            } else {
                let end = rest.find(']').ok_or_else(error)?;
                (Step::Index(rest[..end].parse().map_err(|_| error())?), &rest[end..])
            };
            steps.push(step);
            rest = after.strip_prefix(']').ok_or_else(error)?;
        }
        Ok(Self(steps))
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Key(key) => write!(formatter, "[\"{key}\"]"),
            Step::Index(index) => write!(formatter, "[{index}]"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_path_is_refused() {
        assert_eq!("".parse(), Ok(ValuePath::default()));
        assert_eq!("['a]b']".parse(), Ok([Step::Key("a]b".into())].into_iter().collect::<ValuePath>()));
        for text in ["a", "[a]", "[\"a]", "[\"a\"", "[-1]", "[\"a\"]x", "[]"] {
            assert!(text.parse::<ValuePath>().is_err(), "{text}");
        }
    }
}
