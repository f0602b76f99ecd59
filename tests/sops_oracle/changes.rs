//! What we change in a document, sops reads.

use eggtooth::keys::Identity;
use eggtooth::sops::{Format, KeyGroup, ValuePath};

use super::document::{Document, generate};
use super::oracle::{Oracle, each, none};
use super::parity::{COUNT, chain, enough, is_sound, now, open, prepare};

/// Checks that sops decrypts what was written, and to what we decrypt it.
fn check(
    oracle: &Oracle,
    document: &Document,
    what: &str,
    written: &[u8],
    keys: &[Identity],
) -> Result<(), String> {
    let name = format!("{what}-{}", document.name);
    std::fs::write(oracle.path(&name), written).unwrap();
    let fails = |error: String| format!("{name}: {error}\n{}", String::from_utf8_lossy(written));
    let expected = oracle.run(&["decrypt", &name], keys).map_err(fails)?;
    let plain = open(written, document, keys)?.plaintext(document.format).map_err(|error| chain(&error))?;
    if plain.expose() == &expected {
        return Ok(());
    }
    let [expected, plain] =
        [&expected, plain.expose()].map(|text| String::from_utf8_lossy(text).into_owned());
    Err(fails(format!("sops has\n{expected}\nwe have\n{plain}\nof")))
}

#[test]
fn sops_reads_what_was_set_removed_rotated_and_shared() {
    let Some(oracle) = Oracle::find() else { return };
    let documents: Vec<Document> = generate(COUNT).into_iter().step_by(5).collect();
    prepare(&oracle, &documents);
    let complaints = each(&documents, |document| {
        let keys = enough(document);
        let error = |error: eggtooth::sops::Error| format!("{}: {}", document.name, chain(&error));
        // sops's own file, so that its layout is what is changed.
        let encrypted = oracle.run(&["encrypt", &document.name], &[])?;
        if !is_sound(&oracle, document, &encrypted) {
            return Ok(());
        }
        let opened = open(&encrypted, document, keys)?;
        if document.format == Format::Binary {
            let edited = opened.edit(b"other \xff\x00 bytes", now()).map_err(error)?;
            check(&oracle, document, "edited", &edited, keys)?;
        } else {
            let path: ValuePath = match document.format {
                Format::Ini => "[\"section\"][\"added\"]",
                _ => "[\"added\"]",
            }
            .parse()
            .unwrap();
            let set = opened.set(&path, &"new\nvalue".into(), now()).map_err(error)?;
            check(&oracle, document, "set", &set, keys)?;
            let unset = open(&set, document, keys)?.unset(&path, now()).map_err(error)?;
            check(&oracle, document, "unset", &unset, keys)?;
            let same =
                open(&unset, document, keys)?.set(&path, &"new\nvalue".into(), now()).map_err(error)?;
            let again =
                open(&same, document, keys)?.set(&path, &"new\nvalue".into(), now()).map_err(error)?;
            if same != again {
                return Err(format!("{}: setting the same again changes the file", document.name));
            }
        }
        let added = Identity::generate();
        let mut groups = opened.document().key_groups().map_err(error)?;
        groups[0].recipients.push(added.public().parse().unwrap());
        let threshold = document.options.shamir_threshold;
        let rotated = opened.rotate(&groups, threshold, now()).map_err(error)?;
        let mut with_added = vec![added];
        with_added.extend(keys.iter().skip(1).cloned());
        check(&oracle, document, "rotated", &rotated, &with_added)?;
        let shared = opened.update_keys(&groups, threshold).map_err(error)?;
        check(&oracle, document, "shared", &shared, &with_added)?;
        let split = [&document.identities[0], &with_added[0]];
        let groups: Vec<KeyGroup> =
            split.iter().map(|key| KeyGroup::of([key.public().parse().unwrap()])).collect();
        let split_up = opened.update_keys(&groups, 0).map_err(error)?;
        check(&oracle, document, "split", &split_up, &[split[0].clone(), split[1].clone()])
    });
    none(&complaints, documents.len());
}

/// How sops tells the kinds of changes apart that it makes itself.
#[test]
fn we_read_what_sops_set_removed_and_rotated() {
    let Some(oracle) = Oracle::find() else { return };
    let documents: Vec<Document> = generate(COUNT)
        .into_iter()
        .filter(|document| matches!(document.format, Format::Yaml | Format::Json))
        .step_by(9)
        .collect();
    prepare(&oracle, &documents);
    let complaints = each(&documents, |document| {
        let keys = enough(document);
        let name = &document.name;
        let encrypted = oracle.run(&["encrypt", name], &[])?;
        std::fs::write(oracle.path(name), &encrypted).unwrap();
        if !is_sound(&oracle, document, &encrypted) {
            return Ok(());
        }
        for change in [
            &["set", name, "[\"added\"][\"x\"]", "{\"y\": [1, \"two\"]}"][..],
            &["rotate", "--in-place", name],
            &["unset", name, "[\"added\"][\"x\"][\"y\"][0]"],
        ] {
            oracle.run(change, keys)?;
            let written = std::fs::read(oracle.path(name)).unwrap();
            let expected = oracle.run(&["decrypt", name], keys)?;
            let plain =
                open(&written, document, keys)?.plaintext(document.format).map_err(|error| chain(&error))?;
            if plain.expose() != &expected {
                return Err(format!("{name} {change:?}:\n{}", String::from_utf8_lossy(&expected)));
            }
        }
        Ok(())
    });
    none(&complaints, documents.len());
}
