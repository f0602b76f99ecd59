//! `env diff`.

use std::collections::{BTreeMap, BTreeSet};

use super::shown::{json, opened, print};
use crate::cli::{args::Diff, commands::Scene, exit::Exit};
use crate::resource::Value;

pub(super) async fn run(scene: &Scene<'_>, arguments: &Diff) -> Exit {
    let reveal = match arguments.shown.reveals() {
        Ok(reveal) => reveal,
        Err(error) => return error.report(scene),
    };
    let timings = arguments.shown.timings;
    let (before, after) = match opened(scene, &arguments.before, timings).await {
        Ok(before) => match opened(scene, &arguments.after, timings).await {
            Ok(after) => (before, after),
            Err(exit) => return exit,
        },
        Err(exit) => return exit,
    };
    let text = differences(&before.value, &after.value, reveal);
    print(scene, &text, reveal);
    Exit::Done
}

/// Returns a line for each value that is on one side only (`-`, `+`) or differs (`~`).
fn differences(before: &Value, after: &Value, reveal: bool) -> String {
    let (before, after) = (leaves(before), leaves(after));
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let shown = |value: &Value| json(value, reveal).to_string();
    let lines = paths.into_iter().filter_map(|path| match (before.get(path), after.get(path)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => Some(format!("~ {path}: {} -> {}\n", shown(old), shown(new))),
        (Some(old), None) => Some(format!("- {path}: {}\n", shown(old))),
        (None, Some(new)) => Some(format!("+ {path}: {}\n", shown(new))),
        (None, None) => None,
    });
    lines.collect()
}

fn leaves(value: &Value) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    collect("", value, &mut leaves);
    leaves
}

fn collect(path: &str, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        // An environment without values.
        Value::Map(entries) if entries.is_empty() && path.is_empty() => {}
        Value::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries.iter() {
                let path = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
                collect(&path, value, leaves);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                collect(&format!("{path}[{index}]"), item, leaves);
            }
        }
        other => drop(leaves.insert(path.to_owned(), other.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_that_differs_is_a_line_and_secrets_stay_hidden() {
        let value = |secret: &str, name: &str| {
            Value::map([
                ("a", Value::from(secret).secret()),
                ("b", Value::list([name.into()])),
                ("c", 1.into()),
            ])
        };
        let (before, after) = (value("chirp", "x"), value("tweet", "y"));
        assert_eq!(
            differences(&before, &after, false),
            "~ a: \"[secret]\" -> \"[secret]\"\n~ b[0]: \"x\" -> \"y\"\n"
        );
        assert!(differences(&before, &after, true).contains("~ a: \"chirp\" -> \"tweet\""));
        assert_eq!(differences(&before, &before, false), "");
        assert_eq!(differences(&Value::map::<&str>([]), &Value::map([("a", 1.into())]), false), "+ a: 1\n");
    }
}
