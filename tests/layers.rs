//! The architecture as a test: arrows point downwards only, and files stay readable.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot go on from")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A file may have this many lines before its tests.
const LONGEST: usize = 400;

#[test]
fn a_module_uses_only_the_modules_below_it() {
    let layers = layers();
    let rank: BTreeMap<&str, usize> =
        layers.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let mut upwards = BTreeSet::new();
    for file in sources() {
        let Some(&own) = rank.get(module(&file).as_str()) else { continue };
        for used in crate_references(&without_tests(&fs::read_to_string(&file).unwrap())) {
            if let Some(&other) = rank.get(used.as_str())
                && other < own
            {
                upwards.insert(format!("{} uses `{used}`, which is above it", file.display()));
            }
        }
    }
    assert!(upwards.is_empty(), "arrows that point upwards:\n{}", Vec::from_iter(upwards).join("\n"));
}

#[test]
fn every_module_is_in_the_list_of_layers() {
    let listed: BTreeSet<String> = layers().into_iter().collect();
    let found: BTreeSet<String> =
        sources().iter().map(|file| module(file)).filter(|name| name != "lib").collect();
    assert_eq!(listed, found);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|file| file.file_name().is_none_or(|name| name != "tests.rs"))
        .map(|file| (without_tests(&fs::read_to_string(&file).unwrap()).lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines without tests:\n{}", long.join("\n"));
}

#[test]
fn imports_name_what_they_import() {
    let mut wrong = Vec::new();
    for file in sources().into_iter().filter(|file| !is_test_module(file)) {
        for line in without_tests(&fs::read_to_string(&file).unwrap()).lines() {
            let line = line.trim();
            let glob = line.starts_with("use ") && line.ends_with("::*;");
            if glob || line.starts_with("use crate::{") || line.contains("super::super::") {
                wrong.push(format!("{}: {line}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that hide an arrow:\n{}", wrong.join("\n"));
}

/// The modules as `lib.rs` lists them, from the top layer down.
fn layers() -> Vec<String> {
    fs::read_to_string(root().join("lib.rs"))
        .unwrap()
        .lines()
        .filter_map(|line| {
            let name =
                line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("pub use eggtooth_syntax::"))?;
            name.strip_suffix(';').map(str::to_owned)
        })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The modules that are a crate of their own.
fn syntax() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/syntax/src")
}

fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root(), syntax()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// `src/helm/chart.rs` → `helm`, `src/secret.rs` → `secret`.
fn module(file: &Path) -> String {
    let below = file.strip_prefix(root()).or_else(|_| file.strip_prefix(syntax())).unwrap();
    let first = below.components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

/// `tests.rs` and `testing.rs`, where the module around them declares them for tests only.
fn is_test_module(file: &Path) -> bool {
    let Some(name) = file.file_stem().and_then(|name| name.to_str()) else { return false };
    let folder = file.parent().unwrap();
    let around = [folder.join("mod.rs"), folder.with_extension("rs")].into_iter().find(|file| file.is_file());
    let declared = format!("mod {name};");
    let text = around.map_or_else(String::new, |file| fs::read_to_string(file).unwrap());
    ["tests", "testing"].contains(&name)
        && text.contains(&declared)
        && !without_tests(&text).contains(&declared)
}

/// The names after `crate::` that are modules, in `use` lines and inline.
fn crate_references(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1).map(name_at_start).collect::<Vec<_>>()).collect()
}

fn name_at_start(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// The text without its `#[cfg(test)]` items, which may look upwards.
fn without_tests(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines);
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// Skips to the end of the item that follows: a line that ends with `;`, or the closing brace of a block.
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    let mut indent = None;
    for line in lines {
        let depth = line.len() - line.trim_start().len();
        let first = *indent.get_or_insert(depth);
        if depth == first && (line.ends_with(';') || line.trim_end() == "}" || line.trim().starts_with('}')) {
            return;
        }
    }
}
