//! The access token of a Connect server: a JWT, read without verifying its signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A Connect token's public claims and its trimmed text.
#[derive(Clone, Debug)]
pub struct Token {
    text: Secret<String>,
    claims: Claims,
}

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    #[serde(default)]
    aud: Audience,
    exp: Option<i64>,
    #[serde(default, rename = "1password.com/vts")]
    vaults: Vec<VaultClaim>,
}

/// One audience or several.
#[derive(Clone, Debug, Default)]
struct Audience(Vec<String>);

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(one) => Ok(Self(vec![one])),
            serde_json::Value::Array(several) => {
                Ok(Self(several.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()))
            }
            _ => Ok(Self::default()),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct VaultClaim {
    u: String,
}

/// Why a text can't be the token that External Secrets needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing there.
    #[error("the Connect token is empty")]
    Empty,
    /// Another kind of token.
    #[error("this is a service account token (`ops_…`), not a Connect token")]
    ServiceAccount,
    /// Not of a JWT's form.
    #[error("the Connect token is not a JWT: {0}")]
    NotJwt(&'static str),
    /// For somebody else.
    #[error("the token is for {0}, not for com.1password.connect")]
    Audience(String),
    /// Over.
    #[error("the Connect token expired at {0}")]
    Expired(Timestamp),
    /// It can't see a vault that a store wants by its id.
    #[error("the Connect token can't see the vault {0}")]
    Vault(String),
}

impl TokenError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Vault(_) => {
                "a token's vaults are fixed when it is made: `op connect token create NAME --server SERVER --vault …`"
            }
            _ => {
                "make one with `op connect token create NAME --server SERVER --vault VAULT`, and put it into the SOPS file"
            }
        }
    }
}

const AUDIENCE: &str = "com.1password.connect";

impl Token {
    /// Reads a token; blanks and newlines around it are dropped, for a header can't have them.
    #[expect(clippy::disallowed_methods, reason = "the token is parsed into its public claims")]
    pub fn parse(token: &Secret<String>) -> Result<Self, TokenError> {
        let text = token.expose().trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.starts_with("ops_") {
            return Err(TokenError::ServiceAccount);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, _signature] = parts[..] else {
            return Err(TokenError::NotJwt("it has not three parts"));
        };
        let header: Header = decode(header).ok_or(TokenError::NotJwt("its header can't be read"))?;
        if header.alg != "ES256" {
            return Err(TokenError::NotJwt("its algorithm is not ES256"));
        }
        let claims = decode(payload).ok_or(TokenError::NotJwt("its claims can't be read"))?;
        Ok(Self { text: Secret::new(text.to_owned()), claims })
    }

    /// Checks audience and expiry at the time `now`, and that the vaults given by id are among the token's.
    pub fn check<'a>(
        &self,
        now: Timestamp,
        vaults: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), TokenError> {
        let audience = &self.claims.aud.0;
        if !audience.iter().any(|name| name == AUDIENCE) {
            return Err(TokenError::Audience(if audience.is_empty() {
                "nobody".into()
            } else {
                audience.join(", ")
            }));
        }
        if let Some(expiry) = self.claims.exp.and_then(|seconds| Timestamp::from_second(seconds).ok())
            && expiry <= now
        {
            return Err(TokenError::Expired(expiry));
        }
        let sees = |id: &str| self.claims.vaults.iter().any(|vault| vault.u.eq_ignore_ascii_case(id));
        match vaults.into_iter().find(|vault| is_id(vault) && !self.claims.vaults.is_empty() && !sees(vault))
        {
            Some(unseen) => Err(TokenError::Vault(unseen.to_owned())),
            None => Ok(()),
        }
    }

    /// Returns when the token ends, if it ends.
    pub fn expires(&self) -> Option<Timestamp> {
        self.claims.exp.and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// Returns the token as it goes into the Secret.
    pub fn text(&self) -> Secret<String> {
        self.text.clone()
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?);
    serde_json::from_slice(&bytes).ok()
}

/// 1Password's ids have 26 lower-case letters and digits.
pub(super) fn is_id(vault: &str) -> bool {
    vault.len() == 26 && vault.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn token(header: &str, claims: &str) -> Result<Token, TokenError> {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        Token::parse(&Secret::new(format!("{}.{}.{}\n", part(header), part(claims), part("signature"))))
    }

    fn check(claims: &str) -> Result<(), TokenError> {
        token(r#"{"alg":"ES256"}"#, claims)?.check(Timestamp::from_second(1000).unwrap(), [ID, "production"])
    }

    #[test]
    fn a_good_token_is_trimmed_and_passes() {
        let claims = r#"{"aud":["com.1password.connect"],"exp":2000,"1password.com/vts":[{"u":"AAAAAAAAAAAAAAAAAAAAAAAAAA","a":48}]}"#;
        assert_eq!(check(claims), Ok(()));
        #[expect(clippy::disallowed_methods, reason = "the test looks at what the Secret would hold")]
        let text = token(r#"{"alg":"ES256"}"#, claims).unwrap().text().expose().clone();
        assert!(!text.ends_with('\n'));
    }

    #[test]
    fn a_token_that_can_not_work_is_refused_before_anybody_sends_it() {
        let parse = |text: &str| Token::parse(&Secret::new(text.to_owned())).unwrap_err();
        assert_eq!(parse(" \n"), TokenError::Empty);
        assert_eq!(parse("ops_eyJ"), TokenError::ServiceAccount);
        assert_eq!(parse("chirp"), TokenError::NotJwt("it has not three parts"));
        assert_eq!(
            token(r#"{"alg":"none"}"#, "{}").unwrap_err(),
            TokenError::NotJwt("its algorithm is not ES256")
        );
        assert_eq!(
            check(r#"{"aud":"com.1password.events"}"#),
            Err(TokenError::Audience("com.1password.events".into()))
        );
        let expired = r#"{"aud":"com.1password.connect","exp":999}"#;
        assert_eq!(check(expired), Err(TokenError::Expired(Timestamp::from_second(999).unwrap())));
        let blind = r#"{"aud":"com.1password.connect","1password.com/vts":[{"u":"b"}]}"#;
        assert_eq!(check(blind), Err(TokenError::Vault(ID.into())));
    }
}
