//! Documents made by chance.

use std::fmt::Write;

use eggtooth::keys::Identity;
use eggtooth::sops::{EncryptOptions, Format, KeyGroup, Selector};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// A plain document, and how it is to be encrypted.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) text: Vec<u8>,
    pub(super) identities: Vec<Identity>,
    pub(super) options: EncryptOptions,
    /// The creation rule that says the same.
    pub(super) rule: String,
}

pub(super) const KEYS: [&str; 16] = [
    "name",
    "token",
    "with space",
    "a.b",
    "a:b",
    "ключ",
    "password_secret",
    "note_plain",
    "x_unencrypted",
    "true",
    "123",
    "quo\"te",
    "semi;colon",
    "-dash",
    "emoji 🥚",
    "key=equals",
];

/// YAML values on one line, of every kind.
const SCALARS: [&str; 36] = [
    "1",
    "-5",
    "0x1F",
    "017",
    "0o17",
    "1_000",
    "1.5",
    "1e3",
    "1e21",
    "-0.0",
    "9223372036854775807",
    "-9223372036854775808",
    "true",
    "False",
    "null",
    "~",
    "''",
    "\"\"",
    "'single ''q'' # no comment'",
    "\"tab\\t \\u00e9 \\\"x\\\" line\\nbreak\\n\"",
    "yes",
    "on",
    "2001-12-14",
    "2001-12-14T21:59:43.10-05:00",
    "!!binary aGVsbG8=",
    "!!binary /w8A",
    "!!str 5",
    "plain words",
    "https://example.com/a?b=c&d=<e>",
    "'a: b'",
    "\"- x\"",
    "käse 🥚 \u{4e2d}",
    "'1'",
    "'true'",
    "\" padded \"",
    "{}",
];

const BLOCKS: [&str; 6] = [
    "|\n@one\n@two\n",
    "|-\n@one\n@  deeper\n\n@two\n",
    ">\n@folded\n@text\n",
    ">-\n@a\n\n@b\n",
    "|\n@# no comment\n",
    "|+\n@kept\n\n",
];

const COMMENTS: [&str; 5] = [" a comment", " encrypt-me", " leave-me", "no space", " käse # and more"];

