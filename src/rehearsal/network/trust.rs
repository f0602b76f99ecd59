//! Whom a client believes: the check of a server's certificate, with Go's words for what is wrong.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rustls::{
    CertificateError, Error, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use super::NetworkError;

/// Which certificates a client accepts.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Those of authorities that everybody knows, which is none of a cluster's own.
    #[default]
    System,
    /// Those of the authorities in a PEM text, like a webhook's `caBundle`.
    Bundle(Vec<u8>),
    /// Any, as a kubelet's probes.
    Anything,
}

impl Trust {
    /// Checks a server's certificate chain, in PEM, for the name that the client called at the time `now`.
    pub(super) fn verify(&self, chain: &[u8], name: &str, now: Timestamp) -> Result<(), NetworkError> {
        let bundle = match self {
            Self::Anything => return Ok(()),
            Self::System => &[][..],
            Self::Bundle(bundle) => bundle,
        };
        check(bundle, chain, name, now).map_err(|error| NetworkError::Certificate(words(&error, name, now)))
    }
}

fn check(bundle: &[u8], chain: &[u8], name: &str, now: Timestamp) -> Result<(), Error> {
    let unknown = || Error::InvalidCertificate(CertificateError::UnknownIssuer);
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle).flatten());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Without a root there is no verifier, and nobody to believe.
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier.map_err(|_| unknown())?;
    let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(chain).flatten().collect();
    let (leaf, intermediates) = chain.split_first().ok_or_else(unknown)?;
    let server = ServerName::try_from(name)
        .map_err(|_| Error::InvalidCertificate(CertificateError::NotValidForName))?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    verifier.verify_server_cert(leaf, intermediates, &server, &[], now).map(drop)
}

fn words(error: &Error, name: &str, now: Timestamp) -> String {
    let Error::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented
                .iter()
                .map(|name| name.trim_start_matches("DnsName(\"").trim_end_matches("\")"))
                .collect();
            format!("certificate is valid for {}, not {name}", names.join(", "))
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("certificate has expired or is not yet valid: current time {now} is after its end")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("certificate has expired or is not yet valid: current time {now} is before its beginning")
        }
        _ => "certificate signed by unknown authority".to_owned(),
    }
}
