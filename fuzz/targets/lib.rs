//! What every format is held to, whatever the bytes.

use std::sync::LazyLock;

use eggtooth::keys::{Identities, Identity, Origin};
use eggtooth::sops::{Document, EncryptOptions, Format, KeyGroup, encrypt};

/// A key of no worth, made once.
static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::generate);

/// Reads the bytes as an encrypted file, then encrypts them as a plain one: nothing may panic, and what is encrypted
/// opens again to what its editor shows, and is left as it is by an edit that changes nothing.
pub fn check(bytes: &[u8], format: Format) {
    if let Ok(document) = Document::parse(bytes, format, "fuzz") {
        let _ = document.open(&Identities::default());
    }
    let recipient = IDENTITY.public().parse().expect("a public key is a recipient");
    let options = EncryptOptions { groups: vec![KeyGroup::of([recipient])], ..EncryptOptions::default() };
    let now = "2026-11-22T10:00:00Z".parse().expect("a time");
    let Ok(file) = encrypt(bytes, format, &options, now, "fuzz") else { return };
    let document = Document::parse(&file, format, "fuzz").expect("what was encrypted is a document");
    let identities = Identities::of([IDENTITY.clone()], Origin::Given("fuzz".into()));
    let opened = document.open(&identities).expect("what was encrypted opens");
    let editable = opened.editable().expect("what was encrypted can be edited");
    #[expect(clippy::disallowed_methods, reason = "the fuzzer's bytes are no secret")]
    let again = opened.edit(editable.expose(), now).expect("what was not edited can be written");
    assert_eq!(again, file, "an edit that changes nothing changed the file");
}
