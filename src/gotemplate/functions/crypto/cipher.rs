//! `encryptAES` and `decryptAES`: AES-256 in CBC mode. The password, cut or filled with zeros, is the key.

use std::rc::Rc;

use aes::Aes256;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::gotemplate::functions::Host;
use crate::gotemplate::functions::encoding::decode_base64;
use crate::gotemplate::{FunctionError, Functions, GoString};

const BLOCK: usize = 16;

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions
        .add("encryptAES", move |password: GoString, text: GoString| encrypted(&source, &password, &text));
    functions.add("decryptAES", |password: GoString, text: GoString| decrypted(&password, &text));
}

fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    key
}

/// Returns the random first block and the padded text's, in base64.
fn encrypted(host: &Host, password: &[u8], text: &[u8]) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut start = [0; BLOCK];
    host.with_random(|random| random.fill_bytes(&mut start));
    let padding = BLOCK - text.len() % BLOCK;
    let mut blocks = [text, &vec![padding as u8; padding]].concat();
    let mut cipher = cbc::Encryptor::<Aes256>::new(&key(password).into(), &start.into());
    for block in blocks.chunks_exact_mut(BLOCK) {
        cipher.encrypt_block_mut(GenericArray::from_mut_slice(block));
    }
    STANDARD.encode([&start[..], &blocks].concat())
}

/// The padding is believed, as in Sprig: with the wrong password comes either an error or noise.
fn decrypted(password: &[u8], text: &[u8]) -> Result<GoString, FunctionError> {
    if text.is_empty() {
        return Ok(GoString::default());
    }
    let bytes = decode_base64(text).map_err(FunctionError::from_cause)?;
    let outside =
        |range: String| FunctionError::new(format!("runtime error: slice bounds out of range [{range}"));
    let Some((start, blocks)) = bytes.split_at_checked(BLOCK) else {
        return Err(outside(format!(":{BLOCK}] with capacity {}", text.len() / 4 * 3)));
    };
    if blocks.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let mut output = blocks.to_vec();
    let mut cipher = cbc::Decryptor::<Aes256>::new(&key(password).into(), GenericArray::from_slice(start));
    for block in output.chunks_exact_mut(BLOCK) {
        cipher.decrypt_block_mut(GenericArray::from_mut_slice(block));
    }
    let Some(padding) = output.last().copied().map(usize::from) else {
        return Err("runtime error: index out of range [-1]".into());
    };
    match output.len().checked_sub(padding) {
        Some(length) => Ok(output[..length].into()),
        None => Err(outside(format!(":{}]", output.len() as isize - padding as isize))),
    }
}
