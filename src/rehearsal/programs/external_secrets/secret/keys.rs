//! Keys and values on their way from a provider into a Secret: converted, checked, decoded.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    resource::{Conversion, Decoding},
};

/// What a Secret will hold. The values are secret: this is printed nowhere.
pub(crate) type Data = BTreeMap<String, Vec<u8>>;

/// A key of a Secret has at most this many bytes.
const LONGEST_KEY: usize = 253;

/// Makes keys of a Secret out of a provider's keys. Two that become the same are an error.
pub(crate) fn convert(strategy: Conversion, data: Data) -> Result<Data, Failure> {
    rename(data, |key| {
        let mut name = String::with_capacity(key.len());
        for letter in key.chars() {
            match strategy {
                _ if is_valid(letter) => name.push(letter),
                Conversion::Default => name.push('_'),
                Conversion::Unicode => {
                    write!(name, "_U{:04x}_", u32::from(letter)).expect("a String takes everything");
                }
                Conversion::None => name.push(letter),
            }
        }
        name
    })
}

/// Undoes [`Conversion::Unicode`], as PushSecrets ask for with `ReverseUnicode`.
pub(crate) fn reverse(strategy: &str, data: Data) -> Result<Data, Failure> {
    if strategy != "ReverseUnicode" {
        return Ok(data);
    }
    rename(data, |key| {
        let mut name = String::with_capacity(key.len());
        let mut rest = key;
        while let Some(start) = rest.find("_U") {
            let (before, from) = rest.split_at(start);
            name.push_str(before);
            let digits = from[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
            let letter = u32::from_str_radix(&from[2..2 + digits], 16).ok().and_then(char::from_u32);
            match letter {
                Some(letter) if (4..=5).contains(&digits) && from[2 + digits..].starts_with('_') => {
                    name.push(letter);
                    rest = &from[3 + digits..];
                }
                _ => {
                    name.push_str("_U");
                    rest = &from[2..];
                }
            }
        }
        name + rest
    })
}

fn rename(data: Data, name: impl Fn(&str) -> String) -> Result<Data, Failure> {
    let mut renamed = Data::new();
    for (key, value) in data {
        let key = name(&key);
        if renamed.contains_key(&key) {
            return Err(Failure::said(format!("secret name collision during conversion: {key}")));
        }
        renamed.insert(key, value);
    }
    Ok(renamed)
}

/// Refuses keys that no Secret can have, and leaves out empty ones.
pub(super) fn check(mut data: Data) -> Result<Data, Failure> {
    data.remove("");
    for key in data.keys() {
        if key.len() > LONGEST_KEY {
            let start = String::from_utf8_lossy(&key.as_bytes()[..LONGEST_KEY]);
            let length = key.len();
            return Err(Failure::said(format!(
                "key has length {length} but max is {LONGEST_KEY}: (following is truncated): {start}"
            )));
        }
        if let Some(letter) = key.chars().find(|letter| !is_valid(*letter)) {
            return Err(Failure::said(format!(
                "key has invalid character {letter}, only alphanumeric, '-', '.' and '_' are allowed: {key}"
            )));
        }
    }
    Ok(data)
}

fn is_valid(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_')
}

/// Decodes all values.
pub(super) fn decode_all(strategy: Decoding, data: Data) -> Result<Data, Failure> {
    data.into_iter()
        .map(|(key, value)| match decode(strategy, value) {
            Ok(value) => Ok((key, value)),
            Err(failure) => Err(failure.within(format!("failure decoding key {key}"))),
        })
        .collect()
}

/// Decodes a value.
pub(super) fn decode(strategy: Decoding, value: Vec<u8>) -> Result<Vec<u8>, Failure> {
    match strategy {
        Decoding::None => Ok(value),
        Decoding::Base64 => base64(&STANDARD, &value),
        Decoding::Base64Url => base64(&URL_SAFE, &value),
        Decoding::Auto => {
            Ok(base64(&STANDARD, &value).or_else(|_| base64(&URL_SAFE, &value)).unwrap_or(value))
        }
    }
}

/// Go leaves line breaks out, and names the byte where it stopped.
fn base64(engine: &impl Engine, value: &[u8]) -> Result<Vec<u8>, Failure> {
    let broken = |at| Failure::said(format!("illegal base64 data at input byte {at}"));
    let text: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    engine.decode(&text).map_err(|error| {
        broken(match error {
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => text.len() / 4 * 4,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(entries: &[(&str, &str)]) -> Data {
        entries.iter().map(|&(key, value)| (key.to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_no_key_may_have_becomes_an_underscore_or_its_number() {
        let found = convert(Conversion::Default, data(&[("my key/1", "x")])).unwrap();
        assert_eq!(found, data(&[("my_key_1", "x")]));
        let found = convert(Conversion::Unicode, data(&[("a b", "x")])).unwrap();
        assert_eq!(found, data(&[("a_U0020_b", "x")]));
    }

    #[test]
    fn two_keys_that_become_one_are_refused() {
        let failure = convert(Conversion::Default, data(&[("a b", "1"), ("a/b", "2")])).unwrap_err();
        assert_eq!(failure.to_string(), "secret name collision during conversion: a_b");
    }

    #[test]
    fn a_push_undoes_the_conversion() {
        let converted = convert(Conversion::Unicode, data(&[("a b/ü", "x")])).unwrap();
        assert_eq!(reverse("ReverseUnicode", converted).unwrap(), data(&[("a b/ü", "x")]));
        let odd = data(&[("_Uxyz_U12", "x")]);
        assert_eq!(reverse("ReverseUnicode", odd.clone()).unwrap(), odd);
    }

    #[test]
    fn keys_that_no_secret_can_have_are_refused_and_empty_ones_left_out() {
        let failure = check(data(&[("a b", "x")])).unwrap_err();
        assert!(failure.to_string().starts_with("key has invalid character  , only alphanumeric"));
        assert_eq!(check(data(&[("", "x"), ("a.b-c_d", "y")])).unwrap(), data(&[("a.b-c_d", "y")]));
        assert!(check(data(&[(&"a".repeat(254), "x")])).is_err());
    }

    #[test]
    fn auto_takes_what_is_no_base64_as_it_is() {
        assert_eq!(decode(Decoding::Auto, b"aGk=".to_vec()).unwrap(), b"hi");
        assert_eq!(decode(Decoding::Auto, b"no base64!".to_vec()).unwrap(), b"no base64!");
        assert_eq!(decode(Decoding::Base64Url, b"_-8=".to_vec()).unwrap(), [0xff, 0xef]);
        let failure = decode_all(Decoding::Base64, data(&[("k", "a!")])).unwrap_err();
        assert_eq!(failure.to_string(), "failure decoding key k: illegal base64 data at input byte 1");
    }
}
