//! The proof: somebody whose key is in the ring signed this archive's digest, by Helm's rules.

use std::str::Utf8Error;

use jiff::Timestamp;
use pgp::composed::{CleartextSignedMessage, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::Signature;
use pgp::types::{KeyDetails as _, Tag};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::Keyring;
use crate::yaml::{self, Flavour};

/// What parts the chart's description from the digests: `---` would end a signed text.
const PART: &str = "\n...\n";

/// What a signature proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who signed, in all the names of the key.
    pub signed_by: Vec<String>,
    /// The fingerprint of the signer's main key, in upper case.
    pub fingerprint: String,
    /// The archive's digest: `sha256:…`.
    pub digest: String,
}

/// Why a chart's provenance proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// The file is not text.
    #[error("read the provenance file")]
    Text(#[source] Utf8Error),
    /// The file holds no signed text.
    #[error("the provenance file holds no signature")]
    NoSignature(#[source] Box<pgp::errors::Error>),
    /// Nobody of the ring signed it as it is.
    #[error("nobody whose key is in the keyring signed this provenance file")]
    Unknown,
    /// The signature rests on a digest that can be forged.
    #[error("the signature rests on {0}, which is not safe any more")]
    Weak(String),
    /// The signer's key has no force any more.
    #[error("the key {fingerprint} {problem}")]
    Key {
        /// Which.
        fingerprint: String,
        /// What became of it.
        problem: &'static str,
    },
    /// What was signed are no digests.
    #[error("the provenance file holds no digests")]
    Digests,
    /// What was signed says nothing of this archive.
    #[error("the provenance file holds no digest of `{0}`")]
    OtherFile(String),
    /// The archive is not the one that was signed.
    #[error("`{file}` has the digest {found}, and {signed} was signed")]
    Mismatch {
        /// The archive.
        file: String,
        /// What was signed.
        signed: String,
        /// What it has.
        found: String,
    },
}

/// Verifies that somebody of the ring signed the archive's digest under this file name.
pub fn verify(
    archive: &[u8],
    file: &str,
    provenance: &[u8],
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Verified, ProvenanceError> {
    let text = std::str::from_utf8(provenance).map_err(ProvenanceError::Text)?;
    let (message, _) = CleartextSignedMessage::from_string(text)
        .map_err(|error| ProvenanceError::NoSignature(Box::new(error)))?;
    let signed = message.signed_text();
    let signer = signer(message.signatures(), signed.as_bytes(), keyring)?;
    in_force(signer, now)?;
    let digest = format!("sha256:{}", hex::encode(Sha256::digest(archive)));
    let expected = digest_of(&signed.replace("\r\n", "\n"), file)?;
    if expected != digest {
        return Err(ProvenanceError::Mismatch { file: file.to_owned(), signed: expected, found: digest });
    }
    let names = signer.details.users.iter().map(|user| String::from_utf8_lossy(user.id.id()).into_owned());
    Ok(Verified { signed_by: names.collect(), fingerprint: fingerprint(signer), digest })
}

/// Returns whose signature it is.
fn signer<'a>(
    signatures: &[Signature],
    text: &[u8],
    keyring: &'a Keyring,
) -> Result<&'a SignedPublicKey, ProvenanceError> {
    for signature in signatures {
        let Some(signer) = keyring.keys.iter().find(|key| signed(signature, text, key)) else { continue };
        return match signature.hash_alg() {
            Some(weak @ (HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160)) => {
                Err(ProvenanceError::Weak(weak.to_string()))
            }
            _ => Ok(signer),
        };
    }
    Err(ProvenanceError::Unknown)
}

/// Says whether the key, or one of its keys for signing, made the signature.
fn signed(signature: &Signature, text: &[u8], key: &SignedPublicKey) -> bool {
    signature.verify(&key.primary_key, text).is_ok()
        || key
            .public_subkeys
            .iter()
            .any(|subkey| is_bound(subkey, &key.primary_key) && signature.verify(&subkey.key, text).is_ok())
}

/// Says whether the main key owns the other one, for signing, and the other one says so, too.
fn is_bound(subkey: &SignedPublicSubKey, primary: &pgp::packet::PublicKey) -> bool {
    let signs = subkey.signatures.iter().any(|binding| binding.key_flags().sign());
    signs && subkey.verify_bindings(primary).is_ok()
}

/// Refuses a key that was revoked, that is past its time, or that does not vouch for its own names.
fn in_force(key: &SignedPublicKey, now: Timestamp) -> Result<(), ProvenanceError> {
    let primary = &key.primary_key;
    let refuse = |problem| Err(ProvenanceError::Key { fingerprint: fingerprint(key), problem });
    if key.details.revocation_signatures.iter().any(|revocation| revocation.verify_key(primary).is_ok()) {
        return refuse("was revoked");
    }
    let own = |signature: &&Signature, id: &pgp::packet::UserId| {
        signature.verify_certification(primary, Tag::UserId, id).is_ok()
    };
    let vouched = key.details.users.iter().flat_map(|user| {
        user.signatures.iter().filter(|signature| own(signature, &user.id)).collect::<Vec<_>>()
    });
    // The last word counts.
    let Some(last) = vouched.max_by_key(|signature| signature.created()) else {
        return refuse("does not vouch for its names");
    };
    let lifetime = last.key_expiration_time().map_or(0, pgp::types::Duration::as_secs);
    let end = i64::from(primary.created_at().as_secs()) + i64::from(lifetime);
    if lifetime > 0 && end < now.as_second() { refuse("has expired") } else { Ok(()) }
}

fn fingerprint(key: &SignedPublicKey) -> String {
    format!("{:X}", key.primary_key.fingerprint())
}

/// Returns the digest of a file that was signed.
fn digest_of(signed: &str, file: &str) -> Result<String, ProvenanceError> {
    let digests = signed.split(PART).nth(1).ok_or(ProvenanceError::Digests)?;
    let digests = yaml::read_json(digests, Flavour::GoYamlV2).map_err(|_| ProvenanceError::Digests)?;
    let digest = digests.get("files").and_then(|files| files.get(file)).and_then(Json::as_str);
    digest.map(str::to_owned).ok_or_else(|| ProvenanceError::OtherFile(file.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_file_is_found_behind_the_description() {
        let signed = "name: egg\nversion: 1.0.0\n\n...\nfiles:\n  egg-1.0.0.tgz: sha256:12\n";
        assert_eq!(digest_of(signed, "egg-1.0.0.tgz").ok().as_deref(), Some("sha256:12"));
        assert!(matches!(digest_of(signed, "nest.tgz"), Err(ProvenanceError::OtherFile(_))));
        assert!(matches!(digest_of("name: egg\n", "egg-1.0.0.tgz"), Err(ProvenanceError::Digests)));
    }
}
