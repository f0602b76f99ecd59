//! Random numbers, bytes and strings.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;

use super::host::Host;
use crate::gotemplate::{FunctionError, Functions, GoString};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    let alphanumeric = [LETTERS, DIGITS].concat();
    let printable = (b' '..=b'~').collect();
    for (name, alphabet) in [
        ("randAlphaNum", alphanumeric),
        ("randAlpha", LETTERS.to_vec()),
        ("randNumeric", DIGITS.to_vec()),
        ("randAscii", printable),
    ] {
        let host = Rc::clone(host);
        functions.add(name, move |count: isize| characters(&host, &alphabet, count));
    }
    let source = Rc::clone(host);
    functions.add("randBytes", move |count: isize| bytes(&source, count));
    let source = Rc::clone(host);
    functions.add("randInt", move |least: isize, end: isize| number(&source, least, end));
    let source = Rc::clone(host);
    functions.add("uuidv4", move || uuid(&source));
    let source = Rc::clone(host);
    functions.add("shuffle", move |text: GoString| shuffled(&source, &text));
}

/// A negative count is an error inside Sprig, which returns "" then.
fn characters(host: &Host, alphabet: &[u8], count: isize) -> GoString {
    host.with_random(|random| {
        let character = |_| alphabet[random.gen_range(0..alphabet.len())];
        (0..count.max(0)).map(character).collect::<Vec<u8>>().into()
    })
}

fn bytes(host: &Host, count: isize) -> Result<String, FunctionError> {
    let count = usize::try_from(count)
        .map_err(|_| FunctionError::new("runtime error: makeslice: len out of range"))?;
    let mut bytes = vec![0; count];
    host.with_random(|random| random.fill_bytes(&mut bytes));
    Ok(STANDARD.encode(bytes))
}

fn number(host: &Host, least: isize, end: isize) -> Result<isize, FunctionError> {
    let width = end.wrapping_sub(least);
    if width <= 0 {
        return Err(FunctionError::new("invalid argument to Intn"));
    }
    Ok(host.with_random(|random| random.gen_range(0..width)).wrapping_add(least))
}

fn uuid(host: &Host) -> String {
    let mut bytes = [0_u8; 16];
    host.with_random(|random| random.fill_bytes(&mut bytes));
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let digits = hex::encode(bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn shuffled(host: &Host, text: &GoString) -> String {
    let mut characters: Vec<char> = text.to_text().chars().collect();
    host.with_random(|random| {
        for end in (1..characters.len()).rev() {
            characters.swap(end, random.gen_range(0..=end));
        }
    });
    characters.into_iter().collect()
}
