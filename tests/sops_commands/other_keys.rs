//! Files that keys of services open as well: we speak to none of them, and lose none of them.

use super::nest::{Nest, Ran, oracle, ran};

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/0000+arn:aws:iam::111122223333:role/nest";
const FINGERPRINT: &str = "85D77543B3D624B63CEA9E6DBC17301B491B3F21";

/// The keys of services, as fields of the metadata in the order of the alphabet: kind, and fields.
const KEYS: [(&str, &[(&str, &str)]); 6] = [
    (
        "azure_kv",
        &[
            ("vault_url", "https://nest.vault.azure.net"),
            ("name", "nest"),
            ("version", "1f"),
            ("created_at", "2026-11-01T10:00:00Z"),
            ("enc", "azure-cipher"),
        ],
    ),
    (
        "gcp_kms",
        &[
            ("resource_id", "projects/nest/locations/global/keyRings/r/cryptoKeys/k"),
            ("created_at", "2026-11-01T10:00:00Z"),
            ("enc", "gcp-cipher"),
        ],
    ),
    (
        "hc_vault",
        &[
            ("vault_address", "https://vault:8200"),
            ("engine_path", "transit"),
            ("key_name", "nest"),
            ("created_at", "2026-11-01T10:00:00Z"),
            ("enc", "vault:v1:cipher"),
        ],
    ),
    ("hckms", &[("key_id", "eu-west-1:aaaa"), ("created_at", "2026-11-01T10:00:00Z"), ("enc", "hc-cipher")]),
    (
        "kms",
        &[
            ("arn", "arn:aws:kms:eu-west-1:111122223333:key/0000"),
            ("role", "arn:aws:iam::111122223333:role/nest"),
            ("created_at", "2026-11-01T10:00:00Z"),
            ("enc", "kms-cipher"),
            ("aws_profile", ""),
        ],
    ),
    ("pgp", &[("created_at", "2026-11-01T10:00:00Z"), ("enc", "pgp-cipher"), ("fp", FINGERPRINT)]),
];

/// A document in each format, its first value's path, and its second's.
const DOCUMENTS: [(&str, &str, &str, &str); 5] = [
    ("doc.yaml", "# why\na:\n    b: chirp # inline\nc: two\n", "[\"a\"][\"b\"]", "[\"c\"]"),
    (
        "doc.json",
        "{\n\t\"a\": {\n\t\t\"b\": \"chirp\"\n\t},\n\t\"c\": \"two\"\n}\n",
        "[\"a\"][\"b\"]",
        "[\"c\"]",
    ),
    ("doc.env", "# why\nA=chirp\nC=two\n", "[\"A\"]", "[\"C\"]"),
    ("doc.ini", "[a]\nb = chirp\nc = two\n", "[\"a\"][\"b\"]", "[\"a\"][\"c\"]"),
    ("doc.bin", "chirp\n", "", ""),
];

/// Writes the keys' lines as sops writes them.
fn lines(name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, fields) in KEYS {
        match name {
            "doc.yaml" => {
                lines.push(format!("    {kind}:"));
                for (index, (field, value)) in fields.iter().enumerate() {
                    let quoted = value.is_empty() || *field == "created_at";
                    let value = if quoted { format!("\"{value}\"") } else { (*value).to_owned() };
                    lines.push(format!("        {} {field}: {value}", if index == 0 { "-" } else { " " }));
                }
            }
            "doc.env" => {
                lines.extend(
                    fields.iter().map(|(field, value)| format!("sops_{kind}__list_0__map_{field}={value}")),
                );
            }
            "doc.ini" => {
                lines.extend(
                    fields.iter().map(|(field, value)| format!("{kind}__list_0__map_{field} = {value}")),
                );
            }
            _ => {
                let fields: Vec<String> =
                    fields.iter().map(|(field, value)| format!("\t\t\t\t\"{field}\": \"{value}\"")).collect();
                let list = format!("\t\t\"{kind}\": [\n\t\t\t{{\n{}\n\t\t\t}}\n\t\t],", fields.join(",\n"));
                lines.extend(list.lines().map(str::to_owned));
            }
        }
    }
    lines
}

