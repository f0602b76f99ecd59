//! The documents of sops's own tests and of another implementation.

use std::path::{Path, PathBuf};

use super::{Document, Error, Format, Plain, Problem, ValueProblem, decrypt, decrypt_ignoring_mac};
use crate::keys::{Identities, Identity, Origin, Passphrases};
use crate::yaml::{Flavour, read_json};

#[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
fn skipped(what: &str) {
    println!("SKIPPED: {what} is not there");
}

/// Returns the folder of the vectors; `None` where they are not at hand.
fn vectors() -> Option<PathBuf> {
    let shared = std::env::var("EGGTOOTH_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let folder = PathBuf::from(shared).join("vectors/sops");
    if !folder.is_dir() {
        skipped(&folder.display().to_string());
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
            if has_expected {
                check(&folder, sub, &name, format, &identities);
                count += 1;
            }
        }
    }
    assert_eq!(count, 19);
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
    let document = Document::load(&folder.join("sops-repo/no_mac.age.yaml")).unwrap();
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

fn encryption(selector: super::Selector, identity: &Identity) -> super::Encryption {
    super::Encryption {
        recipients: vec![identity.public().parse().unwrap()],
        selector,
        mac_only_encrypted: false,
        now: crate::yaml::Timestamp::parse("2026-11-22T10:00:00Z").unwrap(),
    }
}

/// Every kind of scalar and layout that encryption in place must bear.
const LAYOUTS: &str = "\
# top
a: 1   # one
b: \"two\"

c:
    - x
    # in the list
    - {k: v, n: [1, 'q', null]}
d: |
  line
   more

e: >-
    folded
    text
f: !!str 5
g: ''
h: ~
i: 2001-12-14
j: plain
  on two lines
k: {}
l_unencrypted: stays
";

#[test]
fn encryption_in_place_keeps_the_layout_and_opens_again() {
    let identity = Identity::generate();
    let text = super::encrypt_yaml(LAYOUTS, &encryption(super::Selector::default(), &identity), "x").unwrap();
    assert!(text.contains("\n\nc:\n    - ENC[") && text.contains("\nl_unencrypted: stays\n"), "{text}");
    assert!(text.contains("- {k: \"ENC[") && text.contains("\ng: ''\nh: ~\n"), "{text}");
    let plain = open(&text, &Identities::of([identity], Origin::Given("test".into()))).unwrap();
    let value = read_json(&printed(&plain, Format::Json), Flavour::GoYamlV3).unwrap();
    let mut expected = read_json(LAYOUTS, Flavour::GoYamlV3).unwrap();
    expected["i"] = "2001-12-14T00:00:00Z".into();
    assert_eq!(value, expected);
    assert!(printed(&plain, Format::Yaml).contains("# in the list"));
}

#[test]
fn what_cannot_be_encrypted_in_place_is_refused() {
    let identity = Identity::generate();
    let encryption = encryption(super::Selector::default(), &identity);
    for text in ["a: &x 1\nb: *x\n", "a: 1\n---\nb: 1\n", "{a: 1}\n", "sops: {}\n", "- 1\n"] {
        let error = super::encrypt_yaml(text, &encryption, "x").unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{text}");
    }
}

/// Returns sops itself, which tests/cluster builds into the user's cache.
fn oracle() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    let tools = std::fs::read_dir(cache.join("eggtooth/tools")).into_iter().flatten().flatten();
    let found = tools.map(|tool| tool.path().join("bin/sops")).find(|path| path.is_file());
    if found.is_none() {
        skipped("sops in the cache");
    }
    found
}

#[test]
fn sops_reads_what_was_encrypted_in_place() {
    use age::secrecy::ExposeSecret;
    let Some(sops) = oracle() else { return };
    let identity = Identity::generate();
    let folder = tempfile::tempdir().unwrap();
    let selectors = [
        super::Selector::default(),
        super::Selector::of_field("encrypted_regex", "^[a-d]$").unwrap(),
        super::Selector::of_field("unencrypted_comment_regex", "one").unwrap(),
    ];
    for (index, selector) in selectors.into_iter().enumerate() {
        let mut encryption = encryption(selector, &identity);
        encryption.mac_only_encrypted = index == 1;
        let text = super::encrypt_yaml(LAYOUTS, &encryption, "x").unwrap();
        let file = folder.path().join("x.yaml");
        std::fs::write(&file, &text).unwrap();
        let output = std::process::Command::new(&sops)
            .args(["decrypt", "--output-type", "json"])
            .arg(&file)
            .env("HOME", folder.path())
            .env("SOPS_AGE_KEY", identity.to_secret_text().unwrap().expose_secret())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}\n{text}");
        let identities = Identities::of([identity.clone()], Origin::Given("test".into()));
        let ours = printed(&open(&text, &identities).unwrap(), Format::Json);
        assert_eq!(ours, String::from_utf8_lossy(&output.stdout));
    }
}
