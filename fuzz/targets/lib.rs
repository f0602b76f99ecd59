//! What every format is held to, whatever the bytes.

use std::sync::LazyLock;

use eggtooth::keys::{Identities, Identity, Origin};
use eggtooth::sops::{Document, EncryptOptions, Format, KeyGroup, Opened, encrypt};

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
