//! One value: AES-256-GCM with the value's path as associated data.

use std::sync::LazyLock;

use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore;
use rand::rngs::OsRng;
use regex::Regex;
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

/// As in sops, the form is not anchored at its end.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]").expect("the pattern is valid")
});

impl DataKey {
    /// Decrypts `ENC[…]`. The empty text stands for itself.
    pub(super) fn decrypt(&self, text: &str, path: &str) -> Result<Decrypted, ValueProblem> {
        if text.is_empty() {
            return Ok(Decrypted::Scalar(Scalar::String(String::new())));
        }
        let form = FORM.captures(text).ok_or(ValueProblem::Form)?;
        let field = |index: usize| {
            // Go's decoder does not count line breaks.
            STANDARD.decode(form[index].replace(['\r', '\n'], "")).map_err(|_| ValueProblem::Form)
        };
        let (mut data, iv, tag) = (field(1)?, field(2)?, field(3)?);
        data.extend(tag);
        let plain = Zeroizing::new(match iv.len() {
            32 => self.open::<U32>(&iv, &data, path)?,
            16 => self.open::<U16>(&iv, &data, path)?,
            12 => self.open::<U12>(&iv, &data, path)?,
            _ => return Err(ValueProblem::Form),
        });
        typed(&plain, &form[4])
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
        let payload = Payload { msg: plain, aad: path.as_bytes() };
        let sealed = cipher.encrypt(GenericArray::from_slice(&iv), payload);
        let sealed = sealed.expect("AES-GCM encrypts texts below 64 GiB");
        let (data, tag) = sealed.split_at(sealed.len() - 16);
        format!(
            "ENC[AES256_GCM,data:{},iv:{},tag:{},type:{kind}]",
            STANDARD.encode(data),
            STANDARD.encode(iv),
            STANDARD.encode(tag)
        )
    }

    fn open<N: ArrayLength<u8>>(&self, iv: &[u8], data: &[u8], path: &str) -> Result<Vec<u8>, ValueProblem> {
        #[expect(clippy::disallowed_methods, reason = "the data key opens the values of its document")]
        let cipher = AesGcm::<Aes256, N>::new_from_slice(self.0.expose());
        let cipher = cipher.map_err(|_| ValueProblem::Tampered)?;
        let payload = Payload { msg: data, aad: path.as_bytes() };
        cipher.decrypt(GenericArray::from_slice(iv), payload).map_err(|_| ValueProblem::Tampered)
    }
}

fn typed(plain: &[u8], kind: &str) -> Result<Decrypted, ValueProblem> {
    if kind == "str" || kind == "bytes" {
        return Ok(Decrypted::Scalar(Scalar::of_bytes(plain.to_vec())));
    }
    let text = std::str::from_utf8(plain).map_err(|_| ValueProblem::Content)?;
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
