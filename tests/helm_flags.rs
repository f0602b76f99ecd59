//! Each flag that helm 4.3.1 knows is a flag of ours, or is named here with a reason.
//!
//! The flags are read from the oracle's `--help`; ours are tried, because a word that is only taken for helm's sake is not in
//! our help. Nothing is run: a flag that nobody knows ends the line, so that ours stops at the first flag that it does not know.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it cannot go on from"
)]

use std::path::Path;
use std::process::Command;

use crate::helm_parity::helm;

const VERBS: [&str; 26] = [
    "dependency build",
    "dependency list",
    "dependency update",
    "get all",
    "get hooks",
    "get manifest",
    "get metadata",
    "get notes",
    "get values",
    "history",
    "install",
    "lint",
    "list",
    "pull",
    "rollback",
    "show all",
    "show chart",
    "show crds",
    "show readme",
    "show values",
    "status",
    "template",
    "test",
    "uninstall",
    "upgrade",
    "verify",
];

/// What ours refuses: verb, flag, why.
const REFUSED: [(&str, &str, &str); 4] = [
    ("install", "enable-dns", "a chart that asks the network renders differently each time"),
    ("show values", "jsonpath", "the values are YAML for any tool that picks"),
    ("template", "enable-dns", "a chart that asks the network renders differently each time"),
    ("upgrade", "enable-dns", "a chart that asks the network renders differently each time"),
];

/// Ends the line.
const NOBODYS: &str = "no-such-flag";

struct Flag {
    name: String,
    short: Option<String>,
    /// The kind of its value, in helm's words; none of a switch.
    value: Option<String>,
}

#[test]
fn each_flag_of_helm_is_ours_or_is_refused_for_a_reason() {
    let Some(helm) = helm() else { return };
    let (mut refused, mut known) = (Vec::new(), 0);
    for verb in VERBS {
        let mut flags = flags_of(&helm, verb);
        assert!(flags.len() > 15, "{verb}");
        known += flags.len();
        while let Some(unknown) = unknown(verb, &flags) {
            refused.push((verb.to_owned(), unknown.clone()));
            let before = flags.len();
            flags.retain(|flag| flag.name != unknown);
            assert!(flags.len() < before, "{verb}: {unknown} is not what was asked");
        }
    }
    println!("{known} flags of {} verbs, {} refused", VERBS.len(), refused.len());
    let named: Vec<(String, String)> =
        REFUSED.iter().map(|(verb, flag, _)| ((*verb).to_owned(), (*flag).to_owned())).collect();
    assert_eq!(refused, named);
}

/// Returns the flags in helm's help, which has one a line: `-o, --output format   prints …`.
fn flags_of(helm: &Path, verb: &str) -> Vec<Flag> {
    let output = Command::new(helm).args(verb.split(' ')).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let flag = |line: &str| {
        let line = line.trim_start();
        let (short, long) = match line.split_once(", --") {
            Some((short, long)) if short.len() == 2 => (Some(short.to_owned()), long),
            _ => (None, line.strip_prefix("--")?),
        };
        let (words, _) = long.split_once("   ")?;
        let (name, value) = words.split_once(' ').unwrap_or((words, ""));
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        Some(Flag { name: name.to_owned(), short, value })
    };
    help.lines().filter_map(flag).filter(|flag| flag.name != "help").collect()
}

/// Returns the first flag that ours does not know.
fn unknown(verb: &str, flags: &[Flag]) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eggtooth"));
    command.env_clear().arg("helm").args(verb.split(' '));
    for flag in flags {
        let value = flag.value.as_deref().map(|kind| value(verb, &flag.name, kind));
        match (&flag.short, &value) {
            // What is repeatable in helm is so in ours; what is not may stand once only.
            (Some(short), Some(value)) => command.arg(format!("{short}={value}")),
            (Some(short), None) => command.arg(short),
            (None, Some(value)) => command.arg(format!("--{}={value}", flag.name)),
            (None, None) => command.arg(format!("--{}", flag.name)),
        };
    }
    let output = command.arg(format!("--{NOBODYS}")).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let name = error.split_once("unexpected argument '--").and_then(|(_, rest)| rest.split_once('\''));
    let (name, _) = name.unwrap_or_else(|| panic!("{verb}: {error}"));
    let name = name.split('=').next().unwrap_or(name).to_owned();
    (name != NOBODYS).then_some(name)
}

/// Returns a value that helm takes.
fn value(verb: &str, flag: &str, kind: &str) -> &'static str {
    match (flag, kind) {
        ("output", _) => "json",
        ("color" | "colour", _) => "never",
        ("cascade", _) => "background",
        ("dry-run", _) => "client",
        ("server-side", _) => "true",
        ("wait", _) => "watcher",
        ("filter", _) if verb == "test" => "name=egg",
        ("labels", _) => "a=b",
        (_, "int" | "uint" | "float32") => "1",
        (_, "duration") => "5m0s",
        _ => "1.2.3",
    }
}
