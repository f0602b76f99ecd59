//! Base64 and base32, both ways. Decoders skip line breaks, and answer with Go's error text instead of failing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32;

use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions) {
    functions.add("b64enc", |text: GoString| STANDARD.encode(&text));
    functions.add("b64dec", |text: GoString| {
        decode_base64(&text).unwrap_or_else(|error| error.to_string().into())
    });
    functions.add("b32enc", |text: GoString| BASE32.encode(&text));
    functions.add("b32dec", |text: GoString| {
        decode_base32(&text).unwrap_or_else(|error| error.to_string().into())
    });
}

/// Where a text stops being base64 or base32, as Go counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    #[error("illegal base32 data at input byte {0}")]
    Base32(usize),
}

/// Decodes padded base64. Crates name other positions than Go, and `b64dec` shows the position to the chart.
pub(super) fn decode_base64(text: &[u8]) -> Result<GoString, DecodeError> {
    let mut bits = Bits::default();
    let (mut at, mut in_group) = (0, 0);
    while let Some(&byte) = text.get(at) {
        at += 1;
        match (byte, base64_symbol(byte)) {
            (b'\r' | b'\n', _) => {}
            (_, Some(symbol)) => {
                bits.push(symbol, 6);
                in_group = (in_group + 1) % 4;
            }
            (b'=', None) if in_group >= 2 => {
                return base64_end(text, at, in_group).map(|()| bits.into_text());
            }
            (_, None) => return Err(DecodeError::Base64(at - 1)),
        }
    }
    if in_group == 0 { Ok(bits.into_text()) } else { Err(DecodeError::Base64(text.len() - in_group)) }
}

/// Checks what follows the first `=`: a second one where two symbols came before it, and then nothing.
fn base64_end(text: &[u8], mut at: usize, in_group: usize) -> Result<(), DecodeError> {
    let skip_breaks =
        |at: usize| at + text[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if in_group == 2 {
        at = skip_breaks(at);
        match text.get(at) {
            None => return Err(DecodeError::Base64(text.len())),
            Some(b'=') => at += 1,
            Some(_) => return Err(DecodeError::Base64(at - 1)),
        }
    }
    at = skip_breaks(at);
    if at < text.len() { Err(DecodeError::Base64(at)) } else { Ok(()) }
}

fn base64_symbol(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn decode_base32(text: &[u8]) -> Result<GoString, DecodeError> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut bits = Bits::default();
    let mut in_group = 0;
    for (at, byte) in text.iter().enumerate() {
        let after = &text[at + 1..];
        let symbol = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            b'=' if in_group >= 2 && after.len() < 8 => {
                return base32_end(text.len(), at, after, in_group).map(|()| bits.into_text());
            }
            _ => return Err(DecodeError::Base32(at)),
        };
        bits.push(symbol, 5);
        in_group = (in_group + 1) % 8;
    }
    if in_group == 0 { Ok(bits.into_text()) } else { Err(DecodeError::Base32(text.len() - in_group)) }
}

/// Checks that padding fills the group, and that the group could have been cut there.
fn base32_end(length: usize, at: usize, after: &[u8], in_group: usize) -> Result<(), DecodeError> {
    let missing = 7 - in_group;
    if after.len() < missing {
        return Err(DecodeError::Base32(length));
    }
    match after[..missing].iter().position(|byte| *byte != b'=') {
        Some(index) => Err(DecodeError::Base32(at + index)),
        None if matches!(in_group, 3 | 6) => Err(DecodeError::Base32(at)),
        None => Ok(()),
    }
}

/// Bytes out of symbols of fewer bits. Bits that fill no byte at the end do not count.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    rest: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, symbol: u8, width: u32) {
        self.rest = (self.rest << width | u32::from(symbol)) & 0xFFFF;
        self.count += width;
        if self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.rest >> self.count) as u8);
        }
    }

    fn into_text(self) -> GoString {
        self.bytes.into()
    }
}
