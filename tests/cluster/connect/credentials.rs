//! Test credentials of a Connect server and the tokens that go with them.
//!
//! The real pairing is closed source. Here a token has the real shape and claims (ES256, 64 bytes of signature), but what
//! stands for the signature is an HMAC under a key derived from the credentials' `uniqueKey.k`; so a server that holds the
//! credentials can tell its own tokens from others. The file depends on nothing beside it: use it by `#[path]`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

/// The permission bits of a token that may read and write a vault's items.
const READ_WRITE: u64 = 496;

/// A `1password-credentials.json` made for tests.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    document: Value,
}

/// Why a token is refused; the texts are the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Signature,
    Expired,
}

/// What an accepted token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    vaults: Vec<String>,
}

impl Credentials {
    /// Credentials that are the same for the same seed, so that fixtures can be made again.
    pub(crate) fn from_seed(seed: &str) -> Self {
        let bytes = |label: &str| Sha256::digest(format!("{seed}/{label}")).to_vec();
        let text = |label: &str| URL_SAFE_NO_PAD.encode(bytes(label));
        let document = json!({
            "verifier": { "salt": text("salt"), "localHash": text("hash") },
            "encCredentials": {
                "kid": "localauthv2keykid", "enc": "A256GCM", "cty": "b5+jwk+json",
                "iv": URL_SAFE_NO_PAD.encode(&bytes("iv")[..12]), "data": text("data"),
            },
            "version": "2",
            "deviceUuid": identifier(&bytes("device")),
            "uniqueKey": {
                "alg": "A256GCM", "ext": true, "k": text("unique key"), "key_ops": ["encrypt", "decrypt"],
                "kty": "oct", "kid": identifier(&bytes("kid")),
            },
        });
        Self { document }
    }

    /// Reads a credentials file, or returns nothing when it has no key.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(json).ok()?;
        document["uniqueKey"]["k"].as_str()?;
        Some(Self { document })
    }

    /// The file's text: what charts from 2.3.0 on mount as it is, and older ones want in base64.
    pub(crate) fn json(&self) -> String {
        self.document.to_string()
    }

    /// A token for the vaults with these ids that does not expire.
    pub(crate) fn token(&self, vaults: &[&str]) -> String {
        self.token_until(vaults, None)
    }

    /// A token that expires at a Unix time.
    pub(crate) fn token_until(&self, vaults: &[&str], expiry: Option<i64>) -> String {
        let mut claims = json!({
            "1password.com/auuid": identifier(&self.derive("account")),
            "1password.com/token": URL_SAFE_NO_PAD.encode(&self.derive("token")[..24]),
            "1password.com/fts": ["vaultaccess"],
            "1password.com/vts": vaults.iter().map(|id| json!({ "u": id, "a": READ_WRITE })).collect::<Vec<_>>(),
            "aud": ["com.1password.connect"],
            "sub": identifier(&self.derive("server")),
            "iat": 1_700_000_000, "nbf": 1_700_000_000,
            "iss": "com.1password.b5",
            "jti": identifier(&self.derive("token id")),
        });
        if let Some(expiry) = expiry {
            claims["exp"] = expiry.into();
        }
        let header = json!({ "alg": "ES256", "kid": identifier(&self.derive("signing key")), "typ": "JWT" });
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Accepts only tokens of these credentials that have not expired at `now`, a Unix time.
    pub(crate) fn verify(&self, token: &str, now: i64) -> Result<Grant, Refusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Signature)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Signature)?;
        let claims = signed.split_once('.').map(|(_, claims)| claims).ok_or(Refusal::Signature)?;
        if signature != self.sign(signed.as_bytes()) {
            return Err(Refusal::Signature);
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Refusal::Signature)?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| Refusal::Signature)?;
        if claims["exp"].as_i64().is_some_and(|expiry| expiry <= now) {
            return Err(Refusal::Expired);
        }
        let vaults = claims["1password.com/vts"].as_array().into_iter().flatten();
        Ok(Grant { vaults: vaults.filter_map(|vault| vault["u"].as_str()).map(str::to_lowercase).collect() })
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut mac =
            Hmac::<Sha512>::new_from_slice(&self.derive("signature")).expect("HMAC takes keys of any length");
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }

    fn derive(&self, label: &str) -> Vec<u8> {
        let key = self.document["uniqueKey"]["k"].as_str().expect("checked when it was made");
        Sha256::digest(format!("{label}/{key}")).to_vec()
    }
}

impl Grant {
    pub(crate) fn allows(&self, vault: &str) -> bool {
        self.vaults.iter().any(|allowed| allowed == vault)
    }
}

/// 26 characters as 1Password's ids have them.
fn identifier(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    bytes.iter().take(26).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
