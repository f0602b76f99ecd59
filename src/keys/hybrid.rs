//! Post-quantum keys: `age1pq1…` and `AGE-SECRET-KEY-PQ-1…`.
//!
//! A file key is sealed with HPKE (RFC 9180, base mode, HKDF-SHA256, ChaCha20-Poly1305) over the KEM that joins
//! ML-KEM-768 and X25519 (X-Wing, 0x647a), as age 1.3 does: whoever breaks one of the two still has no key.

use std::collections::HashSet;

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{bech32_decode, bech32_encode};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bech32::Hrp;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::{Hkdf, HkdfExtract};
use ml_kem::kem::{Decapsulate, DecapsulationKey, EncapsulationKey};
use ml_kem::{B32, EncapsulateDeterministic, Encoded, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::Sha256;
use sha3::digest::{Digest, ExtendableOutput, Update, XofReader};
use sha3::{Sha3_256, Shake256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

const RECIPIENT: &str = "age1pq";
const IDENTITY: &str = "age-secret-key-pq-";
const STANZA: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// Recipients with this label are not mixed with others in one file, which would undo its protection.
const LABEL: &str = "postquantum";
/// KEM, KDF and AEAD of the cipher suite.
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
/// What the joined KEM ends its hash with.
const KEM_LABEL: &[u8] = br"\.//^\";

/// Bytes of a public key and of an encapsulated key of ML-KEM-768; those of X25519 follow.
const PUBLIC: usize = 1184;
const ENCAPSULATED: usize = 1088;
const POINT: usize = 32;

/// A post-quantum private key.
#[derive(Clone)]
pub(super) struct HybridIdentity(Zeroizing<[u8; 32]>);

/// A post-quantum public key.
#[derive(Clone)]
pub(super) struct HybridRecipient {
    lattice: Box<EncapsulationKey<MlKem768Params>>,
    curve: PublicKey,
}

struct Keys {
    lattice: DecapsulationKey<MlKem768Params>,
    lattice_public: EncapsulationKey<MlKem768Params>,
    curve: StaticSecret,
}

impl HybridIdentity {
    pub(super) fn generate() -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *seed);
        Self(seed)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let seed = Zeroizing::new(decode(text, IDENTITY)?);
        Some(Self(Zeroizing::new(seed.as_slice().try_into().ok()?)))
    }

    /// Returns the text that [`HybridIdentity::parse`] reads.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(bech32_encode(Hrp::parse_unchecked(IDENTITY), &*self.0));
        Zeroizing::new(text.to_uppercase())
    }

    pub(super) fn to_public(&self) -> HybridRecipient {
        let keys = self.keys();
        HybridRecipient { lattice: Box::new(keys.lattice_public), curve: PublicKey::from(&keys.curve) }
    }

    fn keys(&self) -> Keys {
        let mut expanded = Zeroizing::new([0; 96]);
        let mut shake = Shake256::default();
        shake.update(&*self.0);
        shake.finalize_xof().read(&mut *expanded);
        let part =
            |at: usize| Zeroizing::new(<[u8; 32]>::try_from(&expanded[at..at + 32]).unwrap_or_default());
        let (lattice, lattice_public) =
            MlKem768::generate_deterministic(&B32::from(*part(0)), &B32::from(*part(32)));
        Keys { lattice, lattice_public, curve: StaticSecret::from(*part(64)) }
    }

    fn open(&self, encapsulated: &[u8], sealed: &[u8]) -> Option<FileKey> {
        let keys = self.keys();
        let (lattice, curve) = encapsulated.split_at(ENCAPSULATED);
        let lattice_secret = keys.lattice.decapsulate(&lattice.try_into().ok()?).ok()?;
        let theirs = PublicKey::from(<[u8; POINT]>::try_from(curve).ok()?);
        let curve_secret = keys.curve.diffie_hellman(&theirs);
        if !curve_secret.was_contributory() {
            return None;
        }
        let own = PublicKey::from(&keys.curve);
        let secret = joined(&lattice_secret, curve_secret.as_bytes(), theirs.as_bytes(), own.as_bytes());
        let (cipher, nonce) = cipher(&*secret);
        let plain = Zeroizing::new(cipher.decrypt(&nonce.into(), sealed).ok()?);
        let plain: [u8; FILE_KEY_BYTES] = plain.as_slice().try_into().ok()?;
        Some(FileKey::new(Box::new(plain)))
    }
}

