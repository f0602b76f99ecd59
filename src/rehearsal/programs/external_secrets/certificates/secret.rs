//! The Secret with the certificate: kept where it is fit, made anew where it is not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::PostParams;

use super::check::{CertificateFiles, check_authority};
use crate::external_secrets::WebhookCertificate;
use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    flags::{CertificateFlags, LOOKAHEAD},
    world::writing,
};
use crate::secret::Secret as Hidden;

/// What the certificate of the authority is for.
const AUTHORITY: &str = "external-secrets";

/// Makes the Secret fit, and returns the authority's certificate.
pub(super) async fn ensure(
    secrets: &Api<Secret>,
    flags: &CertificateFlags,
    now: Timestamp,
) -> Result<Vec<u8>, Failure> {
    let (namespace, service) = &flags.service;
    let mut secret = secrets.get(&flags.secret.1).await?;
    let Some(fresh) = renewed(secret.data.as_ref(), service, namespace, now)? else {
        return Ok(key(secret.data.as_ref(), "ca.crt"));
    };
    let authority = fresh.ca_certificate.clone().into_bytes();
    secret.data.get_or_insert_default().extend(entries(&fresh));
    let parameters = PostParams { field_manager: writing().field_manager, ..PostParams::default() };
    secrets.replace(&flags.secret.1, &parameters, &secret).await?;
    Ok(authority)
}

/// Returns a new certificate where the one there is not fit for long enough; of a fit authority, if there is one.
fn renewed(
    data: Option<&BTreeMap<String, ByteString>>,
    service: &str,
    namespace: &str,
    now: Timestamp,
) -> Result<Option<WebhookCertificate>, Failure> {
    let at = now + LOOKAHEAD;
    let failed = |error: crate::external_secrets::CertificateError| Failure::said(error.to_string());
    let (authority, ca_key) = (key(data, "ca.crt"), key(data, "ca.key"));
    if check_authority(&authority, &ca_key, AUTHORITY, at).is_err() {
        return WebhookCertificate::generate(service, namespace, now).map(Some).map_err(failed);
    }
    let files = CertificateFiles { authority, certificate: key(data, "tls.crt"), key: key(data, "tls.key") };
    if files.check(&format!("{service}.{namespace}.svc"), at).is_ok() {
        return Ok(None);
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let authority = text(files.authority);
    let renewed = WebhookCertificate::renew(authority, Hidden::new(text(ca_key)), service, namespace, now);
    renewed.map(Some).map_err(failed)
}

fn key(data: Option<&BTreeMap<String, ByteString>>, name: &str) -> Vec<u8> {
    data.and_then(|data| data.get(name)).map(|value| value.0.clone()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the keys go into the Secret that is there for them")]
fn entries(made: &WebhookCertificate) -> [(String, ByteString); 4] {
    let entry = |name: &str, text: &str| (name.to_owned(), ByteString(text.as_bytes().to_vec()));
    [
        entry("ca.crt", &made.ca_certificate),
        entry("ca.key", made.ca_key.expose()),
        entry("tls.crt", &made.certificate),
        entry("tls.key", made.key.expose()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_certificate_is_kept_and_a_server_certificate_alone_is_renewed() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let first = renewed(None, "webhook", "ns", now).unwrap().unwrap();
        let data = BTreeMap::from(entries(&first));
        assert!(renewed(Some(&data), "webhook", "ns", now).unwrap().is_none());
        let second = renewed(Some(&data), "other", "ns", now).unwrap().unwrap();
        assert_eq!(second.ca_certificate, first.ca_certificate, "the authority is still fit");
        let renewed_data = BTreeMap::from(entries(&second));
        assert!(renewed(Some(&renewed_data), "other", "ns", now).unwrap().is_none());
        let late = now + LOOKAHEAD * 50;
        let third = renewed(Some(&data), "webhook", "ns", late).unwrap().unwrap();
        assert_ne!(third.ca_certificate, first.ca_certificate);
    }
}
