//! Either reads what the other wrote, alike to the byte.

use std::sync::atomic::{AtomicUsize, Ordering};

use eggtooth::keys::{Identities, Identity, Origin};
use eggtooth::sops::{Document as Encrypted, Format, Opened, encrypt};
use eggtooth::yaml::{Flavour, read_json_stream};
use jiff::Timestamp;

use super::document::{Document, generate};
use super::oracle::{Oracle, each, none};

/// More than the 150 that are promised.
pub(super) const COUNT: usize = 161;

pub(super) fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub(super) fn open(content: &[u8], document: &Document, identities: &[Identity]) -> Result<Opened, String> {
    let identities = Identities::of(identities.iter().cloned(), Origin::Given("the test".into()));
    let opened = Encrypted::parse(content, document.format, document.name.as_str())
        .and_then(|document| document.open(&identities));
    opened.map_err(|error| format!("{}: {}", document.name, chain(&error)))
}

pub(super) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Returns the keys that are enough: one, or two of several groups.
pub(super) fn enough(document: &Document) -> &[Identity] {
    let count = document.options.shamir_threshold.max(1);
    &document.identities[document.identities.len() - count..]
}

/// Writes the documents and the rules for them.
pub(super) fn prepare(oracle: &Oracle, documents: &[Document]) {
    let rules: String = documents.iter().map(|document| document.rule.as_str()).collect();
    std::fs::write(oracle.path(".sops.yaml"), format!("creation_rules:\n{rules}")).unwrap();
    for document in documents {
        std::fs::write(oracle.path(&document.name), &document.text).unwrap();
    }
}

fn compare(what: &str, document: &Document, expected: &[u8], actual: &[u8]) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    let [plain, expected, actual] =
        [document.text.as_slice(), expected, actual].map(|text| String::from_utf8_lossy(text).into_owned());
    Err(format!("{} {what}\n--- document\n{plain}\n--- sops\n{expected}\n--- ours\n{actual}", document.name))
}

/// Says whether sops reads what it wrote. It does not always: it moves comments that decide what is encrypted, and it
/// writes numbers so that it reads other ones (`-0.0`), in both cases with a MAC of what it had read.
pub(super) fn is_sound(oracle: &Oracle, document: &Document, encrypted: &[u8]) -> bool {
    let name = format!("sound-{}", document.name);
    std::fs::write(oracle.path(&name), encrypted).unwrap();
    match oracle.run(&["decrypt", &name], enough(document)) {
        Ok(_) => true,
        Err(error) => {
            let known = ["MAC mismatch", "Could not decrypt", "Error decrypting tree"];
            assert!(known.iter().any(|known| error.contains(known)), "{error}");
            false
        }
    }
}

#[test]
fn what_sops_encrypts_is_decrypted_as_sops_does() {
    let Some(oracle) = Oracle::find() else { return };
    let documents = generate(COUNT);
    prepare(&oracle, &documents);
    let unsound = AtomicUsize::new(0);
    let complaints = each(&documents, |document| {
        let fails = |error: String| {
            format!("{}: {error}\n{}", document.name, String::from_utf8_lossy(&document.text))
        };
        let encrypted = oracle.run(&["encrypt", &document.name], &[]).map_err(fails)?;
        if !is_sound(&oracle, document, &encrypted) {
            unsound.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let name = format!("by-sops-{}", document.name);
        std::fs::write(oracle.path(&name), &encrypted).unwrap();
        let expected = oracle.run(&["decrypt", &name], enough(document)).map_err(fails)?;
        let opened = open(&encrypted, document, enough(document))?;
        let plain = opened.plaintext(document.format).map_err(|error| chain(&error))?;
        compare("decrypted", document, &expected, plain.expose())?;
        let again = opened.edit(&expected, now()).map_err(|error| chain(&error))?;
        compare("unchanged", document, &encrypted, &again)?;
        let editable = opened.editable().map_err(|error| chain(&error))?;
        let again = opened.edit(editable.expose(), now()).map_err(|error| chain(&error))?;
        compare("unchanged in its layout", document, &encrypted, &again)
    });
    none(&complaints, documents.len());
    let read = documents.len() - unsound.into_inner();
    assert!(read >= 120, "sops reads only {read} of its own documents");
}

/// Returns the values of all documents of a YAML text.
fn values(text: &[u8]) -> Vec<serde_json::Value> {
    read_json_stream(std::str::from_utf8(text).unwrap(), Flavour::GoYamlV3).unwrap()
}

#[test]
fn what_we_encrypt_is_decrypted_by_sops_alike() {
    let Some(oracle) = Oracle::find() else { return };
    let documents = generate(COUNT);
    let complaints = each(&documents, |document| {
        let encrypted = encrypt(&document.text, document.format, &document.options, now(), &document.name);
        let encrypted = encrypted.map_err(|error| {
            format!("{}: {}\n{}", document.name, chain(&error), String::from_utf8_lossy(&document.text))
        })?;
        std::fs::write(oracle.path(&document.name), &encrypted).unwrap();
        let expected = oracle.run(&["decrypt", &document.name], enough(document)).map_err(|error| {
            format!("{}: {error}\n{}", document.name, String::from_utf8_lossy(&encrypted))
        })?;
        let opened = open(&encrypted, document, enough(document))?;
        let plain = opened.plaintext(document.format).map_err(|error| chain(&error))?;
        // go-yaml loses or moves some comments of a layout that is not its own; here all of them stay.
        if document.format == Format::Yaml && values(&expected) == values(plain.expose()) {
            return Ok(());
        }
        compare("decrypted", document, &expected, plain.expose())
    });
    none(&complaints, documents.len());
}
