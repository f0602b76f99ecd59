//! The hash of a pod template, in the letters that Kubernetes uses for it.

use serde_json::Value as Json;

/// What `SafeEncodeString` is left with: no vowels, nothing that looks like another.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Returns a name's part for a template: the same for the same template, of at most ten letters.
///
/// Kubernetes hashes Go's memory layout; the value differs, its form and its use are the same.
pub(super) fn of_template(template: &Json) -> String {
    let text = template.to_string();
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.to_string().bytes().map(|digit| char::from(LETTERS[usize::from(digit) % LETTERS.len()])).collect()
}
