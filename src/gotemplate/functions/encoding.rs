//! Base64 and base32, both ways. Decoders skip line breaks, and answer with Go's error text instead of failing.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{DecodeError, alphabet};
use data_encoding::{BASE32, DecodeKind};

use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions) {
    functions.add("b64enc", |text: GoString| STANDARD.encode(&text));
    functions.add("b64dec", |text: GoString| {
        decode_base64(&text).unwrap_or_else(|at| format!("illegal base64 data at input byte {at}").into())
    });
    functions.add("b32enc", |text: GoString| BASE32.encode(&text));
    functions.add("b32dec", |text: GoString| {
        decode_base32(&text).unwrap_or_else(|at| format!("illegal base32 data at input byte {at}").into())
    });
}

/// Go does not ask that the bits behind the last byte are zero.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Decodes base64; the error is where Go says it is.
pub(super) fn decode_base64(text: &[u8]) -> Result<GoString, usize> {
    let (kept, positions) = without_line_breaks(text);
    LENIENT.decode(&kept).map(GoString::from).map_err(|error| {
        let at = match error {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => kept.len() / 4 * 4,
        };
        positions.get(at).copied().unwrap_or(text.len())
    })
}

fn decode_base32(text: &[u8]) -> Result<GoString, usize> {
    let (kept, _) = without_line_breaks(text);
    BASE32.decode(&kept).map(GoString::from).map_err(|error| match error.kind {
        DecodeKind::Length => kept.len() / 8 * 8,
        DecodeKind::Symbol | DecodeKind::Trailing | DecodeKind::Padding => error.position,
    })
}

/// Returns the text without line breaks, and where each byte was.
fn without_line_breaks(text: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let kept = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    kept.map(|(at, byte)| (*byte, at)).unzip()
}
