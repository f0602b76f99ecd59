//! What every format is held to, whatever the bytes.

use std::io::Write as _;
use std::rc::Rc;
use std::sync::LazyLock;

use eggtooth::gotemplate::functions::{Host, library};
use eggtooth::gotemplate::{GoString, MissingKey, Set};
use eggtooth::helm::chart::Chart;
use eggtooth::keys::{Identities, Identity, Origin};
use eggtooth::sops::{Document, EncryptOptions, Format, KeyGroup, Opened, encrypt};
use eggtooth::yaml::{Flavour, Layout, emit_json, parse_with_comments, read_json_stream};
use serde_json::Value as Json;

/// A key of no worth: that of a test fixture, so that encrypted seeds open.
static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let text = include_str!("../../tests/fixtures/keys/dev.agekey");
    text.lines().find_map(Identity::parse).expect("the fixture holds a key")
});

/// Reads the bytes as an encrypted file, then encrypts them as a plain one: nothing may panic, and what opens is left as it
/// is by an edit that changes nothing.
pub fn check(bytes: &[u8], format: Format) {
    let identities = Identities::of([IDENTITY.clone()], Origin::Given("fuzz".into()));
    if let Ok(document) = Document::parse(bytes, format, "fuzz") {
        let _ = document.key_groups();
        if let Ok(opened) = document.open_ignoring_mac(&identities) {
            // Nobody made this document with care, so it need not be writable, but it must not be lost.
            let _ = untouched(&opened, bytes);
            for other in [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary] {
                let _ = opened.plaintext(other);
            }
        }
    }
    let Some(file) = encrypted(bytes, format) else { return };
    let document = Document::parse(&file, format, "fuzz").expect("what was encrypted is a document");
    let opened = document.open(&identities).expect("what was encrypted opens");
    assert!(untouched(&opened, &file), "what was encrypted can be edited");
}

/// Encrypts the bytes as a plain file; `None` where they are none.
pub fn encrypted(bytes: &[u8], format: Format) -> Option<Vec<u8>> {
    let recipient = IDENTITY.public().parse().expect("a public key is a recipient");
    let options = EncryptOptions { groups: vec![KeyGroup::of([recipient])], ..EncryptOptions::default() };
    encrypt(bytes, format, &options, now(), "fuzz").ok()
}

/// Says whether the document can be edited; an edit that changes nothing changes no byte of the file.
fn untouched(opened: &Opened, file: &[u8]) -> bool {
    let Ok(editable) = opened.editable() else { return false };
    #[expect(clippy::disallowed_methods, reason = "the fuzzer's bytes are no secret")]
    let again = opened.edit(editable.expose(), now());
    let Ok(again) = again else { return false };
    assert_eq!(
        String::from_utf8_lossy(&again),
        String::from_utf8_lossy(file),
        "an edit without a change changed the file"
    );
    true
}

fn now() -> jiff::Timestamp {
    "2026-11-22T10:00:00Z".parse().expect("a time")
}

/// Parses the bytes as a template. Nothing is executed: what a template may ask for has no end.
pub fn check_template(bytes: &[u8]) {
    let mut set = Set::new("fuzz", Rc::new(library(&Rc::new(Host::system()))), MissingKey::Zero);
    if set.parse("fuzz.yaml", GoString::from(bytes.to_vec())).is_ok() {
        assert!(!set.names().is_empty() || bytes.is_empty(), "what was parsed has a name");
    }
}

/// Reads the bytes as YAML in each dialect; what is read can be written, and is read again as the same, where Go's does so.
pub fn check_document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = parse_with_comments(text);
    for (flavour, layout) in
        [(Flavour::GoYamlV2, Layout::GoYamlV2), (Flavour::GoYamlV3, Layout::GoYamlV3 { indent: 4 })]
    {
        let Ok(documents) = read_json_stream(text, flavour) else { continue };
        for document in documents {
            let written = emit_json(&document, layout);
            if is_lost(&document, flavour) {
                continue;
            }
            let again = read_json_stream(&written, flavour).expect("what was written is YAML");
            let same = matches!(&*again, [again] if is_same(again, &document));
            assert!(same, "what was written reads as what it was: {document}\n{written}");
        }
    }
}

/// Says whether these are the same to JSON: -0 is 0, and a large number is one with or without an exponent.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let same = |((key, value), (other, other_value)): ((&String, &Json), (&String, &Json))| {
                key == other && is_same(value, other_value)
            };
            one.len() == other.len() && one.iter().zip(other).all(same)
        }
        (one, other) => one == other,
    }
}

/// Says whether it has what Go does not get back from what it writes, or not we.
fn is_lost(document: &Json, flavour: Flavour) -> bool {
    match document {
        Json::Array(items) => items.iter().any(|item| is_lost(item, flavour)),
        // Go writes the key as it is, and reads it as a merge.
        Json::Object(entries) => entries
            .iter()
            .any(|(key, value)| key == "<<" || is_lost_text(key, flavour) || is_lost(value, flavour)),
        Json::String(text) => is_lost_text(text, flavour),
        _ => false,
    }
}

/// A text of several lines that begins with space is written in lists by Go's version 3 with another indentation than it
/// announces, so that nobody can read it. Line breaks that only YAML 1.1 knows are breaks to Go, and letters to our reader.
fn is_lost_text(text: &str, flavour: Flavour) -> bool {
    let indented = text.starts_with([' ', '\n']) && text.contains('\n');
    indented && flavour == Flavour::GoYamlV3 || text.contains(['\u{85}', '\u{2028}', '\u{2029}'])
}

/// Reads the bytes as a chart's archive: as they are, and as what is inside of the compression.
pub fn check_archive(bytes: &[u8]) {
    let _ = Chart::from_archive(bytes);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    let archive = encoder.finish().expect("memory takes it");
    if let Ok(files) = Chart::files_in(&archive) {
        for file in &files {
            let path = std::path::Path::new(&file.name);
            let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            assert!(inside, "{:?} is outside of the chart", file.name);
        }
        let _ = Chart::from_files(files);
    }
}
