//! Private keys: made, written and read in the forms that Go's `crypto/x509` uses.

use std::rc::Rc;

use dsa::{Components, KeySize, SigningKey as DsaKey};
use ed25519_dalek::SigningKey as EdwardsKey;
use p256::SecretKey as CurveKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey as CurveSigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs1v15::SigningKey as RsaSigningKey;
use rsa::signature::SignatureEncoding;
use rsa::{BigUint, RsaPrivateKey};
use sha2::Sha256;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::pem;
use crate::gotemplate::functions::Host;
use crate::gotemplate::{Functions, GoString};

/// A private key.
pub(super) enum Key {
    Rsa(Box<RsaPrivateKey>),
    Curve(CurveKey),
    Edwards(Box<EdwardsKey>),
}

/// A text that is no private key, in Sprig's words.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyError {
    #[error("no PEM data in input")]
    NoPem,
    #[error("decoding PEM as PKCS#8: {0}")]
    Pkcs8(String),
    #[error("no private key data in PEM block of type {0}")]
    Label(String),
    #[error("parsing RSA private key from PEM: {0}")]
    Rsa(#[source] rsa::pkcs1::Error),
    #[error("parsing EC private key from PEM: {0}")]
    Curve(#[source] p256::elliptic_curve::Error),
    #[error("invalid private key type {0}")]
    Type(String),
    #[error("error generating rsa key: {0}")]
    Generate(#[source] rsa::Error),
    #[error("write the key: {0}")]
    Write(String),
}

/// How long keys of authorities and certificates are, and those of `genPrivateKey "rsa"`.
const CERTIFICATE_BITS: usize = 2048;
const PLAIN_BITS: usize = 4096;

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("genPrivateKey", move |kind: GoString| {
        generated(&source, &kind).unwrap_or_else(|error| format!("failed to generate private key: {error}"))
    });
}

fn generated(host: &Host, kind: &GoString) -> Result<String, KeyError> {
    match &**kind {
        b"" | b"rsa" => Key::rsa(host, PLAIN_BITS)?.to_pem(),
        b"ecdsa" => host.with_random(|random| Key::Curve(CurveKey::random(&mut &mut *random)).to_pem()),
        b"ed25519" => {
            let mut seed = [0; 32];
            host.with_random(|random| random.fill_bytes(&mut seed));
            Key::Edwards(Box::new(EdwardsKey::from_bytes(&seed))).to_pem()
        }
        b"dsa" => dsa_pem(host),
        _ => Ok(format!("Unknown type {kind}")),
    }
}

/// Writes the form that OpenSSL and Go give DSA keys: a sequence of version 0, p, q, g, y and x.
fn dsa_pem(host: &Host) -> Result<String, KeyError> {
    let key = host.with_random(|mut random| {
        let components = Components::generate(&mut random, KeySize::DSA_2048_256);
        DsaKey::generate(&mut random, components)
    });
    let public = key.verifying_key();
    let parts = public.components();
    let numbers = [&BigUint::from(0_u8), parts.p(), parts.q(), parts.g(), public.y(), key.x()];
    let bytes = numbers.map(BigUint::to_bytes_be);
    let form = bytes.iter().map(|bytes| UintRef::new(bytes)).collect::<Result<Vec<_>, _>>();
    let der = form.and_then(|form| form.to_der()).map_err(|error| KeyError::Write(error.to_string()))?;
    Ok(pem::encode("DSA PRIVATE KEY", &der))
}

impl Key {
    /// Makes a key for a certificate.
    pub(super) fn for_certificate(host: &Host) -> Result<Self, KeyError> {
        Self::rsa(host, CERTIFICATE_BITS)
    }

    fn rsa(host: &Host, bits: usize) -> Result<Self, KeyError> {
        let key = host.with_random(|mut random| RsaPrivateKey::new(&mut random, bits));
        key.map(|key| Self::Rsa(Box::new(key))).map_err(KeyError::Generate)
    }

    /// Reads a PEM block: PKCS#8, PKCS#1 or SEC 1.
    pub(super) fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::decode(text).ok_or(KeyError::NoPem)?;
        let bytes = &block.bytes;
        match block.label.as_str() {
            "PRIVATE KEY" => Self::from_pkcs8(bytes),
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(bytes)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(KeyError::Rsa),
            "EC PRIVATE KEY" => CurveKey::from_sec1_der(bytes).map(Self::Curve).map_err(KeyError::Curve),
            label => Err(if label.ends_with(" PRIVATE KEY") {
                KeyError::Type(label.to_owned())
            } else {
                KeyError::Label(label.to_owned())
            }),
        }
    }

    fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        if let Ok(key) = RsaPrivateKey::from_pkcs8_der(bytes) {
            return Ok(Self::Rsa(Box::new(key)));
        }
        if let Ok(key) = CurveKey::from_pkcs8_der(bytes) {
            return Ok(Self::Curve(key));
        }
        EdwardsKey::from_pkcs8_der(bytes)
            .map(|key| Self::Edwards(Box::new(key)))
            .map_err(|error| KeyError::Pkcs8(error.to_string()))
    }

    /// Writes the key as Sprig does: each kind in its own form.
    pub(super) fn to_pem(&self) -> Result<String, KeyError> {
        let wrong = |error: &dyn std::error::Error| KeyError::Write(error.to_string());
        match self {
            Self::Rsa(key) => {
                let der = key.to_pkcs1_der().map_err(|error| wrong(&error))?;
                Ok(pem::encode("RSA PRIVATE KEY", der.as_bytes()))
            }
            Self::Curve(key) => {
                let der = key.to_sec1_der().map_err(|error| wrong(&error))?;
                Ok(pem::encode("EC PRIVATE KEY", &der))
            }
            Self::Edwards(key) => {
                // Version one, without the public key, as Go writes it.
                let pair =
                    ed25519_dalek::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                let der = pair.to_pkcs8_der().map_err(|error| wrong(&error))?;
                Ok(pem::encode("PRIVATE KEY", der.as_bytes()))
            }
        }
    }

    /// Returns the public key as a certificate holds it.
    pub(super) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, KeyError> {
        let document = match self {
            Self::Rsa(key) => key.to_public_key().to_public_key_der(),
            Self::Curve(key) => key.public_key().to_public_key_der(),
            Self::Edwards(key) => key.verifying_key().to_public_key_der(),
        };
        let document = document.map_err(|error| KeyError::Write(error.to_string()))?;
        SubjectPublicKeyInfoOwned::from_der(document.as_bytes())
            .map_err(|error| KeyError::Write(error.to_string()))
    }

    /// Returns the algorithm of its signatures.
    pub(super) fn algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self {
            // sha256WithRSAEncryption has a NULL, the others have nothing.
            Self::Rsa(_) => ("1.2.840.113549.1.1.11", Some(x509_cert::der::Any::null())),
            Self::Curve(_) => ("1.2.840.10045.4.3.2", None),
            Self::Edwards(_) => ("1.3.101.112", None),
        };
        AlgorithmIdentifierOwned { oid: ObjectIdentifier::new_unwrap(oid), parameters }
    }

    /// Signs with SHA-256, or with Ed25519's own digest.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => RsaSigningKey::<Sha256>::new(key.as_ref().clone()).sign(message).to_vec(),
            Self::Curve(key) => {
                let signature: DerSignature = CurveSigningKey::from(key).sign(message);
                signature.to_bytes().to_vec()
            }
            Self::Edwards(key) => key.sign(message).to_bytes().to_vec(),
        }
    }
}