/// Returns a folder with a document that age and the keys of services open.
fn nest(name: &str, plain: &str) -> Nest {
    let nest = Nest::new(2);
    nest.rule(&[0]);
    nest.write(name, plain);
    nest.ok(&["encrypt", "-i", name]);
    let text = nest.read(name);
    let at = match name {
        "doc.yaml" => text.find("sops:\n").unwrap() + "sops:\n".len(),
        "doc.env" => text.find("sops_").unwrap(),
        "doc.ini" => text.find("[sops]\n").unwrap() + "[sops]\n".len(),
        _ => text.find("\"sops\": {\n").unwrap() + "\"sops\": {\n".len(),
    };
    let keys = lines(name).join("\n");
    nest.write(name, &format!("{}{keys}\n{}", &text[..at], &text[at..]));
    nest
}

/// Says whether the keys of services stand there as they did.
#[track_caller]
fn assert_kept(nest: &Nest, name: &str, words: &[&str]) {
    assert_kept_lines(nest, name, words);
    if let Some(sops) = oracle() {
        nest.ok_oracle(&sops, &["decrypt", name]);
    }
}

fn edit(nest: &Nest, name: &str) -> Ran {
    let editor = nest.script("editor", "sed -i s/chirp/cheep/ \"$1\"");
    ran(nest.command().args(["edit", name]).env("EDITOR", editor).output().unwrap())
}

/// Rules with all the keys, and these of age.
fn rules(nest: &Nest, keys: &[usize]) {
    let recipients: Vec<String> = keys.iter().map(|&key| nest.recipient(key)).collect();
    nest.write(
        ".sops.yaml",
        &format!(
            "creation_rules:\n  - age: {}\n    kms: {ARN}\n    pgp: {FINGERPRINT}\n    gcp_kms: projects/nest/locations/global/keyRings/r/cryptoKeys/k\n    hckms: ['eu-west-1:aaaa']\n    azure_keyvault: https://nest.vault.azure.net/keys/nest/1f\n    hc_vault_transit_uri: https://vault:8200/v1/transit/keys/nest\n",
            recipients.join(",")
        ),
    );
}

#[test]
fn whatever_writes_a_file_keeps_the_keys_of_services() {
    for (name, plain, first, second) in DOCUMENTS {
        let nest = nest(name, plain);
        let before = nest.read(name);
        if let Some(sops) = oracle() {
            nest.ok_oracle(&sops, &["decrypt", name]);
        }
        if !first.is_empty() {
            for words in [&["set", name, first, "\"other\""][..], &["unset", name, second]] {
                nest.ok(words);
                assert_kept(&nest, name, words);
            }
            nest.write(name, &before);
        }
        let ran = edit(&nest, name);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert_kept(&nest, name, &["edit"]);

        let words = ["updatekeys", "--yes", name];
        rules(&nest, &[0, 1]);
        nest.ok(&words);
        assert_kept(&nest, name, &words);
        assert!(nest.read(name).contains(&nest.recipient(1)), "{name}");
        rules(&nest, &[1]);
        nest.at_hand(&[0, 1]);
        nest.ok(&words);
        assert_kept(&nest, name, &words);
        assert!(!nest.read(name).contains(&nest.recipient(0)), "{name}");
        let before = nest.read(name);
        nest.ok(&words);
        assert_eq!(nest.read(name), before, "{name}: a second run");
    }
}

