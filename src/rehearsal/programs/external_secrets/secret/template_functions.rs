//! The functions of the operator's templates, engine v2: Sprig's without the environment, and its own.

use std::rc::Rc;

use jiff::tz::TimeZone;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Oaep, RsaPrivateKey};

use crate::clock::Clock;
use crate::gotemplate::functions::{Host, library};
use crate::gotemplate::{FunctionError, Functions, GoString};
use crate::rehearsal::programs::external_secrets::certificates::pem;

/// What Helm has on top of Sprig, and the operator has not.
const HELM_ONLY: [&str; 9] = [
    "mustToYaml",
    "toYamlPretty",
    "fromYamlArray",
    "fromJsonArray",
    "toToml",
    "fromToml",
    "mustToToml",
    "mustToJsonArray",
    "mustFromYaml",
];

/// What the operator has and a rehearsal has not.
const ABSENT: [&str; 13] = [
    "pkcs12key",
    "pkcs12keyPass",
    "pkcs12cert",
    "pkcs12certPass",
    "pemToPkcs12",
    "pemToPkcs12Pass",
    "fullPemToPkcs12",
    "fullPemToPkcs12Pass",
    "pemTruststoreToPKCS12",
    "pemTruststoreToPKCS12Pass",
    "jwkPublicKeyPem",
    "jwkPrivateKeyPem",
    "getSecretKey",
];

/// Returns all functions.
pub(super) fn table(clock: &Clock) -> Functions {
    let clock = clock.clone();
    let host = Host::new(rand::rngs::OsRng, move || clock.now(), TimeZone::UTC);
    let mut functions = library(&Rc::new(host));
    for name in HELM_ONLY {
        functions.remove(name);
    }
    for name in ABSENT {
        functions.add(name, move |_: crate::gotemplate::Rest<crate::gotemplate::Value>| {
            let text = format!("a rehearsal does not have the template function {name}");
            Err::<GoString, FunctionError>(FunctionError::new(text))
        });
    }
    functions.add("filterPEM", |kind: GoString, input: GoString| {
        pem::filter(&kind.to_text(), &input.to_text())
            .map(GoString::from)
            .ok_or_else(|| FunctionError::new("error filtering pem: found junk"))
    });
    functions.add("filterCertChain", |kind: GoString, input: GoString| {
        pem::filter_chain(&kind.to_text(), &input.to_text())
            .map(GoString::from)
            .map_err(FunctionError::from_cause)
    });
    functions.add("rsaDecrypt", |scheme: GoString, hash: GoString, input: GoString, key: GoString| {
        rsa_decrypt(&scheme.to_text(), &hash.to_text(), input, &key.to_text())
    });
    functions
}

fn rsa_decrypt(scheme: &str, hash: &str, input: GoString, key: &str) -> Result<GoString, FunctionError> {
    match scheme {
        "None" => return Ok(input),
        "RSA-OAEP" => {}
        other => return Err(FunctionError::new(format!("decryption scheme {other} is not supported"))),
    }
    if !key.contains("-----BEGIN ") {
        return Err(FunctionError::new("failed to decode PEM block"));
    }
    let key = RsaPrivateKey::from_pkcs8_pem(key)
        .ok()
        .or_else(|| RsaPrivateKey::from_pkcs1_pem(key).ok())
        .ok_or_else(|| FunctionError::new("could not parse RSA private key"))?;
    let padding = match hash {
        "SHA1" => Oaep::new::<sha1::Sha1>(),
        "SHA512" => Oaep::new::<sha2::Sha512>(),
        _ => Oaep::new::<sha2::Sha256>(),
    };
    let opened = key.decrypt(padding, &input);
    opened
        .map(GoString::from)
        .map_err(|error| FunctionError::new(format!("error decrypting data with RSA: {error}")))
}
