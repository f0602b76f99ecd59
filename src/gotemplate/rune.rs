//! Go's runes: UTF-8 read from bytes that need not be UTF-8.

/// What Go reads where the bytes are not UTF-8.
pub(crate) const REPLACEMENT: char = '\u{FFFD}';

/// Returns the first rune and its width; broken bytes read as U+FFFD of width 1. Nothing of an empty slice.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let width = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return Some((REPLACEMENT, 1)),
    };
    let decoded = bytes.get(..width).and_then(|rune| std::str::from_utf8(rune).ok());
    Some(decoded.and_then(|text| text.chars().next()).map_or((REPLACEMENT, 1), |rune| (rune, width)))
}

/// Iterates over the runes of `bytes` with the bytes each was read from.
pub(crate) fn runes(mut bytes: &[u8]) -> impl Iterator<Item = (char, &[u8])> {
    std::iter::from_fn(move || {
        let (rune, width) = decode(bytes)?;
        let (read, rest) = bytes.split_at(width);
        bytes = rest;
        Some((rune, read))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_bytes_are_read_one_by_one() {
        let read: Vec<_> = runes(b"a\xE2\x82z\xE2\x82\xAC").collect();
        assert_eq!(
            read,
            [
                ('a', &b"a"[..]),
                (REPLACEMENT, b"\xE2"),
                (REPLACEMENT, b"\x82"),
                ('z', b"z"),
                ('€', "€".as_bytes())
            ]
        );
    }
}
