//! `fn::secret`.

use super::{base64::decode, shared};
use crate::environment::evaluator::{Mode, Scope};
use crate::environment::schema::Schema;
use crate::environment::term::{Shared, Term};
use crate::esc::Expression;
use crate::secret::Secret;

/// Why a ciphertext can't be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum EnvelopeError {
    #[error(transparent)]
    Base64(#[from] super::base64::IllegalBase64),
    #[error("EOF")]
    Short,
    #[error("invalid header")]
    Header,
    #[error("invalid checksum")]
    Checksum,
    #[error("unsupported version")]
    Version,
}

/// Nothing decrypts ciphertext here.
#[derive(Debug, thiserror::Error)]
#[error("no decrypter for the ciphertext of Pulumi ESC is configured")]
struct NoDecrypter;

impl<'d> Scope<'d, '_, '_> {
    pub(super) fn secret(&mut self, text: &'d Expression) -> Shared {
        shared(Term::clone(&self.evaluate(text, None)).with_secret(true))
    }

    pub(super) fn ciphertext(&mut self, expression: &'d Expression, envelope: &str) -> Shared {
        let unknown = || shared(Term::unknown(Schema::kind("string"), &expression.place).with_secret(true));
        let body = match open_envelope(envelope) {
            Ok(body) => body,
            Err(error) => {
                self.error(&expression.place, format!("invalid ciphertext: {error}"));
                return unknown();
            }
        };
        if self.session.mode == Mode::Check {
            return unknown();
        }
        let plaintext = match self.session.decrypter() {
            Some(decrypter) => decrypter.decrypt(&body),
            None => Err(NoDecrypter.into()),
        };
        match plaintext {
            Ok(plaintext) => shared(plain(&plaintext, expression)),
            Err(error) => {
                self.error(&expression.place, format!("decrypting: {error}"));
                unknown()
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the plaintext moves into a value that is marked as secret")]
fn plain(plaintext: &Secret<Vec<u8>>, expression: &Expression) -> Term {
    Term::text(plaintext.expose().as_slice(), &expression.place).with_secret(true)
}

/// Returns the body of `escx`, version, body, CRC-32 of all that; numbers are big-endian.
fn open_envelope(envelope: &str) -> Result<Vec<u8>, EnvelopeError> {
    let bytes = decode(envelope.as_bytes())?;
    if bytes.len() < 16 {
        return Err(EnvelopeError::Short);
    }
    let (content, checksum) = bytes.split_at(bytes.len() - 4);
    let Some(versioned) = content.strip_prefix(b"escx") else { return Err(EnvelopeError::Header) };
    let mut crc = flate2::Crc::new();
    crc.update(content);
    if crc.sum().to_be_bytes() != checksum {
        return Err(EnvelopeError::Checksum);
    }
    match versioned.split_first_chunk() {
        Some((version, body)) if u32::from_be_bytes(*version) == 1 => Ok(body.to_vec()),
        _ => Err(EnvelopeError::Version),
    }
}

#[cfg(test)]
mod tests {
    use ::base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    fn envelope(header: &[u8], version: u32, body: &[u8], broken: bool) -> String {
        let mut bytes = [header, &version.to_be_bytes(), body].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        bytes.extend_from_slice(&(crc.sum() ^ u32::from(broken)).to_be_bytes());
        STANDARD.encode(bytes)
    }

    #[test]
    fn the_parts_of_an_envelope_are_checked_in_order() {
        assert_eq!(open_envelope(&envelope(b"escx", 1, b"body", false)), Ok(b"body".to_vec()));
        assert_eq!(open_envelope(&envelope(b"escx", 1, b"abc", false)), Err(EnvelopeError::Short));
        assert_eq!(open_envelope(&envelope(b"esc!", 2, b"body", true)), Err(EnvelopeError::Header));
        assert_eq!(open_envelope(&envelope(b"escx", 2, b"body", true)), Err(EnvelopeError::Checksum));
        assert_eq!(open_envelope(&envelope(b"escx", 2, b"body", false)), Err(EnvelopeError::Version));
        assert!(matches!(open_envelope("?"), Err(EnvelopeError::Base64(_))));
    }
}
