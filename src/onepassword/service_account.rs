//! The token of a service account of 1Password, by which programs read without a Connect server.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::secret::Secret;

/// Why a text can't be the token of a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceAccountError {
    /// Nothing there.
    #[error("the service account's token is empty")]
    Empty,
    /// Another kind of token.
    #[error("this is no token of a service account: it does not begin with `ops_`")]
    Kind,
    /// Cut off, or changed.
    #[error("the service account's token is not whole")]
    Form,
}

impl ServiceAccountError {
    /// Returns what to do about it.
    pub fn hint(self) -> &'static str {
        "make one with `op service-account create NAME --vault VAULT:read_items`, and put it into the SOPS file"
    }
}

/// Returns the token without what is around it.
///
/// # Errors
/// A text that does not have the token's form: `ops_`, and a JSON object in base64.
#[expect(clippy::disallowed_methods, reason = "the token's form is checked, and it moves on hidden")]
pub fn service_account_token(text: &Secret<String>) -> Result<Secret<String>, ServiceAccountError> {
    let token = text.expose().trim();
    if token.is_empty() {
        return Err(ServiceAccountError::Empty);
    }
    let encoded = token.strip_prefix("ops_").ok_or(ServiceAccountError::Kind)?;
    let decoded = URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).map(zeroize::Zeroizing::new);
    let is_object = decoded.is_ok_and(|bytes| bytes.starts_with(b"{") && bytes.ends_with(b"}"));
    if is_object { Ok(Secret::new(token.to_owned())) } else { Err(ServiceAccountError::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Secret<String>, ServiceAccountError> {
        service_account_token(&Secret::new(text.to_owned()))
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the token is made up")]
    fn a_token_is_an_object_behind_its_prefix() {
        let token = format!("ops_{}", URL_SAFE_NO_PAD.encode(r#"{"email":"a@b"}"#));
        assert_eq!(read(&format!("{token}\n")).unwrap().expose(), &token);
        assert_eq!(read("eyJhbGciOiJFUzI1NiJ9.e30.x").unwrap_err(), ServiceAccountError::Kind);
        assert_eq!(read(&token[..token.len() - 4]).unwrap_err(), ServiceAccountError::Form);
        assert_eq!(read("").unwrap_err(), ServiceAccountError::Empty);
    }
}
