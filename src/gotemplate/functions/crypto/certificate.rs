//! Certificates as Sprig makes them: SHA-256, a random serial number, valid from now on for some days.

use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{CertificateInner, TbsCertificateInner, Version};
use x509_cert::der::asn1::GeneralizedTime;
use x509_cert::der::asn1::{
    BitString, Ia5String, OctetString, PrintableString, SetOfVec, UtcTime, Utf8StringRef,
};
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{Any, Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use super::key::{Key, KeyError};
use crate::gotemplate::functions::Host;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("error creating certificate: {0}")]
    Encode(#[from] x509_cert::der::Error),
}

/// What a certificate is to say.
pub(super) struct Request<'a> {
    pub(super) common_name: &'a str,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) names: Vec<String>,
    pub(super) days: i64,
    pub(super) authority: bool,
}

/// Who signs: its name, key identifier and key.
pub(super) struct Issuer<'a> {
    pub(super) name: Name,
    pub(super) identifier: Option<Vec<u8>>,
    pub(super) key: &'a Key,
}

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

/// Makes a certificate for `key`; without an issuer it signs itself. Returns DER.
pub(super) fn create(
    host: &Host,
    request: &Request<'_>,
    key: &Key,
    issuer: Option<&Issuer<'_>>,
) -> Result<Vec<u8>, CertificateError> {
    let signer = issuer.map_or(key, |issuer| issuer.key);
    let subject = name(request.common_name)?;
    let public = key.public()?;
    let identifier = key_identifier(public.subject_public_key.raw_bytes());
    let extensions = extensions(request, &identifier, issuer)?;
    let content = TbsCertificateInner {
        version: Version::V3,
        serial_number: serial_number(host)?,
        signature: signer.algorithm(),
        issuer: issuer.map_or_else(|| subject.clone(), |issuer| issuer.name.clone()),
        validity: validity(host, request.days)?,
        subject,
        subject_public_key_info: public,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let signature = BitString::from_bytes(&signer.sign(&content.to_der()?))?;
    let certificate: CertificateInner =
        CertificateInner { tbs_certificate: content, signature_algorithm: signer.algorithm(), signature };
    Ok(certificate.to_der()?)
}

/// Returns the subject and key identifier of a certificate in DER.
pub(super) fn read(der: &[u8]) -> Result<(Name, Option<Vec<u8>>), x509_cert::der::Error> {
    let content = CertificateInner::<x509_cert::certificate::Rfc5280>::from_der(der)?.tbs_certificate;
    let extension =
        content.extensions.iter().flatten().find(|extension| extension.extn_id == SubjectKeyIdentifier::OID);
    let identifier =
        extension.and_then(|extension| SubjectKeyIdentifier::from_der(extension.extn_value.as_bytes()).ok());
    Ok((content.subject, identifier.map(|identifier| identifier.0.into_bytes())))
}

/// Go prefers the printable form. An empty name has no part at all.
fn name(common_name: &str) -> Result<Name, x509_cert::der::Error> {
    if common_name.is_empty() {
        return Ok(RdnSequence::default());
    }
    let printable =
        common_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte));
    let value = if printable {
        Any::encode_from(&PrintableString::new(common_name)?)?
    } else {
        Any::encode_from(&Utf8StringRef::new(common_name)?)?
    };
    let part = AttributeTypeAndValue { oid: COMMON_NAME, value };
    Ok(RdnSequence(vec![RelativeDistinguishedName(SetOfVec::try_from(vec![part])?)]))
}

/// Go cuts SHA-256 of the key to 160 bits (RFC 7093).
fn key_identifier(public_key: &[u8]) -> Vec<u8> {
    Sha256::digest(public_key)[..20].to_vec()
}

fn serial_number(host: &Host) -> Result<SerialNumber, x509_cert::der::Error> {
    let mut bytes = [0; 16];
    host.with_random(|random| random.fill_bytes(&mut bytes));
    SerialNumber::new(&bytes)
}

fn validity(host: &Host, days: i64) -> Result<Validity, x509_cert::der::Error> {
    const DAY: i64 = 24 * 60 * 60;
    let now = host.now().as_second();
    Ok(Validity { not_before: time(now)?, not_after: time(now.saturating_add(days.saturating_mul(DAY)))? })
}

/// Up to 2049 the year has two digits.
fn time(seconds: i64) -> Result<Time, x509_cert::der::Error> {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    match UtcTime::from_unix_duration(since) {
        Ok(short) => Ok(Time::UtcTime(short)),
        Err(_) => Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(since)?)),
    }
}

/// In Go's order: usages, constraints, key identifiers, names.
fn extensions(
    request: &Request<'_>,
    identifier: &[u8],
    issuer: Option<&Issuer<'_>>,
) -> Result<Vec<Extension>, x509_cert::der::Error> {
    let mut usages: FlagSet<KeyUsages> = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
    if request.authority {
        usages |= KeyUsages::KeyCertSign;
    }
    let mut extensions = vec![
        extension(true, &KeyUsage(usages))?,
        extension(false, &ExtendedKeyUsage(vec![SERVER, CLIENT]))?,
        extension(true, &BasicConstraints { ca: request.authority, path_len_constraint: None })?,
    ];
    if request.authority {
        extensions.push(extension(false, &SubjectKeyIdentifier(OctetString::new(identifier)?))?);
    }
    if let Some(identifier) = issuer.and_then(|issuer| issuer.identifier.as_deref()) {
        let key_identifier = Some(OctetString::new(identifier)?);
        let authority = AuthorityKeyIdentifier {
            key_identifier,
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        extensions.push(extension(false, &authority)?);
    }
    let names = alternative_names(request)?;
    if !names.is_empty() {
        extensions.push(extension(request.common_name.is_empty(), &SubjectAltName(names))?);
    }
    Ok(extensions)
}

fn extension<T: Encode + AssociatedOid>(
    critical: bool,
    content: &T,
) -> Result<Extension, x509_cert::der::Error> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(content.to_der()?)? })
}

fn alternative_names(request: &Request<'_>) -> Result<Vec<GeneralName>, x509_cert::der::Error> {
    let mut names = Vec::new();
    for name in &request.names {
        names.push(GeneralName::DnsName(Ia5String::new(name)?));
    }
    for address in &request.addresses {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        names.push(GeneralName::IpAddress(OctetString::new(bytes)?));
    }
    Ok(names)
}
