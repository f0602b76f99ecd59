//! One value: AES-256-GCM with the value's path as associated data.

use aes_gcm::aead::AeadInPlace;
use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::yaml::Timestamp;

use super::error::ValueProblem;
use super::tree::Scalar;

/// The key that the values of a document are encrypted with.
#[derive(Clone, Debug)]
pub(super) struct DataKey(pub(super) Secret<Vec<u8>>);

/// What a ciphertext held.
pub(super) enum Decrypted {
    Scalar(Scalar),
    Comment(String),
}

/// The parts of `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`. As in sops, something may follow.
struct Form<'a> {
    data: &'a str,
    iv: &'a str,
    tag: &'a str,
    kind: &'a str,
}

impl<'a> Form<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let line = text.split('\n').next()?;
        let (rest, _) = line.strip_prefix("ENC[AES256_GCM,data:")?.rsplit_once(']')?;
        let (data, rest) = rest.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, kind) = rest.split_once(",type:")?;
        let empty = [data, iv, tag, kind].iter().any(|part| part.is_empty());
        (!empty).then_some(Self { data, iv, tag, kind })
    }
}

/// Says whether a text has the form of a ciphertext.
pub(super) fn looks_encrypted(text: &str) -> bool {
    Form::parse(text).is_some()
}

/// Go's decoder does not count line breaks.
fn decode(text: &str) -> Result<Vec<u8>, ValueProblem> {
    let decoded =
        if text.contains('\r') { STANDARD.decode(text.replace('\r', "")) } else { STANDARD.decode(text) };
    decoded.map_err(|_| ValueProblem::Form)
}

impl DataKey {
    /// Decrypts `ENC[…]`. The empty text stands for itself.
    pub(super) fn decrypt(&self, text: &str, path: &str) -> Result<Decrypted, ValueProblem> {
        if text.is_empty() {
            return Ok(Decrypted::Scalar(Scalar::String(String::new())));
        }
        let form = Form::parse(text).ok_or(ValueProblem::Form)?;
        let (mut data, iv, tag) = (decode(form.data)?, decode(form.iv)?, decode(form.tag)?);
        data.extend(tag);
        let plain = match iv.len() {
            32 => self.open::<U32>(&iv, data, path)?,
            16 => self.open::<U16>(&iv, data, path)?,
            12 => self.open::<U12>(&iv, data, path)?,
            _ => return Err(ValueProblem::Form),
        };
        typed(plain, form.kind)
    }

    /// Makes a new key.
    pub(super) fn generate() -> Self {
        let mut key = vec![0; 32];
        OsRng.fill_bytes(&mut key);
        Self(Secret::new(key))
    }

    /// Encrypts to `ENC[…]`. The empty text stands for itself.
    pub(super) fn encrypt(&self, plain: &[u8], kind: &str, path: &str) -> String {
        if plain.is_empty() {
            return String::new();
        }
        let mut iv = [0; 32];
        OsRng.fill_bytes(&mut iv);
        #[expect(clippy::disallowed_methods, reason = "the data key seals the values of its document")]
        let cipher = AesGcm::<Aes256, U32>::new(GenericArray::from_slice(self.0.expose()));
        let mut data = plain.to_vec();
        let tag = cipher.encrypt_in_place_detached(GenericArray::from_slice(&iv), path.as_bytes(), &mut data);
        let tag = tag.expect("AES-GCM encrypts texts below 64 GiB");
        let mut out = String::with_capacity(data.len() * 4 / 3 + 128);
        out.push_str("ENC[AES256_GCM,data:");
        STANDARD.encode_string(&data, &mut out);
        out.push_str(",iv:");
        STANDARD.encode_string(iv, &mut out);
        out.push_str(",tag:");
        STANDARD.encode_string(tag, &mut out);
        out.extend([",type:", kind, "]"]);
        out
    }

    /// Decrypts data with its tag behind it, in place.
    fn open<N: ArrayLength<u8>>(
        &self,
        iv: &[u8],
        mut data: Vec<u8>,
        path: &str,
    ) -> Result<Zeroizing<Vec<u8>>, ValueProblem> {
        #[expect(clippy::disallowed_methods, reason = "the data key opens the values of its document")]
        let cipher = AesGcm::<Aes256, N>::new_from_slice(self.0.expose());
        let cipher = cipher.map_err(|_| ValueProblem::Tampered)?;
        cipher
            .decrypt_in_place(GenericArray::from_slice(iv), path.as_bytes(), &mut data)
            .map_err(|_| ValueProblem::Tampered)?;
        Ok(Zeroizing::new(data))
    }
}

fn typed(mut plain: Zeroizing<Vec<u8>>, kind: &str) -> Result<Decrypted, ValueProblem> {
    if kind == "str" || kind == "bytes" {
        return Ok(Decrypted::Scalar(Scalar::of_bytes(std::mem::take(&mut *plain))));
    }
    let text = std::str::from_utf8(&plain).map_err(|_| ValueProblem::Content)?;
    let scalar = match kind {
        "comment" => return Ok(Decrypted::Comment(text.to_owned())),
        "int" => text.parse().ok().map(Scalar::Int),
        "float" => text.parse().ok().map(Scalar::Float),
        "bool" => parse_bool(text).map(Scalar::Bool),
        "time" => Timestamp::parse(text).map(Scalar::Time),
        _ => return Err(ValueProblem::Type),
    };
    scalar.map(Decrypted::Scalar).ok_or(ValueProblem::Content)
}

/// Reads what Go's `strconv.ParseBool` reads.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}
