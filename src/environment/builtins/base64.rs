//! `fn::toBase64`, `fn::fromBase64`.

use ::base64::{Engine, engine::general_purpose::STANDARD};

use super::{Marks, shared};
use crate::environment::evaluator::{Scope, text_or_unknown};
use crate::environment::schema::Schema;
use crate::environment::term::{Shared, Term};
use crate::esc::Expression;

impl<'d> Scope<'d, '_, '_> {
    pub(super) fn encode_base64(&mut self, expression: &'d Expression, text: &'d Expression) -> Shared {
        self.map_text(expression, text, |text| Ok(STANDARD.encode(text).into_bytes()))
    }

    pub(super) fn decode_base64(&mut self, expression: &'d Expression, text: &'d Expression) -> Shared {
        self.map_text(expression, text, decode)
    }

    fn map_text(
        &mut self,
        expression: &'d Expression,
        text: &'d Expression,
        convert: impl Fn(&[u8]) -> Result<Vec<u8>, IllegalBase64>,
    ) -> Shared {
        let (text, fits) = self.evaluate_typed(text, &Schema::kind("string"));
        let marks = Marks::of(&[&text]);
        let converted = match text.as_text() {
            Some(text) if fits && !marks.unknown => convert(text),
            _ => {
                return shared(
                    Term::unknown(Schema::kind("string"), &expression.place)
                        .with_secret(fits && marks.secret),
                );
            }
        };
        if let Err(error) = &converted {
            self.error(&expression.place, format!("decoding base64 string: {error}"));
        }
        let is_unknown = converted.is_err();
        let text = text_or_unknown(converted.unwrap_or_default(), is_unknown, &expression.place);
        shared(text.with_secret(marks.secret))
    }
}

/// A text is not padded standard base64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {0}")]
pub(super) struct IllegalBase64(usize);

/// Decodes padded standard base64 in which line breaks do not count, and says as Go does where it fails.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, IllegalBase64> {
    let mut characters = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    loop {
        let mut bits = 0;
        let mut count = 0;
        let mut padding = None;
        while count < 4 {
            match characters.next() {
                Some((_, byte)) if value(*byte).is_some() => {
                    bits = bits << 6 | value(*byte).unwrap_or_default();
                    count += 1;
                }
                Some((at, b'=')) if count >= 2 => {
                    padding = Some(at);
                    break;
                }
                Some((at, _)) => return Err(IllegalBase64(at)),
                None if count == 0 => return Ok(decoded),
                // Go names the start of the last group.
                None => return Err(IllegalBase64(text.len() - count)),
            }
        }
        let bytes = u32::to_be_bytes(bits << (6 * (4 - count)));
        decoded.extend_from_slice(&bytes[1..count]);
        if count == 2 && padding.is_some() {
            match characters.next() {
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(IllegalBase64(at)),
                None => return Err(IllegalBase64(text.len())),
            }
        }
        if padding.is_some() {
            return match characters.next() {
                Some((at, _)) => Err(IllegalBase64(at)),
                None => Ok(decoded),
            };
        }
    }
}

fn value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_padded_standard_base64_is_decoded() {
        for (text, expected) in [
            ("", Ok(&b""[..])),
            ("aGVsbG8=", Ok(b"hello")),
            ("aGVs\nbG8=\r\n", Ok(b"hello")),
            ("/w==", Ok(b"\xff")),
            ("aGVsbG8", Err(4)),
            ("Pz8-Pg==", Err(3)),
            ("!!!", Err(0)),
            ("aG Vs", Err(2)),
            ("a===", Err(1)),
            ("aa=a", Err(3)),
            ("aa==b", Err(4)),
        ] {
            assert_eq!(
                decode(text.as_bytes()),
                expected.map(<[u8]>::to_vec).map_err(IllegalBase64),
                "{text}"
            );
        }
    }
}
