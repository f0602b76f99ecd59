//! The last net: what is about to be printed is searched for every secret that is known, in every form it may have.
//!
//! Secrets are kept out of texts by their type. But libraries log bodies and headers at trace level, controllers
//! repeat what they were given, and a child's output is anybody's. So whatever is written for people passes a
//! [`Scrubber`], which knows the secrets of the run and replaces them by `[secret]`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use zeroize::{Zeroize as _, Zeroizing};

/// Shorter secrets are words of every other text.
const SHORTEST: usize = 6;
const REPLACEMENT: &str = "[secret]";
/// How much of a form is searched for; only where that is found is the rest compared. An automaton of whole key files
/// would take megabytes.
const ANCHOR: usize = 16;

/// Knows the secrets of a run; clones share what they know.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    forms: Vec<Form>,
    /// Built anew when a form was added since.
    matcher: Option<Arc<Matcher>>,
}

type Form = Arc<Zeroizing<Vec<u8>>>;

/// Finds the forms of all secrets in one pass.
struct Matcher {
    anchors: AhoCorasick,
    /// The forms that begin with each anchor.
    forms: Vec<Vec<Form>>,
}

impl Matcher {
    fn new(forms: &[Form]) -> Option<Self> {
        let mut by_anchor: BTreeMap<&[u8], Vec<Form>> = BTreeMap::new();
        for form in forms {
            by_anchor.entry(&form[..form.len().min(ANCHOR)]).or_default().push(Arc::clone(form));
        }
        // The anchors are few and short: building can only fail by running out of identifiers.
        let anchors =
            AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(by_anchor.keys()).ok()?;
        Some(Self { anchors, forms: by_anchor.into_values().collect() })
    }

    /// Returns where secrets stand, in order; those that overlap are one place.
    fn places(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        for anchor in self.anchors.find_overlapping_iter(bytes) {
            let rest = &bytes[anchor.start()..];
            let found = self.forms[anchor.pattern()].iter().filter(|form| rest.starts_with(form));
            let Some(longest) = found.map(|form| form.len()).max() else { continue };
            places.push(anchor.start()..anchor.start() + longest);
        }
        places.sort_by_key(|place| place.start);
        places.dedup_by(|next, place| {
            let overlaps = next.start < place.end;
            if overlaps {
                place.end = place.end.max(next.end);
            }
            overlaps
        });
        places
    }
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
            let forms = forms(part).into_iter().map(Zeroizing::new);
            known.forms.extend(forms.filter(|form| form.len() >= SHORTEST).map(Arc::new));
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
        let mut shown = 0;
        for place in matcher.places(bytes) {
            scrubbed.extend_from_slice(&bytes[shown..place.start]);
            scrubbed.extend_from_slice(REPLACEMENT.as_bytes());
            shown = place.end;
        }
        scrubbed.extend_from_slice(&bytes[shown..]);
        scrubbed
    }

    /// Returns a scrubber of what comes piece by piece.
    pub fn stream(&self) -> Stream {
        Stream { scrubber: self.clone(), held: Zeroizing::default() }
    }

    /// Returns where the end begins that may be the beginning of a secret.
    fn open_end(&self, bytes: &[u8]) -> usize {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = |form: &Form| {
            let first = bytes.len().saturating_sub(form.len() - 1);
            (first..bytes.len()).find(|start| form.starts_with(&bytes[*start..]))
        };
        known.forms.iter().filter_map(begins).min().unwrap_or(bytes.len())
    }

    fn matcher(&self) -> Option<Arc<Matcher>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.forms.is_empty() {
            return None;
        }
        if known.matcher.is_none() {
            known.matcher = Matcher::new(&known.forms).map(Arc::new);
        }
        known.matcher.clone()
    }
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Scrubber")
    }
}

/// Scrubs what comes piece by piece: a secret that is cut in two is found, too.
pub struct Stream {
    scrubber: Scrubber,
    /// What may be the beginning of a secret.
    held: Zeroizing<Vec<u8>>,
}

impl Stream {
    /// Takes the next piece, and returns what can be shown so far.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let Some(matcher) = self.scrubber.matcher() else { return std::mem::take(&mut *self.held) };
        let open = self.scrubber.open_end(&self.held);
        // A secret that reaches into what is held stays whole.
        let places = matcher.places(&self.held);
        let across = places.iter().find(|place| place.start < open && open < place.end);
        let cut = across.map_or(open, |place| place.start);
        let shown = self.scrubber.scrub_bytes(&self.held[..cut]);
        self.held.drain(..cut);
        shown
    }

    /// Returns the rest.
    pub fn finish(self) -> Vec<u8> {
        self.scrubber.scrub_bytes(&self.held)
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

    #[test]
    fn secrets_that_overlap_leave_no_part_of_either() {
        let scrubber = Scrubber::default();
        scrubber.learn(b"the-quick-brown-fox-jumps");
        scrubber.learn(b"fox-jumps-over-the-lazy-dog");
        scrubber.learn(b"the-quick-brown-fox-sleeps");
        let text = "a the-quick-brown-fox-jumps-over-the-lazy-dog, b";
        assert_eq!(scrubber.scrub(text), "a [secret], b");
        assert_eq!(scrubber.scrub("the-quick-brown-fox-sleeps"), "[secret]");
        assert_eq!(scrubber.scrub("the-quick-brown-fox-walks"), "the-quick-brown-fox-walks");
    }

    #[test]
    fn what_can_be_no_secret_any_more_is_shown_at_once() {
        let scrubber = Scrubber::default();
        scrubber.learn(b"chirp-tweet");
        let mut stream = scrubber.stream();
        assert_eq!(stream.push(b"prompt> "), b"prompt> ");
        assert_eq!(stream.push(b"chir"), b"");
        assert_eq!(stream.push(b"py "), b"chirpy ");
        assert_eq!(stream.push(b"x chirp-tw"), b"x ");
        assert_eq!(stream.push(b"eet"), b"[secret]");
        assert_eq!(stream.push(b"chirp"), b"");
        assert_eq!(stream.finish(), b"chirp");
    }

    proptest! {
        #[test]
        fn no_cut_hides_a_secret(text in "[ab]{0,6}(chirp-chirp[ab-]{0,6}){1,3}", cuts in prop::collection::vec(0usize..60, 0..6)) {
            let scrubber = Scrubber::default();
            scrubber.learn(b"chirp-chirp");
            scrubber.learn(b"chirpbabbab");
            let (mut stream, mut shown, mut from) = (scrubber.stream(), Vec::new(), 0);
            let mut cuts = cuts.into_iter().map(|cut| cut.min(text.len())).collect::<Vec<_>>();
            cuts.sort_unstable();
            for cut in cuts {
                shown.extend(stream.push(&text.as_bytes()[from..cut]));
                from = cut;
            }
            shown.extend(stream.push(&text.as_bytes()[from..]));
            shown.extend(stream.finish());
            prop_assert_eq!(String::from_utf8(shown).unwrap(), scrubber.scrub(&text));
        }

        #[test]
        fn no_alignment_hides_a_secret(secret in "[a-zA-Z0-9]{12,40}", before in ".{0,9}", after in ".{0,9}") {
            let scrubber = Scrubber::default();
            scrubber.learn(secret.as_bytes());
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
            prop_assert!(scrubber.scrub(&encoded).contains(REPLACEMENT));
        }
    }
}
