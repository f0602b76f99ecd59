//! One value under a certificate.

use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce, aead::Aead as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{RngCore as _, rngs::OsRng};
use rsa::Oaep;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Certificate, Scope, SealedSecretsError};
use crate::secret::Secret;

/// Seals values for one certificate.
#[derive(Clone, Debug)]
pub struct Sealer<'a> {
    certificate: &'a Certificate,
}

impl<'a> Sealer<'a> {
    /// Returns a sealer for a certificate.
    pub fn new(certificate: &'a Certificate) -> Self {
        Self { certificate }
    }

    /// Seals a value of the Secret `namespace/name` and returns it in base64, as it stands in `encryptedData`:
    /// the length of the RSA ciphertext in two bytes, the session key under RSA-OAEP, the value under AES-256-GCM with
    /// a nonce of zeros, as the key is used once.
    ///
    /// # Panics
    /// On a value that AES-GCM does not take (64 GiB), which no Secret holds.
    #[expect(clippy::disallowed_methods, reason = "the value is encrypted")]
    pub fn seal(
        &self,
        value: &Secret<Vec<u8>>,
        scope: Scope,
        namespace: &str,
        name: &str,
    ) -> Result<String, SealedSecretsError> {
        let mut session = Zeroizing::new([0_u8; 32]);
        OsRng.fill_bytes(session.as_mut_slice());
        let padding = Oaep::new_with_label::<Sha256, _>(scope.label(namespace, name));
        let key = self.certificate.key.encrypt(&mut OsRng, padding, session.as_slice());
        let key = key.map_err(SealedSecretsError::Encrypt)?;
        let length = u16::try_from(key.len()).expect("an RSA ciphertext is as long as its key");
        let value = Aes256Gcm::new((&*session).into())
            .encrypt(&Nonce::default(), value.expose().as_slice())
            .expect("AES-GCM takes whatever fits into memory");
        let mut sealed = Vec::with_capacity(2 + key.len() + value.len());
        sealed.extend_from_slice(&length.to_be_bytes());
        sealed.extend_from_slice(&key);
        sealed.extend_from_slice(&value);
        Ok(STANDARD.encode(sealed))
    }
}