#[test]
fn what_would_give_services_a_new_key_is_refused_and_names_them() {
    for (name, plain, ..) in DOCUMENTS {
        let nest = nest(name, plain);
        let before = nest.read(name);
        let other = nest.recipient(1);
        let refused: [&[&str]; 3] = [
            &["rotate", "-i", name],
            &["rotate", "-i", "--add-age", &other, "--rm-pgp", FINGERPRINT, name],
            &["groups", "add", "-f", name, "-i", "--age", &other, "--shamir-secret-sharing-threshold", "2"],
        ];
        for words in refused {
            let ran = nest.run(words);
            assert_eq!(ran.code, Some(1), "{words:?}: {}", ran.stderr);
            for part in
                ["seal the data key of", &format!("`{ARN}` (kms)"), "(hc_vault)", "hint: use sops where"]
            {
                assert!(ran.stderr.contains(part), "{words:?} does not say {part}: {}", ran.stderr);
            }
            assert_eq!(
                ran.stderr.contains("(pgp)"),
                !words.contains(&"--rm-pgp"),
                "{words:?}: {}",
                ran.stderr
            );
            assert_eq!(nest.read(name), before, "{words:?}");
        }
    }
}

#[test]
fn rotation_takes_the_keys_of_services_out_when_it_is_told_to() {
    let nest = nest("doc.yaml", DOCUMENTS[0].1);
    let azure = "https://nest.vault.azure.net/keys/nest/1f";
    let vault = "https://vault:8200/v1/transit/keys/nest";
    let google = "projects/nest/locations/global/keyRings/r/cryptoKeys/k";
    let words = [
        ["rotate", "-i", "--rm-pgp", "85D77543 B3D624B6 3CEA9E6D BC17301B 491B3F21", "--rm-kms", ARN],
        ["--rm-azure-kv", azure, "--rm-hc-vault-transit", vault, "--rm-gcp-kms", google],
    ];
    let words: Vec<&str> =
        words.concat().into_iter().chain(["--rm-hckms", "eu-west-1:aaaa", "doc.yaml"]).collect();
    let ran = nest.run(&words);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let text = nest.read("doc.yaml");
    for (kind, _) in KEYS {
        assert!(!text.contains(kind), "{text}");
    }
    assert_eq!(nest.ok(&["decrypt", "--extract", "[\"c\"]", "doc.yaml"]), "two");
    let ran = nest.run(&["rotate", "-i", "--rm-kms", "arn:aws:kms:x", "doc.yaml"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("was not encrypted for arn:aws:kms:x (kms)"), "{}", ran.stderr);
}

#[test]
fn the_keys_that_an_editor_shows_can_be_changed() {
    for (name, plain, first, _) in DOCUMENTS.into_iter().filter(|document| document.0 != "doc.bin") {
        let nest = nest(name, plain);
        let before = nest.read(name);
        let edit = |body: &str| {
            let editor = nest.script("editor", body);
            ran(nest.command().args(["edit", "-s", name]).env("EDITOR", editor).output().unwrap())
        };
        assert_eq!(edit("grep -q age1 \"$1\"").code, Some(200), "{name}");
        // Another recipient in the place of the one that is there, and another value.
        let (own, other) = (nest.recipient(0), nest.recipient(1));
        let ran = edit(&format!("sed -i 's/{own}/{other}/; s/chirp/cheep/' \"$1\""));
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert_kept_lines(&nest, name, &["edit", "-s"]);
        assert_eq!(nest.run(&["decrypt", name]).code, Some(128), "{name}");
        nest.at_hand(&[1]);
        assert_eq!(nest.ok(&["decrypt", "--extract", first, name]), "cheep", "{name}");
        nest.write(name, &before);
        nest.at_hand(&[0]);
        let ran = edit("sed -i 's/_unencrypted/_plain/' \"$1\"");
        assert!(ran.stderr.contains("only keys and their threshold"), "{name}: {}", ran.stderr);
        assert_eq!(nest.read(name), before, "{name}");
    }
}

#[track_caller]
fn assert_kept_lines(nest: &Nest, name: &str, words: &[&str]) {
    let text = nest.read(name);
    // INI files have their `=` in one column, so how much space is before it depends on the longest name.
    let form = |line: &str| if name == "doc.ini" { line.replace(' ', "") } else { line.to_owned() };
    for line in lines(name) {
        assert!(text.lines().any(|there| form(there) == form(&line)), "{words:?} lost `{line}`:\n{text}");
    }
}
