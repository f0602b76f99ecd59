//! The documents of sops's own tests and of another implementation.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{
    Document, EncryptOptions, Error, Format, KeyGroup, MasterKey, Opened, Plain, Problem, Selector,
    ValueProblem, decrypt, decrypt_ignoring_mac, encrypt,
};
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
    let Err(Error::Malformed { source: Problem::Value { path, problem, .. }, .. }) =
        open(&plain, &identities)
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

fn options(selector: Selector, identity: &Identity) -> EncryptOptions {
    let groups = vec![KeyGroup::of([identity.public().parse().unwrap()])];
    EncryptOptions { groups, selector, ..EncryptOptions::default() }
}

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn encrypted(text: &str, options: &EncryptOptions) -> String {
    String::from_utf8(encrypt(text.as_bytes(), Format::Yaml, options, now(), "x").unwrap()).unwrap()
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
    let text = encrypted(LAYOUTS, &options(Selector::default(), &identity));
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
fn what_cannot_be_encrypted_in_place_is_written_anew() {
    let identity = Identity::generate();
    let options = options(Selector::default(), &identity);
    let identities = Identities::of([identity], Origin::Given("test".into()));
    for (text, expected) in [
        ("a: &x 1\nb: *x\n", "a: 1\nb: 1\n"),
        ("{a: 1, b: [c]}\n", "a: 1\nb:\n    - c\n"),
        ("a: &x {k: 1}\nb:\n  <<: *x\n", "a:\n    k: 1\nb:\n    !!merge <<:\n        k: 1\n"),
        ("? a\n: 1\n", "a: 1\n"),
        ("a: 1\n...\n", "a: 1\n"),
    ] {
        let plain = open(&encrypted(text, &options), &identities).unwrap();
        assert_eq!(printed(&plain, Format::Yaml), expected, "{text}");
    }
    assert!(matches!(
        encrypt(b"sops: {}\n", Format::Yaml, &options, now(), "x"),
        Err(Error::AlreadyEncrypted { .. })
    ));
    for text in ["- 1\n", "", "a: 18446744073709551615\n"] {
        let error = encrypt(text.as_bytes(), Format::Yaml, &options, now(), "x").unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{text}");
    }
}

#[test]
fn several_documents_get_one_mac_and_each_its_metadata() {
    let identity = Identity::generate();
    let text = "# one\na: 1\n---\nb: 2 # two\n---\n# three\nc: 3";
    let encrypted = encrypted(text, &options(Selector::default(), &identity));
    assert_eq!(encrypted.matches("\nsops:\n").count(), 3, "{encrypted}");
    let opened = opened(&encrypted, &identity);
    assert_eq!(editable(&opened), format!("{text}\n"));
}

fn opened(text: &str, identity: &Identity) -> Opened {
    let identities = Identities::of([identity.clone()], Origin::Given("test".into()));
    Document::parse(text.as_bytes(), Format::Yaml, "x").unwrap().open(&identities).unwrap()
}

fn editable(opened: &Opened) -> String {
    #[expect(clippy::disallowed_methods, reason = "the test looks at what an editor shows")]
    String::from_utf8(opened.editable().unwrap().expose().clone()).unwrap()
}

/// Returns the lines that differ, of texts with as many lines.
fn different<'t>(one: &'t str, other: &'t str) -> Vec<&'t str> {
    assert_eq!(one.lines().count(), other.lines().count(), "{one}\n{other}");
    one.lines().zip(other.lines()).filter(|(one, other)| one != other).map(|(one, _)| one).collect()
}

#[test]
fn an_edit_changes_the_value_the_mac_and_the_time_only() {
    let identity = Identity::generate();
    let encrypted = encrypted(LAYOUTS, &options(Selector::default(), &identity));
    let opened = opened(&encrypted, &identity);
    let plain = editable(&opened);
    let later = "2026-11-23T10:00:00Z".parse().unwrap();
    assert_eq!(opened.edit(plain.as_bytes(), later).unwrap(), encrypted.as_bytes());
    let printed = printed(opened.plain(), Format::Yaml);
    assert_eq!(opened.edit(printed.as_bytes(), later).unwrap(), encrypted.as_bytes());
    let edited = plain.replace("  line\n", "  another line\n");
    let edited = String::from_utf8(opened.edit(edited.as_bytes(), later).unwrap()).unwrap();
    let lines = different(&encrypted, &edited);
    assert!(
        matches!(lines.as_slice(), [d, time, mac] if d.starts_with("d: ENC")
            && time.starts_with("    lastmodified:") && mac.starts_with("    mac:")),
        "{lines:?}"
    );
    let plain_only = plain.replace("# in the list", "# within the list");
    let edited = String::from_utf8(opened.edit(plain_only.as_bytes(), later).unwrap()).unwrap();
    assert_eq!(different(&encrypted, &edited).len(), 3);
}

#[test]
fn what_an_editor_shows_has_the_layout_of_the_file() {
    let identity = Identity::generate();
    let encrypted = encrypted(LAYOUTS, &options(Selector::default(), &identity));
    let expected = LAYOUTS
        .replace("\"two\"", "two")
        .replace("'q'", "\"q\"")
        .replace("{k: v,", "{k: \"v\",")
        .replace("e: >-\n    folded\n    text", "e: folded text")
        .replace("f: !!str 5", "f: \"5\"")
        .replace("2001-12-14", "2001-12-14T00:00:00Z")
        .replace("plain\n  on two lines", "plain on two lines");
    assert_eq!(editable(&opened(&encrypted, &identity)), expected);
}

#[test]
fn setting_and_removing_leaves_the_other_lines() {
    let identity = Identity::generate();
    let encrypted = encrypted(LAYOUTS, &options(Selector::default(), &identity));
    let opened_file = opened(&encrypted, &identity);
    let plain = editable(&opened_file);
    let check = |path: &str, value: Option<serde_json::Value>, from: &str, to: &str| {
        let path = path.parse().unwrap();
        let written = match &value {
            Some(value) => opened_file.set(&path, value, now()),
            None => opened_file.unset(&path, now()),
        };
        let written = String::from_utf8(written.unwrap()).unwrap();
        assert!(plain.contains(from), "{from}");
        assert_eq!(editable(&opened(&written, &identity)), plain.replacen(from, to, 1), "{path}");
        let kept = encrypted.lines().filter(|line| written.lines().any(|other| other == *line)).count();
        assert!(kept + 7 >= encrypted.lines().count(), "{path}: {written}");
    };
    check("[\"a\"]", Some(2.into()), "a: 1 ", "a: 2 ");
    check("[\"h\"]", Some("x".into()), "h: ~", "h: x");
    check("[\"d\"]", Some("x\ny".into()), "d: |\n  line\n   more\n", "d: |-\n  x\n  y\n");
    check("[\"c\"][0]", Some("v".into()), "- x", "- v");
    check("[\"c\"][1][\"k\"]", Some("w".into()), "{k: \"v\"", "{k: \"w\"");
    check("[\"c\"][1][\"n\"][3]", Some(5.into()), "null]", "null, 5]");
    check("[\"c\"][9]", Some("z".into()), "null]}\n", "null]}\n    - z\n");
    check("[\"k\"][\"x\"]", Some(true.into()), "k: {}", "k: {\"x\": true}");
    check(
        "[\"new\"][\"x\"]",
        Some("w".into()),
        "l_unencrypted: stays\n",
        "l_unencrypted: stays\nnew:\n    x: w\n",
    );
    check("[\"a\"][\"b\"]", Some("w".into()), "a: 1   # one", "a:\n    b: w   # one");
    check("[\"b\"]", None, "b: two\n", "");
    check("[\"d\"]", None, "d: |\n  line\n   more\n", "");
    check("[\"c\"][0]", None, "    - x\n", "");
    check("[\"c\"][1][\"k\"]", None, "k: \"v\", ", "");
    check("[\"c\"][1][\"n\"][2]", None, ", null]", "]");
    let same = opened_file.set(&"[\"a\"]".parse().unwrap(), &1.into(), now()).unwrap();
    assert_eq!(same, encrypted.as_bytes());
    let missing = opened_file.unset(&"[\"a\"][\"b\"]".parse().unwrap(), now());
    assert!(matches!(missing, Err(Error::NoValue { .. })));
    assert!(matches!(
        opened_file.set(&"[0]".parse().unwrap(), &1.into(), now()),
        Err(Error::Malformed { source: Problem::Path { .. }, .. })
    ));
}

#[test]
fn rotation_leaves_no_ciphertext_and_new_keys_leave_all() {
    let [first, second] = [Identity::generate(), Identity::generate()];
    let encrypted = encrypted(LAYOUTS, &options(Selector::default(), &first));
    let file = opened(&encrypted, &first);
    let groups = vec![KeyGroup::of([first.public().parse().unwrap(), second.public().parse().unwrap()])];
    let rotated = String::from_utf8(file.rotate(&groups, 0, now()).unwrap()).unwrap();
    let sealed =
        |text: &str| text.lines().filter(|line| line.contains("ENC[")).map(str::to_owned).collect::<Vec<_>>();
    assert!(sealed(&rotated).iter().all(|line| !encrypted.contains(line.as_str())));
    assert_eq!(editable(&opened(&rotated, &second)), editable(&file));
    let shared = String::from_utf8(file.update_keys(&groups, 0).unwrap()).unwrap();
    assert_eq!(sealed(&shared), sealed(&encrypted));
    let own = match &file.document().metadata().groups[0][0] {
        MasterKey::Age { sealed, .. } => sealed.clone(),
        MasterKey::Other(_) => unreachable!(),
    };
    let again = opened(&shared, &second);
    assert!(
        matches!(&again.document().metadata().groups[0][0], MasterKey::Age { sealed, .. } if *sealed == own)
    );
    assert_eq!(again.update_keys(&groups, 0).unwrap(), shared.as_bytes());
    let alone = vec![KeyGroup::of([second.public().parse().unwrap()])];
    let alone = String::from_utf8(again.update_keys(&alone, 0).unwrap()).unwrap();
    assert!(matches!(
        open(&alone, &Identities::of([first], Origin::Given("t".into()))),
        Err(Error::NoKey { .. })
    ));
}

#[test]
fn groups_open_with_as_many_as_the_threshold_says() {
    let keys = [Identity::generate(), Identity::generate(), Identity::generate()];
    let groups = keys.iter().map(|key| KeyGroup::of([key.public().parse().unwrap()]));
    let options =
        EncryptOptions { groups: groups.collect(), shamir_threshold: 2, ..EncryptOptions::default() };
    let text = encrypted("a: 1\n", &options);
    let with = |chosen: &[usize]| {
        let chosen = chosen.iter().map(|&index| keys[index].clone());
        open(&text, &Identities::of(chosen, Origin::Given("test".into())))
    };
    for chosen in [&[0, 1][..], &[2, 0], &[1, 2], &[0, 1, 2]] {
        assert!(with(chosen).is_ok());
    }
    assert!(matches!(with(&[1]), Err(Error::NoKey { .. })));
    let mut wrong = options.clone();
    wrong.shamir_threshold = 4;
    assert!(encrypt(b"a: 1\n", Format::Yaml, &wrong, now(), "x").is_err());
}
