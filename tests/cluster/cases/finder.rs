//! Finds secrets in whatever form: independent of the product's own scrubber, which is under test.

use std::collections::BTreeSet;
use std::io::Read;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use flate2::read::GzDecoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What JavaScript's `encodeURIComponent` escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// How many wrappings are opened: a release record has three.
const DEPTH: usize = 5;

/// Knows secrets in every form.
pub(crate) struct Finder {
    matcher: AhoCorasick,
    names: Vec<String>,
}

impl Finder {
    /// Takes secrets with the names by which a finding tells them.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        for (name, secret) in secrets {
            assert!(secret.len() >= 20, "`{name}` is too short to be found nowhere by chance");
            for (form, text) in forms(secret) {
                texts.push(text);
                names.push(format!("{name} ({form})"));
            }
        }
        Self { matcher: AhoCorasick::new(texts).unwrap(), names }
    }

    /// Returns which secrets stand in the text as it is.
    pub(crate) fn find(&self, text: &[u8]) -> BTreeSet<&str> {
        self.matcher.find_iter(text).map(|found| self.names[found.pattern().as_usize()].as_str()).collect()
    }

    /// Returns which secrets stand in the text or in what base64 and gzip hide in it.
    pub(crate) fn find_wrapped(&self, text: &[u8]) -> BTreeSet<&str> {
        let mut found = self.find(text);
        let mut inner = text.to_vec();
        for _ in 0..DEPTH {
            let Some(opened) = unwrap(&inner) else { break };
            found.extend(self.find(&opened));
            inner = opened;
        }
        found
    }

    /// Returns which secrets stand anywhere in a document, each text of it unwrapped.
    pub(crate) fn find_in_document(&self, document: &Value) -> BTreeSet<&str> {
        match document {
            Value::String(text) => self.find_wrapped(text.as_bytes()),
            Value::Array(items) => items.iter().flat_map(|item| self.find_in_document(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(key, value)| {
                    self.find(key.as_bytes()).into_iter().chain(self.find_in_document(value))
                })
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => BTreeSet::new(),
        }
    }
}

/// Every form of a secret, with its name.
pub(crate) fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![("raw", secret.to_owned())];
    for once in base64_cores(secret) {
        forms.extend(base64_cores(&once).into_iter().map(|twice| ("base64 twice", twice)));
        forms.push(("base64", once));
    }
    let component = utf8_percent_encode(secret, COMPONENT).to_string();
    forms.push(("URL", component.replace("%20", "+")));
    forms.push(("URL", component));
    forms.push(("URL", utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()));
    let json = escaped(secret);
    forms.push(("JSON twice", escaped(&json)));
    forms.push(("JSON of Go", json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")));
    forms.push(("JSON", json));
    forms.push(("YAML", secret.replace('\'', "''")));
    forms.push(("hex", hex::encode(secret)));
    forms.push(("hex", hex::encode_upper(secret)));
    forms
}

fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// What of a text's base64 is the same whatever stands around the text, at each of the three alignments.
fn base64_cores(text: &str) -> Vec<String> {
    let mut cores = Vec::new();
    for before in 0..3 {
        let bytes = [&vec![0; before], text.as_bytes()].concat();
        let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            cores.push(encoded[first..last].to_owned());
        }
    }
    cores
}

fn unwrap(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut opened = Vec::new();
        return GzDecoder::new(bytes).read_to_end(&mut opened).is_ok().then_some(opened);
    }
    STANDARD.decode(bytes.trim_ascii()).ok().filter(|opened| !opened.is_empty())
}
