//! Which values of a document are encrypted.

use regex::Regex;

use super::error::Problem;

/// The rule that decides which values are encrypted; a document has one.
#[derive(Clone, Debug)]
pub enum Selector {
    /// All but those under a key that ends so.
    UnencryptedSuffix(String),
    /// Only those under a key that ends so.
    EncryptedSuffix(String),
    /// All but those under a key that matches.
    UnencryptedRegex(Regex),
    /// Only those under a key that matches.
    EncryptedRegex(Regex),
    /// All but those behind a comment that matches.
    UnencryptedCommentRegex(Regex),
    /// Only those behind a comment that matches.
    EncryptedCommentRegex(Regex),
}

impl Default for Selector {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl Selector {
    /// The names of all selectors in metadata and rules.
    pub const FIELDS: [&str; 6] = [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ];

    /// Makes the selector that the metadata's `field` (`encrypted_regex`, …) says.
    pub fn of_field(field: &'static str, text: &str) -> Result<Self, Problem> {
        let regex = || Regex::new(text).map_err(|error| Problem::Regex { field, source: Box::new(error) });
        Ok(match field {
            "encrypted_suffix" => Self::EncryptedSuffix(text.to_owned()),
            "unencrypted_regex" => Self::UnencryptedRegex(regex()?),
            "encrypted_regex" => Self::EncryptedRegex(regex()?),
            "unencrypted_comment_regex" => Self::UnencryptedCommentRegex(regex()?),
            "encrypted_comment_regex" => Self::EncryptedCommentRegex(regex()?),
            _ => Self::UnencryptedSuffix(text.to_owned()),
        })
    }

    /// Returns the metadata field that says so, with its text.
    pub fn field(&self) -> (&'static str, &str) {
        match self {
            Self::UnencryptedSuffix(suffix) => ("unencrypted_suffix", suffix),
            Self::EncryptedSuffix(suffix) => ("encrypted_suffix", suffix),
            Self::UnencryptedRegex(regex) => ("unencrypted_regex", regex.as_str()),
            Self::EncryptedRegex(regex) => ("encrypted_regex", regex.as_str()),
            Self::UnencryptedCommentRegex(regex) => ("unencrypted_comment_regex", regex.as_str()),
            Self::EncryptedCommentRegex(regex) => ("encrypted_comment_regex", regex.as_str()),
        }
    }

    /// Says whether comments decide.
    pub(super) fn looks_at_comments(&self) -> bool {
        match self {
            Self::UnencryptedCommentRegex(_) | Self::EncryptedCommentRegex(_) => true,
            Self::UnencryptedSuffix(_)
            | Self::EncryptedSuffix(_)
            | Self::UnencryptedRegex(_)
            | Self::EncryptedRegex(_) => false,
        }
    }

    /// Says whether the value at `path` is encrypted. `comments` holds, for each level, the comments in force.
    ///
    /// A comment that itself asks for encryption stays plain; it is the last of the last level.
    pub(super) fn selects(&self, path: &[&str], comments: &[Vec<String>], is_comment: bool) -> bool {
        let any_comment = |regex: &Regex, skip_last: bool| {
            comments.iter().enumerate().any(|(level, lines)| {
                let skip = usize::from(skip_last && level + 1 == comments.len());
                lines[..lines.len().saturating_sub(skip)].iter().any(|line| regex.is_match(line))
            })
        };
        match self {
            Self::UnencryptedSuffix(suffix) => !path.iter().any(|key| key.ends_with(suffix.as_str())),
            Self::EncryptedSuffix(suffix) => path.iter().any(|key| key.ends_with(suffix.as_str())),
            Self::UnencryptedRegex(regex) => !path.iter().any(|key| regex.is_match(key)),
            Self::EncryptedRegex(regex) => path.iter().any(|key| regex.is_match(key)),
            Self::UnencryptedCommentRegex(regex) => !any_comment(regex, false),
            Self::EncryptedCommentRegex(regex) => any_comment(regex, is_comment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_decides_for_all_below_it() {
        let selector = Selector::default();
        assert!(selector.selects(&["a", "b"], &[], false));
        assert!(!selector.selects(&["a_unencrypted", "b"], &[], false));
        let selector = Selector::of_field("encrypted_regex", "^(data|stringData)$").unwrap();
        assert!(selector.selects(&["data", "x"], &[], false));
        assert!(!selector.selects(&["metadata"], &[], false));
    }

    #[test]
    fn a_comment_that_asks_for_encryption_stays_plain_itself() {
        let selector = Selector::of_field("encrypted_comment_regex", "secret").unwrap();
        let comments = vec![vec![], vec![" secret".to_owned()]];
        assert!(selector.selects(&["a"], &comments, false));
        assert!(!selector.selects(&["a"], &comments, true));
        let comments = vec![vec![" secret".to_owned()], vec![" more".to_owned()]];
        assert!(selector.selects(&["a"], &comments, true));
    }

    #[test]
    fn an_invalid_regular_expression_is_an_error() {
        assert!(matches!(Selector::of_field("encrypted_regex", "("), Err(Problem::Regex { .. })));
    }
}
