//! The webhook's certificate, made before the operator is installed.
//!
//! The operator's webhook looks for its certificate once and then sleeps ten seconds a try, while its certificate
//! controller is still starting: with the certificate in place beforehand it serves at once. The form is the one that
//! the certificate controller writes, so it accepts, keeps and later renews ours.

use jiff::{Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey},
    pkcs8::{EncodePrivateKey, LineEnding},
};

use crate::secret::Secret;

/// As long as the operator's own certificates last.
const YEARS: i16 = 10;

/// A certification authority and a server certificate, in PEM.
#[derive(Clone, Debug)]
pub struct WebhookCertificate {
    /// The authority's certificate.
    pub ca_certificate: String,
    /// The authority's RSA key in PKCS#1, the one form that the operator reads.
    pub ca_key: Secret<String>,
    /// The server's certificate.
    pub certificate: String,
    /// The server's key.
    pub key: Secret<String>,
}

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The authority's key.
    #[error("generate the webhook's RSA key")]
    Key(#[from] rsa::Error),
    /// Its PKCS#1 form, written or read.
    #[error("encode the webhook's RSA key")]
    Encode(#[from] rsa::pkcs1::Error),
    /// Its PKCS#8 form, for signing.
    #[error("encode the webhook's RSA key for signing")]
    Sign(#[from] rsa::pkcs8::Error),
    /// The certificates.
    #[error("issue the webhook's certificate")]
    Issue(#[from] rcgen::Error),
}

impl WebhookCertificate {
    /// Makes a certificate for the DNS name `SERVICE.NAMESPACE.svc`, valid from the day before `now` for ten years.
    ///
    /// It generates an RSA key of 2048 bits, which takes a while: call it on a thread that may block.
    pub fn generate(service: &str, namespace: &str, now: Timestamp) -> Result<Self, CertificateError> {
        let dns_name = format!("{service}.{namespace}.svc");
        let rsa = RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048)?;
        let ca_key = Secret::new(rsa.to_pkcs1_pem(LineEnding::LF)?.to_string());
        let signing_key =
            KeyPair::from_pem_and_sign_algo(&rsa.to_pkcs8_pem(LineEnding::LF)?, &rcgen::PKCS_RSA_SHA256)?;
        let ca = authority(now)?;
        let ca_certificate = ca.self_signed(&signing_key)?.pem();
        let (certificate, key) = issue(&dns_name, ca, signing_key, now)?;
        Ok(Self { ca_certificate, ca_key, certificate, key })
    }

    /// Makes a server certificate of the authority that is there, whose key is in PKCS#1.
    #[expect(clippy::disallowed_methods, reason = "the authority's key signs")]
    pub fn renew(
        ca_certificate: String,
        ca_key: Secret<String>,
        service: &str,
        namespace: &str,
        now: Timestamp,
    ) -> Result<Self, CertificateError> {
        let rsa = RsaPrivateKey::from_pkcs1_pem(ca_key.expose())?;
        let signing_key =
            KeyPair::from_pem_and_sign_algo(&rsa.to_pkcs8_pem(LineEnding::LF)?, &rcgen::PKCS_RSA_SHA256)?;
        let dns_name = format!("{service}.{namespace}.svc");
        // What a signature takes of the authority is its name, which is always the same, and its key.
        let (certificate, key) = issue(&dns_name, authority(now)?, signing_key, now)?;
        Ok(Self { ca_certificate, ca_key, certificate, key })
    }
}

fn issue(
    dns_name: &str,
    ca: CertificateParams,
    signing_key: KeyPair,
    now: Timestamp,
) -> Result<(String, Secret<String>), CertificateError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = server(dns_name, now)?.signed_by(&key, &Issuer::new(ca, signing_key))?.pem();
    Ok((certificate, Secret::new(key.serialize_pem())))
}

fn authority(now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec!["external-secrets".to_owned()])?;
    params.distinguished_name.push(DnType::OrganizationName, "external-secrets");
    params.distinguished_name.push(DnType::CommonName, "external-secrets");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::KeyCertSign,
    ];
    set_validity(&mut params, now);
    Ok(params)
}

fn server(dns_name: &str, now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec![dns_name.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, dns_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_validity(&mut params, now);
    Ok(params)
}

/// Whole days: clocks of the cluster may be behind ours.
fn set_validity(params: &mut CertificateParams, now: Timestamp) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let start = today.yesterday().unwrap_or(today);
    let day = |year: i16| {
        date_time_ymd(year.into(), start.month().unsigned_abs(), start.day().min(28).unsigned_abs())
    };
    params.not_before = day(start.year());
    params.not_after = day(start.year() + YEARS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at the key's form")]
    fn the_key_of_the_authority_has_the_one_form_that_the_operator_reads() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let made = WebhookCertificate::generate("external-secrets-webhook", "external-secrets", now).unwrap();
        assert!(made.ca_key.expose().starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        assert!(made.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(!format!("{made:?}").contains("PRIVATE KEY"));
    }
}
