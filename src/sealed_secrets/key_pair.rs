//! A key pair of the controller.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _},
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding},
};
use serde::Deserialize;

use super::{Certificate, SealedSecretsError};
use crate::secret::Secret;

/// A certificate and its private key, in PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// The certificate; public, but kept with its key.
    pub certificate: String,
    /// The private key.
    pub key: Secret<String>,
}

/// As long as the controller's own certificates last.
const YEARS: i16 = 10;

impl KeyPair {
    /// Makes a pair with a key of so many bits, valid from `now` for ten years. The controller's own have 4096.
    ///
    /// It takes a while: call it on a thread that may block.
    pub fn generate(bits: usize, now: Timestamp) -> Result<Self, SealedSecretsError> {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, PKCS_RSA_SHA256, date_time_ymd};

        fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SealedSecretsError {
            SealedSecretsError::Generate(error.into())
        }
        let key = RsaPrivateKey::new(&mut rand::rngs::OsRng, bits).map_err(failed)?;
        let pkcs8 = key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?;
        let signing = rcgen::KeyPair::from_pem_and_sign_algo(&pkcs8, &PKCS_RSA_SHA256).map_err(failed)?;
        let mut params = CertificateParams::new(Vec::<String>::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let utc = now.to_zoned(TimeZone::UTC);
        let seconds = now.as_second().rem_euclid(24 * 60 * 60).unsigned_abs();
        let after = |years: i16| {
            // The last days of February are not in every year.
            let (month, day) = (utc.month().unsigned_abs(), utc.day().unsigned_abs());
            let day = if years == 0 { day } else { day.min(28) };
            date_time_ymd((utc.year() + years).into(), month, day) + Duration::from_secs(seconds)
        };
        (params.not_before, params.not_after) = (after(0), after(YEARS));
        let certificate = params.self_signed(&signing).map_err(failed)?.pem();
        let key = Secret::new(key.to_pkcs1_pem(LineEnding::LF).map_err(failed)?.to_string());
        Ok(Self { certificate, key })
    }

    /// Checks what the controller would end in a panic over: that both are PEM, RSA, and of one pair; and that the
    /// certificate is valid already. Whether it has expired is for the caller to judge: it still opens old files.
    pub fn check(&self, now: Timestamp) -> Result<Certificate, SealedSecretsError> {
        let certificate = Certificate::parse(&self.certificate)?;
        let private = self.private()?;
        if private.to_public_key() != certificate.key {
            return Err(SealedSecretsError::Mismatch);
        }
        if certificate.not_before > now {
            return Err(SealedSecretsError::NotYet(certificate.not_before));
        }
        Ok(certificate)
    }

    #[expect(clippy::disallowed_methods, reason = "the key is parsed")]
    pub(super) fn private(&self) -> Result<RsaPrivateKey, SealedSecretsError> {
        let pem = self.key.expose().trim();
        let parsed = RsaPrivateKey::from_pkcs1_pem(pem).or_else(|_| RsaPrivateKey::from_pkcs8_pem(pem));
        parsed.map_err(|_| {
            let elliptic = pem.starts_with("-----BEGIN EC ") || pem.starts_with("-----BEGIN OPENSSH ");
            // PKCS#8 that is well formed, but not RSA.
            let other = rcgen::KeyPair::from_pem(pem).is_ok();
            if elliptic || other { SealedSecretsError::KeyKind } else { SealedSecretsError::Key }
        })
    }
}