/// Makes documents of all formats with all selectors.
pub(super) fn generate(count: usize) -> Vec<Document> {
    let seed = std::env::var("EGGTOOTH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122);
    let keys: Vec<Identity> = (0..4).map(|_| Identity::generate()).collect();
    (0..count)
        .map(|index| {
            let mut random = StdRng::seed_from_u64(seed + index as u64);
            let format = [
                Format::Yaml,
                Format::Yaml,
                Format::Json,
                Format::Dotenv,
                Format::Ini,
                Format::Yaml,
                Format::Binary,
            ][index % 7];
            document(index, format, &keys, &mut random)
        })
        .collect()
}

fn document(index: usize, format: Format, keys: &[Identity], random: &mut StdRng) -> Document {
    let (extension, text) = match format {
        Format::Yaml => ("yaml", yaml(random).into_bytes()),
        Format::Json => ("json", json(random, 0).into_bytes()),
        Format::Dotenv => ("env", dotenv(random).into_bytes()),
        Format::Ini => ("ini", ini(random).into_bytes()),
        Format::Binary => ("bin", (0..random.gen_range(0..300)).map(|_| random.r#gen::<u8>()).collect()),
    };
    let name = format!("document-{index}.{extension}");
    let mut rule = format!("  - path_regex: ^document-{index}\\.{extension}$\n");
    let comments = matches!(format, Format::Yaml | Format::Dotenv | Format::Ini);
    let selectors = [
        ("unencrypted_suffix", "_unencrypted"),
        ("encrypted_suffix", "_secret"),
        ("unencrypted_regex", "^(name|note_.*)$"),
        ("encrypted_regex", "^(token|пусто|ключ|a)"),
        ("unencrypted_comment_regex", "leave-me$"),
        ("encrypted_comment_regex", "encrypt-me"),
    ];
    let usable = if comments { 6 } else { 4 };
    let (field, pattern) = selectors[(index / 7) % usable];
    if format != Format::Binary {
        writeln!(rule, "    {field}: '{pattern}'").unwrap();
    }
    let mac_only_encrypted = format != Format::Binary && random.gen_bool(0.3);
    if mac_only_encrypted {
        rule.push_str("    mac_only_encrypted: true\n");
    }
    let count = random.gen_range(1..=keys.len());
    let identities: Vec<Identity> = keys[..count].to_vec();
    let public = |key: &Identity| key.public();
    let shamir = count >= 3 && random.gen_bool(0.5);
    let groups = if shamir {
        rule.push_str("    shamir_threshold: 2\n    key_groups:\n");
        for key in &identities {
            writeln!(rule, "      - age: [{}]", public(key)).unwrap();
        }
        identities.iter().map(|key| KeyGroup::of([public(key).parse().unwrap()])).collect()
    } else {
        let all: Vec<String> = identities.iter().map(public).collect();
        writeln!(rule, "    age: {}", all.join(",")).unwrap();
        vec![KeyGroup::of(all.iter().map(|key| key.parse().unwrap()))]
    };
    let options = EncryptOptions {
        groups,
        shamir_threshold: if shamir { 2 } else { 0 },
        selector: Selector::of_field(field, pattern).unwrap(),
        mac_only_encrypted,
        indent: None,
    };
    Document { name, format, text, identities, options, rule }
}

/// Distinct keys.
fn some_keys(random: &mut StdRng, most: usize) -> Vec<&'static str> {
    let count = random.gen_range(1..=most);
    KEYS.choose_multiple(random, count).copied().collect()
}

fn yaml(random: &mut StdRng) -> String {
    let mut out = String::new();
    let documents = if random.gen_bool(0.15) { 2 } else { 1 };
    for index in 0..documents {
        if index > 0 || random.gen_bool(0.2) {
            out.push_str("---\n");
        }
        yaml_map(&mut out, random, 0, 0);
    }
    out
}

fn margin(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn yaml_comment(out: &mut String, random: &mut StdRng, indent: usize) {
    if random.gen_bool(0.2) {
        margin(out, indent);
        writeln!(out, "#{}", COMMENTS.choose(random).unwrap()).unwrap();
    }
    if random.gen_bool(0.1) {
        out.push('\n');
    }
}

fn yaml_map(out: &mut String, random: &mut StdRng, indent: usize, depth: usize) {
    for (index, key) in some_keys(random, 6).into_iter().enumerate() {
        // The first key of an item stands behind its dash.
        if index > 0 || !out.ends_with("- ") {
            yaml_comment(out, random, indent);
            margin(out, indent);
        }
        match random.gen_range(0..2) {
            0 => write!(out, "\"{}\":", key.replace('"', "\\\"")).unwrap(),
            _ if key.contains([' ', ':', '"', '#']) || matches!(key, "true" | "123" | "-dash") => {
                write!(out, "'{key}':").unwrap();
            }
            _ => write!(out, "{key}:").unwrap(),
        }
        yaml_value(out, random, indent, depth);
    }
}

fn yaml_value(out: &mut String, random: &mut StdRng, indent: usize, depth: usize) {
    match random.gen_range(0..10) {
        0 | 1 if depth < 4 => {
            out.push('\n');
            yaml_map(out, random, indent + 2, depth + 1);
        }
        2 | 3 if depth < 4 => {
            out.push('\n');
            let dash = indent + if random.r#gen() { 2 } else { 0 };
            for _ in 0..random.gen_range(1..5) {
                yaml_comment(out, random, dash);
                margin(out, dash);
                out.push_str("- ");
                if random.gen_bool(0.25) && depth < 3 {
                    yaml_map(out, random, dash + 2, depth + 1);
                } else {
                    yaml_scalar(out, random);
                }
            }
        }
        4 => {
            let block = BLOCKS.choose(random).unwrap();
            let space = " ".repeat(indent + 2);
            writeln!(out, " {}", block.replace('@', &space).trim_end_matches('\n')).unwrap();
            if block.starts_with("|+") {
                out.push('\n');
            }
        }
        5 => {
            let inner: Vec<&str> =
                (0..random.gen_range(0..4)).map(|_| *FLOW.choose(random).unwrap()).collect();
            if random.r#gen() {
                writeln!(out, " [{}]", inner.join(", ")).unwrap();
            } else {
                let members = inner.iter().enumerate().map(|(index, value)| format!("f{index}: {value}"));
                writeln!(out, " {{{}}}", members.collect::<Vec<_>>().join(", ")).unwrap();
            }
        }
        _ => {
            out.push(' ');
            yaml_scalar(out, random);
        }
    }
}

const FLOW: [&str; 8] = ["1", "x", "'q, q'", "\"d\\n\"", "null", "[1, [2]]", "{n: 1.5}", "true"];

fn yaml_scalar(out: &mut String, random: &mut StdRng) {
    let scalar = SCALARS.choose(random).unwrap();
    out.push_str(scalar);
    // sops loses the comment of an empty mapping; we keep it.
    if *scalar != "{}" && random.gen_bool(0.15) {
        write!(out, " #{}", COMMENTS.choose(random).unwrap()).unwrap();
    }
    out.push('\n');
}

fn json(random: &mut StdRng, depth: usize) -> String {
    let value = |random: &mut StdRng| match random.gen_range(0..12) {
        0 | 1 if depth < 4 => json(random, depth + 1),
        2 if depth < 4 => {
            let items: Vec<String> = (0..random.gen_range(0..4)).map(|_| json(random, depth + 2)).collect();
            format!("[{}]", items.join(","))
        }
        3 => "null".to_owned(),
        4 => "true".to_owned(),
        5 => "\"\"".to_owned(),
        6 => ["1", "-7", "1.5", "1e3", "1e21", "9007199254740993", "0.1"].choose(random).unwrap().to_string(),
        7 => "[1, \"two\", null, [], {}]".to_owned(),
        _ => [
            "\"plain\"",
            "\"a\\nb\\t\\u00e9\\\"\"",
            "\"<html>&amp;\"",
            "\"käse 🥚\"",
            "\"\\ud83e\\udd5a\"",
            "\"true\"",
        ]
        .choose(random)
        .unwrap()
        .to_string(),
    };
    let space = ["", " ", "\n", "\n    "].choose(random).unwrap();
    let members: Vec<String> = some_keys(random, 6)
        .into_iter()
        .map(|key| format!("{space}\"{}\": {}", key.replace('"', "\\\""), value(random)))
        .collect();
    format!("{{{}\n}}", members.join(","))
}

fn dotenv(random: &mut StdRng) -> String {
    let mut out = String::new();
    let values = [
        "",
        "1",
        "plain",
        "\"quoted\"",
        " padded ",
        "a=b=c",
        "one\\ntwo",
        "käse 🥚",
        "# none",
        "$X ${Y}",
        "'q'",
    ];
    for key in some_keys(random, 8).into_iter().filter(|key| !key.contains('=')) {
        if random.gen_bool(0.3) {
            writeln!(out, "#{}", COMMENTS.choose(random).unwrap()).unwrap();
        }
        if random.gen_bool(0.1) {
            out.push('\n');
        }
        writeln!(out, "{key}={}", values.choose(random).unwrap()).unwrap();
    }
    out.push_str("LAST=x\n");
    out
}

fn ini(random: &mut StdRng) -> String {
    let mut out = String::new();
    let values = [
        "",
        "1",
        "plain words",
        "\"quoted = x\"",
        "`back # quoted`",
        "'single'",
        "\"\"\"one\ntwo\"\"\"",
        "käse 🥚",
        "a\\b",
        "v # inline",
        "x;y",
    ];
    let items = |out: &mut String, random: &mut StdRng| {
        for key in some_keys(random, 5) {
            if random.gen_bool(0.3) {
                writeln!(
                    out,
                    "{}{}",
                    if random.r#gen() { ";" } else { "#" },
                    COMMENTS.choose(random).unwrap()
                )
                .unwrap();
            }
            let key = match key {
                "quo\"te" => "quote",
                "a:b" | "key=equals" | "semi;colon" => "`a=b:c`",
                key => key,
            };
            writeln!(
                out,
                "{key}{}{}",
                [" = ", "=", " : "].choose(random).unwrap(),
                values.choose(random).unwrap()
            )
            .unwrap();
        }
    };
    if random.gen_bool(0.3) {
        items(&mut out, random);
    }
    for section in ["section", "other_unencrypted", "with space"].iter().take(random.gen_range(1..=3)) {
        if random.gen_bool(0.3) {
            writeln!(out, "; about {section}").unwrap();
        }
        writeln!(out, "[{section}]").unwrap();
        items(&mut out, random);
        out.push('\n');
    }
    out
}
