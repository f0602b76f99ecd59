//! The access token of Pulumi, as the operator's header can have it.

use crate::secret::Secret;

/// Why a text can't be an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// Nothing there.
    #[error("the access token is empty")]
    Empty,
    /// More than a token.
    #[error("white space is within the access token")]
    WhiteSpace,
}

impl AccessTokenError {
    /// Returns what to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Empty => "make one in Pulumi Cloud: Access tokens",
            Self::WhiteSpace => "write the token alone",
        }
    }
}

/// Returns the token without the newline that files have at their end: it would make the operator's header invalid.
///
/// # Errors
/// An empty token, and one with white space in it.
#[expect(clippy::disallowed_methods, reason = "the token is looked at, and moves on hidden")]
pub fn access_token(text: &Secret<String>) -> Result<Secret<String>, AccessTokenError> {
    let token = text.expose().trim();
    if token.is_empty() {
        Err(AccessTokenError::Empty)
    } else if token.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        Err(AccessTokenError::WhiteSpace)
    } else {
        Ok(Secret::new(token.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the token is made up")]
    fn a_newline_is_dropped_and_white_space_is_told() {
        let read = |text: &str| access_token(&Secret::new(text.to_owned()));
        assert_eq!(read("pul-egg\n").unwrap().expose(), "pul-egg");
        assert_eq!(read(" \n").unwrap_err(), AccessTokenError::Empty);
        assert_eq!(read("pul egg").unwrap_err(), AccessTokenError::WhiteSpace);
    }
}
