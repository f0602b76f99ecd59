//! The documents of sops's own tests and of another implementation.

use std::path::{Path, PathBuf};

use super::{Document, Error, Format, Plain, Problem, ValueProblem, decrypt, decrypt_ignoring_mac};
use crate::keys::{Identities, Identity, Origin, Passphrases};
use crate::yaml::{Flavour, read_json};

/// Returns the folder of the vectors; `None` where they are not at hand.
fn vectors() -> Option<PathBuf> {
    let shared = std::env::var("EGGTOOTH_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let folder = PathBuf::from(shared).join("vectors/sops");
    if !folder.is_dir() {
        println!("SKIPPED: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn identities(folder: &Path, key: &str) -> Identities {
    let text = std::fs::read_to_string(folder.join("keys").join(key)).unwrap();
    Identities::parse(&text, Origin::Given(key.into()), Passphrases::default())
}

fn printed(plain: &Plain, format: Format) -> String {
    #[expect(clippy::disallowed_methods, reason = "the vectors are public")]
    String::from_utf8_lossy(plain.to_text(format).unwrap().expose()).into_owned()
}

/// Decrypts a vector and compares what is printed.
fn check(folder: &Path, sub: &str, name: &str, format: Format, identities: &Identities) {
    let content = std::fs::read(folder.join(sub).join(name)).unwrap();
    let expected = std::fs::read_to_string(folder.join("expected").join(format!("{name}.dec"))).unwrap();
    let document = Document::parse(&content, format, name).unwrap();
    let text = printed(&decrypt(&document, identities).unwrap(), format);
    if sub == "rops" {
        // These were not printed by sops: the layout differs.
        assert_eq!(read_json(&text, Flavour::GoYamlV3), read_json(&expected, Flavour::GoYamlV3), "{name}");
    } else {
        assert_eq!(text, expected, "{name}");
    }
}

#[test]
fn documents_decrypt_to_what_sops_prints() {
    let Some(folder) = vectors() else { return };
    let mut count = 0;
    for (sub, key) in [("rops", "rops.txt"), ("sops-repo", "x25519.txt")] {
        let identities = identities(&folder, key);
        for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let format = if name == "example.txt.age.json" { Format::Binary } else { Format::of_path(&path) };
            let has_expected = folder.join("expected").join(format!("{name}.dec")).exists();
            if has_expected && matches!(format, Format::Yaml | Format::Json | Format::Binary) {
                check(&folder, sub, &name, format, &identities);
                count += 1;
            }
        }
    }
    assert_eq!(count, 15);
}

/// A document of sops's tests that is encrypted with one key, as text.
fn example() -> Option<(String, Identities)> {
    let folder = vectors()?;
    let text = std::fs::read_to_string(folder.join("sops-repo/example.age.yaml")).unwrap();
    Some((text, identities(&folder, "x25519.txt")))
}

fn open(text: &str, identities: &Identities) -> Result<Plain, Error> {
    decrypt(&Document::parse(text.as_bytes(), Format::Yaml, "test.yaml")?, identities)
}

#[test]
fn a_document_without_a_mac_opens_only_when_that_is_ignored() {
    let Some(folder) = vectors() else { return };
    let document = Document::load(&folder.join("sops-repo/no_mac.age.yaml"));
    let Ok(document) = document else {
        println!("SKIPPED: no_mac.age.yaml is not there");
        return;
    };
    let identities = identities(&folder, "x25519.txt");
    let error = decrypt(&document, &identities).unwrap_err();
    assert!(matches!(error, Error::NoMac { .. }) && error.sops_exit_code() == 51, "{error}");
    assert!(decrypt_ignoring_mac(&document, &identities).is_ok());
}

#[test]
fn without_the_key_the_error_names_the_recipients_and_the_keys_that_were_tried() {
    let Some((text, _)) = example() else { return };
    let other = Identity::generate();
    let public = other.public();
    let error = open(&text, &Identities::of([other], Origin::Variable("SOPS_AGE_KEY"))).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.to_string().contains("it is encrypted for age1"), "{error}");
    assert!(source.contains(&format!("{public} from SOPS_AGE_KEY")), "{source}");
    assert_eq!(error.sops_exit_code(), 128);
}

#[test]
fn what_was_changed_is_refused() {
    let Some((text, identities)) = example() else { return };
    assert!(open(&text, &identities).is_ok());
    let added = format!("new_unencrypted: 1\n{text}");
    assert!(matches!(open(&added, &identities), Err(Error::Mac { .. })));
    let plain = format!("new: 1\n{text}");
    let Err(Error::Malformed { source: Problem::Value { path, problem }, .. }) = open(&plain, &identities)
    else {
        panic!("a plain value among encrypted ones was accepted");
    };
    assert_eq!((path.as_str(), problem), ("new", ValueProblem::Plain));
    let at = text.find("data:").unwrap() + 5;
    let replacement = if text[at..].starts_with('A') { "B" } else { "A" };
    let mut flipped = text.clone();
    flipped.replace_range(at..=at, replacement);
    let error = open(&flipped, &identities).unwrap_err();
    assert!(matches!(error, Error::Malformed { source: Problem::Value { .. }, .. }), "{error:?}");
}

#[test]
fn what_is_not_encrypted_says_so() {
    let error = Document::parse(b"a: 1\n", Format::Yaml, "plain.yaml").unwrap_err();
    assert_eq!(error.to_string(), "`plain.yaml` is not encrypted with SOPS");
    assert!(matches!(Document::parse(b"- 1\n", Format::Yaml, "x"), Err(Error::Malformed { .. })));
    assert!(matches!(Document::parse(b"[]", Format::Json, "x"), Err(Error::Malformed { .. })));
}

#[test]
fn encrypted_leaves_are_marked_and_know_their_place() {
    use super::{Entry, Kind};
    let Some((text, identities)) = example() else { return };
    let plain = open(&text, &identities).unwrap();
    let mut seen = (0, 0);
    for entry in &plain.branches[0] {
        if let Entry::Item(item) = entry
            && let Kind::Leaf(leaf) = &item.value.kind
        {
            assert!(item.value.span.unwrap().start.line > 0);
            assert_eq!(leaf.encrypted, leaf.public().is_none());
            if leaf.encrypted { seen.0 += 1 } else { seen.1 += 1 }
        }
    }
    assert!(seen.0 > 0, "{seen:?}");
    assert!(!format!("{plain:?}").contains("Welcome"));
}
