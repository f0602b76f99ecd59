//! GnuPG's keybox, in which it keeps public keys since version 2.1: blobs, some of which hold OpenPGP keys.

const HEADER: u8 = 1;
const OPENPGP: u8 = 2;
/// A key that GnuPG itself does not count as one of the ring.
const EPHEMERAL: u16 = 2;

/// A keybox that breaks off, or whose lengths make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keybox is broken at byte {0}")]
pub(super) struct Broken(usize);

/// Says whether the bytes are a keybox.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.get(4) == Some(&HEADER) && bytes.get(8..12) == Some(b"KBXf")
}

/// Returns the OpenPGP keys in a keybox, one after the other as in a ring.
pub(super) fn keys(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let broken = Broken(at);
        let length = number(bytes, at).ok_or(broken)?;
        // Length and type at least, or this would not end.
        let blob = bytes.get(at..at + length).filter(|blob| blob.len() > 4).ok_or(broken)?;
        if blob[4] == OPENPGP {
            let flags = blob.get(6..8).ok_or(broken)?;
            let (start, length) = number(blob, 8).zip(number(blob, 12)).ok_or(broken)?;
            let key = blob.get(start..start.saturating_add(length)).ok_or(broken)?;
            if u16::from_be_bytes([flags[0], flags[1]]) & EPHEMERAL == 0 {
                found.extend_from_slice(key);
            }
        }
        at += length;
    }
    Ok(found)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(kind: u8, flags: u16, key: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + key.len()).unwrap_or(0);
        let mut blob = length.to_be_bytes().to_vec();
        blob.extend([kind, 1]);
        blob.extend(flags.to_be_bytes());
        blob.extend(16_u32.to_be_bytes());
        blob.extend(u32::try_from(key.len()).unwrap_or(0).to_be_bytes());
        blob.extend(key);
        blob
    }

    fn header() -> Vec<u8> {
        let mut header = 32_u32.to_be_bytes().to_vec();
        header.extend([HEADER, 1, 0, 0]);
        header.extend(b"KBXf");
        header.resize(32, 0);
        header
    }

    #[test]
    fn the_keys_of_a_keybox_are_found_without_ephemeral_ones() {
        let keybox = [
            header(),
            blob(OPENPGP, 0, b"one"),
            blob(3, 0, b"x509"),
            blob(OPENPGP, 2, b"gone"),
            blob(OPENPGP, 0, b"two"),
        ];
        let keybox = keybox.concat();
        assert!(is_one(&keybox));
        assert_eq!(keys(&keybox), Ok(b"onetwo".to_vec()));
    }

    #[test]
    fn a_broken_keybox_is_told_and_does_not_loop() {
        let keybox = [header(), blob(OPENPGP, 0, b"one")].concat();
        for end in 33..keybox.len() {
            assert_eq!(keys(&keybox[..end]), Err(Broken(32)), "{end}");
        }
        assert_eq!(keys(&[0; 8]), Err(Broken(0)));
        let mut outside = keybox;
        outside[32 + 12] = 0xff;
        assert_eq!(keys(&outside), Err(Broken(32)));
    }
}
