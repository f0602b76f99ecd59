//! The SHA-256 of an archive.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::RepositoryError;

/// A SHA-256, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Reads a digest, with or without `sha256:`.
    pub fn parse(text: &str) -> Result<Self, RepositoryError> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| RepositoryError::Digest(text.to_owned()))?;
        Ok(Self(bytes))
    }

    /// Returns the digest of bytes.
    pub fn compute(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Says whether these bytes have this digest.
    pub fn of(&self, bytes: &[u8]) -> bool {
        *self == Self::compute(bytes)
    }

    /// Returns the hexadecimal digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256:{}", self.hex())
    }
}
