//! `env open`.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value as Json;

use super::shown::{json, opened, print};
use crate::cli::{
    args::{Format, Open},
    commands::Scene,
    exit::Exit,
};
use crate::resource::Value;
use crate::yaml::{Layout, emit_json};

pub(super) async fn run(scene: &Scene<'_>, arguments: &Open) -> Exit {
    let reveal = match arguments.shown.reveals() {
        Ok(reveal) => reveal,
        Err(error) => return error.report(scene),
    };
    let evaluation = match opened(scene, &arguments.name.environment, arguments.shown.timings).await {
        Ok(evaluation) => evaluation,
        Err(exit) => return exit,
    };
    let text = match arguments.format {
        Format::Json => format!("{:#}\n", json(&evaluation.value, reveal)),
        Format::Yaml => emit_json(&json(&evaluation.value, reveal), Layout::GoYamlV3 { indent: 2 }),
        Format::Dotenv => lines(evaluation.environment_variables(), reveal, dotenv),
        Format::Shell => lines(evaluation.environment_variables(), reveal, shell),
    };
    print(scene, &text, reveal);
    Exit::Done
}

fn lines(variables: &BTreeMap<Arc<str>, Value>, reveal: bool, line: fn(&str, &str) -> String) -> String {
    variables
        .iter()
        .map(|(name, value)| match json(value, reveal) {
            Json::String(text) => line(name, &text),
            other => line(name, &other.to_string()),
        })
        .collect()
}

/// As the readers of dotenv files agree: double quotes, with escapes.
fn dotenv(name: &str, value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('$', "\\$");
    format!("{name}=\"{escaped}\"\n")
}

/// As every POSIX shell reads it: nothing means anything between single quotes.
fn shell(name: &str, value: &str) -> String {
    format!("export {name}='{}'\n", value.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let value = "it's $HOME `id` \\ \"x\"\nsecond\tline";
        let script = format!("{}printf %s \"$A\"", shell("A", value));
        let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        assert_eq!(dotenv("A", "a\"b\n$c"), "A=\"a\\\"b\\n\\$c\"\n");
    }
}
