//! The credentials that a Connect server holds.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::Value as Json;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// The key of a `1password-credentials.json`.
pub(super) struct Credentials {
    key: Zeroizing<String>,
}

impl Credentials {
    /// Reads a credentials file; nothing when it has not the parts of one.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let document: Json = serde_json::from_slice(json).ok()?;
        let whole = ["verifier", "encCredentials", "version", "deviceUuid"]
            .iter()
            .all(|key| !document[key].is_null());
        let key = document["uniqueKey"]["k"].as_str().filter(|_| whole)?;
        Some(Self { key: Zeroizing::new(key.to_owned()) })
    }

    /// Returns a name for the credentials that tells nothing of them.
    pub(super) fn digest(&self) -> String {
        hex::encode(&Sha256::digest(format!("rehearsal/{}", self.key.as_str()))[..16])
    }

    /// Returns what stands for the signature in tokens of our own test kit.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = Zeroizing::new(Sha256::digest(format!("signature/{}", self.key.as_str())).to_vec());
        let mut mac = Hmac::<Sha512>::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }
}

/// Reads one part of a JWT.
pub(super) fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()
}
