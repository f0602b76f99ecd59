//! The last net: what is about to be printed is searched for every secret that is known, in every form it may have.
//!
//! Secrets are kept out of texts by their type. But libraries log bodies and headers at trace level, controllers
//! repeat what they were given, and a child's output is anybody's. So whatever is written for people passes a
//! [`Scrubber`], which knows the secrets of the run and replaces them by `[secret]`.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use zeroize::{Zeroize as _, Zeroizing};

/// Shorter secrets are words of every other text.
const SHORTEST: usize = 6;
const REPLACEMENT: &str = "[secret]";

/// Knows the secrets of a run; clones share what they know.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    forms: Vec<Zeroizing<Vec<u8>>>,
    /// Built anew when a form was added since.
    matcher: Option<Arc<AhoCorasick>>,
}

impl Scrubber {
    /// Learns a secret in its plain form; a multi-line one also line by line, as logs break it.
    pub fn learn(&self, secret: &[u8]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = secret.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        for part in std::iter::once(secret.trim_ascii()).chain(lines).filter(|part| part.len() >= SHORTEST) {
            if known.forms.iter().any(|form| form.as_slice() == part) {
                continue;
            }
            known
                .forms
                .extend(forms(part).into_iter().filter(|form| form.len() >= SHORTEST).map(Zeroizing::new));
            known.matcher = None;
        }
    }

    /// Returns `text` with every known secret replaced.
    pub fn scrub(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.scrub_bytes(text.as_bytes())).into_owned()
    }

    /// Returns `bytes` with every known secret replaced.
    pub fn scrub_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let Some(matcher) = self.matcher() else { return bytes.to_vec() };
        let mut scrubbed = Vec::with_capacity(bytes.len());
        matcher.replace_all_with_bytes(bytes, &mut scrubbed, |_, _, scrubbed| {
            scrubbed.extend_from_slice(REPLACEMENT.as_bytes());
            true
        });
        scrubbed
    }

    fn matcher(&self) -> Option<Arc<AhoCorasick>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.forms.is_empty() {
            return None;
        }
        if known.matcher.is_none() {
            let forms = known.forms.iter().map(|form| form.as_slice());
            // The forms are few and short: building can only fail by running out of identifiers.
            known.matcher =
                AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms).ok().map(Arc::new);
        }
        known.matcher.clone()
    }
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Scrubber")
    }
}

/// The forms in which a secret turns up: plain, base64 at any alignment and twice, URL-, JSON-, Go- and hex-escaped.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    forms.extend(base64_forms(secret));
    let twice: Vec<Vec<u8>> = base64_forms(STANDARD_NO_PAD.encode(secret).as_bytes()).into_iter().collect();
    forms.extend(twice);
    forms.push(percent_encode(secret, NON_ALPHANUMERIC).to_string().into_bytes());
    forms.push(hex::encode(secret).into_bytes());
    forms.push(hex::encode_upper(secret).into_bytes());
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.extend(escaped_forms(text));
    }
    forms
}

/// The part of the base64 that does not depend on what stands before and after, at each of the three alignments.
fn base64_forms(secret: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    for before in 0..3 {
        let mut padded = Zeroizing::new(vec![0; before]);
        padded.extend_from_slice(secret);
        for mut encoded in [STANDARD_NO_PAD.encode(&*padded), URL_SAFE_NO_PAD.encode(&*padded)] {
            // The first characters mix with what stands before, the last with what follows.
            let start = [0, 2, 3][before];
            let end = encoded.len() - usize::from(padded.len() % 3 != 0);
            forms.insert(encoded.as_bytes().get(start..end).unwrap_or_default().to_vec());
            encoded.zeroize();
        }
    }
    forms
}

/// JSON's escapes (also those of Go, which escapes `<>&`), Go's `%q`, and YAML's doubled quotes.
fn escaped_forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    if let Ok(json) = serde_json::to_string(text) {
        let inner = json[1..json.len() - 1].to_owned();
        let go = inner.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        // A JSON text inside of a JSON text.
        forms.push(inner.replace('\\', "\\\\").replace('"', "\\\"").into_bytes());
        forms.push(go.into_bytes());
        forms.push(inner.into_bytes());
    }
    forms.push(text.replace('\'', "''").into_bytes());
    let mut bytes = String::new();
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'"' && byte != b'\\' => bytes.push(byte.into()),
            _ => {
                // Writing into a String does not fail.
                let _ = write!(bytes, "\\x{byte:02x}");
            }
        }
    }
    forms.push(bytes.into_bytes());
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "chirp & \"tweet\"\\n<42>";

    fn scrubber() -> Scrubber {
        let scrubber = Scrubber::default();
        scrubber.learn(SECRET.as_bytes());
        scrubber
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let scrubber = scrubber();
        let shown = [
            SECRET.to_owned(),
            STANDARD_NO_PAD.encode(SECRET),
            STANDARD_NO_PAD.encode(format!("x{SECRET}y")),
            STANDARD_NO_PAD.encode(format!("xy{SECRET}z")),
            STANDARD_NO_PAD.encode(STANDARD_NO_PAD.encode(SECRET)),
            percent_encode(SECRET.as_bytes(), NON_ALPHANUMERIC).to_string(),
            hex::encode(SECRET),
            serde_json::to_string(SECRET).unwrap(),
            serde_json::to_string(&serde_json::to_string(SECRET).unwrap()).unwrap(),
        ];
        for text in shown {
            let scrubbed = scrubber.scrub(&format!("before {text} after"));
            assert!(scrubbed.contains(REPLACEMENT), "not found: {text}");
            assert!(scrubbed.starts_with("before ") && scrubbed.ends_with(" after"), "{scrubbed}");
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        assert_eq!(scrubber().scrub("nothing to see"), "nothing to see");
        assert_eq!(Scrubber::default().scrub("nothing to see"), "nothing to see");
    }

    #[test]
    fn a_line_of_a_longer_secret_is_found_alone() {
        let scrubber = Scrubber::default();
        scrubber.learn(b"-----BEGIN-----\nAAAABBBBCCCC\nDDDDEEEEFFFF\n-----END-----\n");
        assert_eq!(scrubber.scrub("key: DDDDEEEEFFFF"), "key: [secret]");
    }

    proptest! {
        #[test]
        fn no_alignment_hides_a_secret(secret in "[a-zA-Z0-9]{12,40}", before in ".{0,9}", after in ".{0,9}") {
            let scrubber = Scrubber::default();
            scrubber.learn(secret.as_bytes());
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
            prop_assert!(scrubber.scrub(&encoded).contains(REPLACEMENT));
        }
    }
}