impl HybridRecipient {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = decode(text, RECIPIENT).filter(|bytes| bytes.len() == PUBLIC + POINT)?;
        let (lattice, curve) = bytes.split_at(PUBLIC);
        let encoded = Encoded::<EncapsulationKey<MlKem768Params>>::try_from(lattice).ok()?;
        let lattice = EncapsulationKey::from_bytes(&encoded);
        // Numbers beyond the modulus would be reduced: such a key is refused, as by FIPS 203.
        let canonical = lattice.as_bytes() == encoded;
        let curve = PublicKey::from(<[u8; POINT]>::try_from(curve).ok()?);
        canonical.then(|| Self { lattice: Box::new(lattice), curve })
    }

    pub(super) fn to_text(&self) -> String {
        let mut bytes = self.lattice.as_bytes().to_vec();
        bytes.extend(self.curve.as_bytes());
        bech32_encode(Hrp::parse_unchecked(RECIPIENT), &bytes)
    }

    /// Seals a file key; returns the encapsulated key and what is sealed.
    fn seal(&self, plain: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut randomness = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *randomness);
        let (encapsulated, lattice_secret) =
            self.lattice.encapsulate_deterministic(&B32::from(*randomness)).ok()?;
        let ephemeral = StaticSecret::random_from_rng(OsRng);
        let own = PublicKey::from(&ephemeral);
        let curve_secret = ephemeral.diffie_hellman(&self.curve);
        if !curve_secret.was_contributory() {
            return None;
        }
        let secret = joined(&lattice_secret, curve_secret.as_bytes(), own.as_bytes(), self.curve.as_bytes());
        let (cipher, nonce) = cipher(&*secret);
        let sealed = cipher.encrypt(&nonce.into(), plain).ok()?;
        let mut whole = encapsulated.to_vec();
        whole.extend(own.as_bytes());
        Some((whole, sealed))
    }
}

fn decode(text: &str, wanted: &str) -> Option<Vec<u8>> {
    let kind = |hrp: Hrp| if hrp.to_lowercase() == wanted { Ok(()) } else { Err(()) };
    bech32_decode(text, |_| (), kind, |_, bytes| Ok(bytes.collect())).ok()
}

/// Joins the secrets of both key exchanges.
fn joined(lattice: &[u8], curve: &[u8], ephemeral: &[u8], public: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha3_256::default();
    for part in [lattice, curve, ephemeral, public, KEM_LABEL] {
        Digest::update(&mut hash, part);
    }
    Zeroizing::new(hash.finalize().into())
}

/// Derives the cipher and the nonce of HPKE's first message.
fn cipher(secret: &[u8]) -> (ChaCha20Poly1305, [u8; 12]) {
    let mut context = vec![0];
    context.extend(extract(&[], b"psk_id_hash", &[]).0);
    context.extend(extract(&[], b"info_hash", INFO).0);
    let (_, schedule) = extract(secret, b"secret", &[]);
    let mut key = Zeroizing::new([0; 32]);
    expand(&schedule, b"key", &context, &mut *key);
    let mut nonce = [0; 12];
    expand(&schedule, b"base_nonce", &context, &mut nonce);
    (ChaCha20Poly1305::new((&*key).into()), nonce)
}

fn extract(salt: &[u8], label: &[u8], input: &[u8]) -> ([u8; 32], Hkdf<Sha256>) {
    let mut extraction = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [b"HPKE-v1", SUITE, label, input] {
        extraction.input_ikm(part);
    }
    let (hash, schedule) = extraction.finalize();
    (hash.into(), schedule)
}

fn expand(schedule: &Hkdf<Sha256>, label: &[u8], context: &[u8], out: &mut [u8]) {
    let length = u16::try_from(out.len()).unwrap_or_default().to_be_bytes();
    schedule
        .expand_multi_info(&[&length, b"HPKE-v1", SUITE, label, context], out)
        .expect("HKDF gives up to 8160 bytes");
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        let [encapsulated] = stanza.args.as_slice() else { return None };
        if stanza.tag != STANZA || stanza.body.len() != FILE_KEY_BYTES + 16 {
            return None;
        }
        let encapsulated = STANDARD_NO_PAD.decode(encapsulated).ok()?;
        if encapsulated.len() != ENCAPSULATED + POINT {
            return None;
        }
        // The key of somebody else opens nothing, which is no error: another may fit.
        self.open(&encapsulated, &stanza.body).map(Ok)
    }
}

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let refused =
            || age::EncryptError::Io(std::io::Error::other("the post-quantum recipient is degenerate"));
        let (encapsulated, body) = self.seal(file_key.expose_secret()).ok_or_else(refused)?;
        let args = vec![STANDARD_NO_PAD.encode(encapsulated)];
        let stanza = Stanza { tag: STANZA.to_owned(), args, body };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}
