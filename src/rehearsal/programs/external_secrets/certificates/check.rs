//! Whether a certificate and its key are fit for the webhook.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::rehearsal::programs::Mounts;

/// Why a certificate is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("stat {0}: no such file or directory")]
    Missing(String),
    #[error("empty cert")]
    Empty,
    #[error("bad CA cert")]
    NoCertificate,
    #[error("tls: private key does not match public key")]
    OtherKey,
    #[error("x509: certificate has expired or is not yet valid")]
    Time,
    #[error("x509: certificate is not valid for {0}")]
    Name(String),
    #[error("x509: certificate signed by unknown authority")]
    Authority,
}

/// Authority, certificate and key, in PEM.
pub(crate) struct CertificateFiles {
    pub(crate) authority: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl CertificateFiles {
    /// Reads the files of a folder.
    pub(crate) fn read(mounts: &Mounts, folder: &str) -> Result<Self, Unfit> {
        let read = |name: &str| {
            let path = format!("{}/{name}", folder.trim_end_matches('/'));
            let content = mounts.read(&path);
            content.map(|content| content.to_vec()).ok_or(Unfit::Missing(path))
        };
        Ok(Self { certificate: read("tls.crt")?, authority: read("ca.crt")?, key: read("tls.key")? })
    }

    /// Refuses a certificate that is not for `name`, not valid at that time or not of that authority.
    pub(crate) fn check(&self, name: &str, at: Timestamp) -> Result<(), Unfit> {
        if self.authority.is_empty() || self.certificate.is_empty() || self.key.is_empty() {
            return Err(Unfit::Empty);
        }
        check_key(&self.certificate, &self.key)?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&self.authority));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|_| Unfit::NoCertificate)?;
        let chain = certificates(&self.certificate);
        let (leaf, rest) = chain.split_first().ok_or(Unfit::NoCertificate)?;
        let server = ServerName::try_from(name).map_err(|_| Unfit::Name(name.to_owned()))?;
        let verified = verifier.verify_server_cert(leaf, rest, &server, &[], unix(at));
        verified.map(drop).map_err(|error| unfit(&error, name))
    }
}

/// Refuses an authority that is not for `name`, not valid at that time, or whose key is another.
pub(super) fn check_authority(pem: &[u8], key: &[u8], name: &str, at: Timestamp) -> Result<(), Unfit> {
    if pem.is_empty() || key.is_empty() {
        return Err(Unfit::Empty);
    }
    check_key(pem, key)?;
    let chain = certificates(pem);
    let authority = chain.first().ok_or(Unfit::NoCertificate)?;
    let authority = Certificate::from_der(authority).map_err(|_| Unfit::NoCertificate)?;
    let validity = &authority.tbs_certificate.validity;
    let at = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    let is_valid =
        validity.not_before.to_unix_duration() <= at && at <= validity.not_after.to_unix_duration();
    if !is_valid {
        return Err(Unfit::Time);
    }
    let names = authority.tbs_certificate.get::<SubjectAltName>().ok().flatten();
    let names = names.map(|(_, names)| names.0).unwrap_or_default();
    let is_named =
        names.iter().any(|found| matches!(found, GeneralName::DnsName(dns) if dns.as_str() == name));
    if is_named { Ok(()) } else { Err(Unfit::Name(name.to_owned())) }
}

fn check_key(certificate: &[u8], key: &[u8]) -> Result<(), Unfit> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Unfit::OtherKey)?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|_| Unfit::OtherKey)?;
    match CertifiedKey::new(certificates(certificate), key).keys_match() {
        Err(Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) | Ok(()) => Ok(()),
        Err(Error::NoCertificatesPresented) => Err(Unfit::NoCertificate),
        Err(_) => Err(Unfit::OtherKey),
    }
}

fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).flatten().collect()
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default()))
}

fn unfit(error: &Error, name: &str) -> Unfit {
    let Error::InvalidCertificate(error) = error else { return Unfit::Authority };
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Unfit::Time,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Unfit::Name(name.to_owned())
        }
        _ => Unfit::Authority,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test checks a key of its own")]
mod tests {
    use super::*;
    use crate::external_secrets::WebhookCertificate;

    #[test]
    fn a_certificate_is_fit_for_its_name_its_time_and_its_authority() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let made = WebhookCertificate::generate("webhook", "ns", now).unwrap();
        let other = WebhookCertificate::generate("webhook", "ns", now).unwrap();
        let mut files = CertificateFiles {
            authority: made.ca_certificate.clone().into_bytes(),
            certificate: made.certificate.clone().into_bytes(),
            key: made.key.expose().clone().into_bytes(),
        };
        assert_eq!(files.check("webhook.ns.svc", now), Ok(()));
        assert_eq!(files.check("other.ns.svc", now), Err(Unfit::Name("other.ns.svc".into())));
        let late = "2040-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(files.check("webhook.ns.svc", late), Err(Unfit::Time));
        let ca_key = made.ca_key.expose().as_bytes();
        let authority = made.ca_certificate.as_bytes();
        assert_eq!(check_authority(authority, ca_key, "external-secrets", now), Ok(()));
        assert_eq!(check_authority(authority, ca_key, "external-secrets", late), Err(Unfit::Time));
        let wrong = other.ca_key.expose().as_bytes();
        assert_eq!(check_authority(authority, wrong, "external-secrets", now), Err(Unfit::OtherKey));
        files.authority = other.ca_certificate.into_bytes();
        assert_eq!(files.check("webhook.ns.svc", now), Err(Unfit::Authority));
        files.key = other.key.expose().clone().into_bytes();
        assert_eq!(files.check("webhook.ns.svc", now), Err(Unfit::OtherKey));
    }

    #[test]
    fn files_that_are_not_there_yet_are_named() {
        let missing = CertificateFiles::read(&Mounts::default(), "/tmp/certs").err();
        assert_eq!(missing, Some(Unfit::Missing("/tmp/certs/tls.crt".into())));
    }
}
