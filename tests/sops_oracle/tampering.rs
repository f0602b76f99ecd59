//! What happens to a file whose bytes are changed by somebody without its key.

use std::collections::BTreeSet;

use eggtooth::keys::{Identities, Identity, Origin};
use eggtooth::sops::{Document, EncryptOptions, Format, KeyGroup, encrypt};
use eggtooth::yaml::{Flavour, read_json};
use serde_json::Value as Json;

use super::parity::now;

/// Returns the values; those that a JSON text cannot tell apart are the same.
fn values(content: &[u8], format: Format, identities: &Identities) -> Option<Json> {
    let opened = Document::parse(content, format, "x").ok()?.open(identities).ok()?;
    let text = opened.plaintext(if format == Format::Binary { format } else { Format::Json }).ok()?;
    let text = String::from_utf8_lossy(text.expose()).into_owned();
    Some(read_json(&text, Flavour::GoYamlV3).unwrap_or(Json::String(text)))
}

/// Changes each byte in turn; returns the lines, without metadata, in which that goes unnoticed and is not harmless.
fn unnoticed(text: &str, format: Format) -> BTreeSet<String> {
    let identity = Identity::generate();
    let options = EncryptOptions {
        groups: vec![KeyGroup::of([identity.public().parse().unwrap()])],
        ..EncryptOptions::default()
    };
    let file = encrypt(text.as_bytes(), format, &options, now(), "x").unwrap();
    let identities = Identities::of([identity], Origin::Given("the test".into()));
    let expected = values(&file, format, &identities).unwrap();
    let mut lines = BTreeSet::new();
    for at in 0..file.len() {
        for mask in [0x01, 0x10] {
            let mut changed = file.clone();
            changed[at] ^= mask;
            if values(&changed, format, &identities).is_some_and(|values| values != expected) {
                let start = file[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let end =
                    file[at..].iter().position(|byte| *byte == b'\n').map_or(file.len(), |end| at + end);
                let line = String::from_utf8_lossy(&file[start..end]).trim().to_owned();
                lines.insert(line.split("ENC[").next().unwrap_or_default().to_owned());
            }
        }
    }
    lines
}

/// What the format leaves to the reader's trust: the keys of values that are not encrypted, null or empty, and where
/// such values stand; the kind of a plain value; comments; version and recipients' texts, which change no value.
#[test]
fn a_changed_byte_is_refused_or_changes_no_value() {
    let text = "# comment\nlist:\n  - one\n  - 2\n  - # inside\n    x: true\nplain_unencrypted: text\n\
                number_unencrypted: 12\nnothing: null\nempty: ''\nlast: 1.5\n";
    let lines = unnoticed(text, Format::Yaml);
    let open = ["plain_unencrypted: text", "number_unencrypted: 12", "nothing: null", "empty: ''"];
    assert!(lines.iter().all(|line| open.contains(&line.as_str())), "{lines:?}");
    // The list is not longer than it must be.
    assert!(open.iter().all(|line| lines.contains(*line)), "{lines:?}");
}

#[test]
fn the_other_formats_leave_no_more_open() {
    let json = "{\n\"a\": \"x\",\n\"b\": [1, null],\n\"p_unencrypted\": \"y\"\n}\n";
    let lines = unnoticed(json, Format::Json);
    let open = ["\"b\": [\"", "\"p_unencrypted\": \"y\""];
    assert!(lines.iter().all(|line| open.iter().any(|open| line.starts_with(open))), "{lines:?}");
    let lines = unnoticed("#c\nA=x\nP_unencrypted=y\nE=\n", Format::Dotenv);
    assert!(lines.iter().all(|line| ["P_unencrypted=y", "E="].contains(&line.as_str())), "{lines:?}");
    let lines = unnoticed("; c\n[s]\na = x\np_unencrypted = y\ne =\n", Format::Ini);
    assert!(lines.iter().all(|line| ["p_unencrypted = y", "e ="].contains(&line.as_str())), "{lines:?}");
    assert_eq!(unnoticed("bytes", Format::Binary), BTreeSet::new());
}
