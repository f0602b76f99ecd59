//! The fuzz targets without a fuzzer, of SOPS files and of what charts are made of: the seeds of `fuzz/seeds`, and what a few random changes make of them.
//!
//! `EGGTOOTH_FUZZ_SECONDS` says for how long each format is tried, in place of a few hundred rounds.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot go on from")]

use std::{
    fs,
    panic::RefUnwindSafe,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use eggtooth::sops::Format;
use rand::{Rng, SeedableRng, rngs::StdRng};

#[path = "../fuzz/targets/lib.rs"]
#[expect(unreachable_pub, reason = "there it is a library")]
mod target;

const ROUNDS: usize = 150;

/// Words that mean something in one of the formats.
const WORDS: [&str; 40] = [
    "\n",
    "\r\n",
    "\t",
    " ",
    ": ",
    "- ",
    "# ",
    "#",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "<<: *a\n",
    "---\n",
    "...\n",
    "? ",
    "!!binary ",
    "null",
    "~",
    "=",
    "[s]\n",
    ";",
    "\\n",
    "{{ ",
    "{{- ",
    " }}",
    "| ",
    "$x := ",
    "end",
    "range ",
    "define \"a\"",
    "sops",
    "ENC[AES256_GCM,data:,iv:,tag:,type:str]",
];

#[test]
fn yaml_survives_whatever_it_is_given() {
    run("yaml", Format::Yaml);
}

#[test]
fn json_survives_whatever_it_is_given() {
    run("json", Format::Json);
}

#[test]
fn dotenv_survives_whatever_it_is_given() {
    run("dotenv", Format::Dotenv);
}

#[test]
fn ini_survives_whatever_it_is_given() {
    run("ini", Format::Ini);
}

#[test]
fn binaries_survive_whatever_they_are_given() {
    run("binary", Format::Binary);
}

#[test]
fn templates_survive_whatever_they_are() {
    hold("template", &[], target::check_template);
}

#[test]
fn documents_survive_whatever_they_are() {
    hold("document", &[], target::check_document);
}

#[test]
fn archives_survive_whatever_they_are() {
    hold("archive", &[], target::check_archive);
}

fn run(name: &str, format: Format) {
    let encrypted: Vec<Vec<u8>> =
        seeds(name).iter().filter_map(|(_, seed)| target::encrypted(seed, format)).collect();
    hold(name, &encrypted, |bytes| target::check(bytes, format));
}

fn hold(name: &str, more: &[Vec<u8>], check: impl Fn(&[u8]) + RefUnwindSafe) {
    let seeds = seeds(name);
    assert!(seeds.len() > 2, "{name} has no seeds");
    for (path, seed) in &seeds {
        survives(seed, &check, &path.display().to_string());
    }
    let seconds = std::env::var("EGGTOOTH_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    // The same changes each time, so that a failure can be seen again; a long run shall see others.
    let mut random = StdRng::seed_from_u64(until.map_or(1, |_| rand::random()));
    let mut pool: Vec<Vec<u8>> = seeds.into_iter().map(|(_, seed)| seed).collect();
    pool.extend_from_slice(more);
    for round in 0.. {
        if until.map_or(round == ROUNDS, |until| Instant::now() > until) {
            break;
        }
        let other = pool[random.gen_range(0..pool.len())].clone();
        let at = random.gen_range(0..pool.len());
        let changed = change(pool[at].clone(), &other, &mut random);
        survives(&changed, &check, &format!("round {round}"));
        // What was changed is changed further, as long as it stays small.
        if changed.len() < 4096 && random.gen_ratio(1, 4) {
            pool.push(changed);
        }
    }
}

fn survives(bytes: &[u8], check: &(impl Fn(&[u8]) + RefUnwindSafe), what: &str) {
    let ended = std::panic::catch_unwind(|| check(bytes));
    assert!(ended.is_ok(), "{what}: {:?}", String::from_utf8_lossy(bytes));
}

/// Makes one to four changes: bytes flipped, cut, doubled, words put in, parts of another seed.
fn change(mut bytes: Vec<u8>, other: &[u8], random: &mut StdRng) -> Vec<u8> {
    for _ in 0..random.gen_range(1..=4) {
        let at = random.gen_range(0..=bytes.len());
        let end = (at + random.gen_range(0..12)).min(bytes.len());
        match random.gen_range(0..6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.gen_range(0..8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            3 => {
                let from = random.gen_range(0..=other.len());
                let part = other[from..(from + random.gen_range(0..40)).min(other.len())].to_vec();
                bytes.splice(at..end, part);
            }
            4 if at < bytes.len() => bytes[at] = random.r#gen(),
            _ => {
                let word = WORDS[random.gen_range(0..WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}

fn seeds(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}
