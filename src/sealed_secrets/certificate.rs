//! The public half of a key pair.

use jiff::Timestamp;
use rsa::{RsaPublicKey, pkcs8::DecodePublicKey as _};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use x509_cert::der::{Decode as _, Encode as _};

use super::SealedSecretsError;

/// A certificate of the controller, with an RSA key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The key that is sealed for.
    pub key: RsaPublicKey,
    /// When the pair was made: of several pairs, the controller seals for the newest.
    pub not_before: Timestamp,
    /// When `kubeseal` stops to seal for it. The controller opens what was sealed for it all the same.
    pub not_after: Timestamp,
    fingerprint: String,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn parse(pem: &str) -> Result<Self, SealedSecretsError> {
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| SealedSecretsError::CertificatePem)?;
        let certificate = x509_cert::Certificate::from_der(&der).map_err(SealedSecretsError::Certificate)?;
        let certificate = certificate.tbs_certificate;
        let public = certificate.subject_public_key_info.to_der().map_err(SealedSecretsError::Certificate)?;
        let key =
            RsaPublicKey::from_public_key_der(&public).map_err(|_| SealedSecretsError::CertificateKind)?;
        let time = |time: x509_cert::time::Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
            Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
        };
        Ok(Self {
            key,
            not_before: time(certificate.validity.not_before),
            not_after: time(certificate.validity.not_after),
            fingerprint: hex::encode(Sha256::digest(&public)),
        })
    }

    /// Returns the SHA-256 of the public key, in hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
