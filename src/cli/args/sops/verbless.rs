//! sops without a verb: `-d FILE`, `-e FILE`, `-r FILE`, and `FILE` alone, which is edited.

use std::ffi::{OsStr, OsString};

use clap::CommandFactory as _;

use crate::cli::args::Arguments;

/// Gives the words `eggtooth sops …` the verb that sops's old form leaves out; all others stay as they are.
pub(in crate::cli) fn with_verb(mut words: Vec<OsString>) -> Vec<OsString> {
    let Some([sops, rest @ ..]) = words.get(1..) else { return words };
    if sops != "sops" || rest.iter().any(is_verb) {
        return words;
    }
    let flag = rest.iter().enumerate().find_map(|(index, word)| Some((index, verb_of(word)?)));
    match flag {
        Some((index, verb)) => {
            words.remove(index + 2);
            words.insert(2, verb.into());
        }
        None if is_one_file(rest) => words.insert(2, "edit".into()),
        None => {}
    }
    words
}

fn is_verb(word: &OsString) -> bool {
    let command = Arguments::command();
    let sops = command.find_subcommand("sops");
    word == "help" || sops.is_some_and(|sops| sops.find_subcommand(word).is_some())
}

fn verb_of(word: &OsStr) -> Option<&'static str> {
    match word.to_str()? {
        "-d" | "--decrypt" => Some("decrypt"),
        "-e" | "--encrypt" => Some("encrypt"),
        "-r" | "--rotate" => Some("rotate"),
        _ => None,
    }
}

/// A mistyped verb has neither a dot nor a slash.
fn is_one_file(words: &[OsString]) -> bool {
    let mut names = words.iter().map(|word| word.to_string_lossy()).filter(|word| !word.starts_with('-'));
    names.next().is_some_and(|name| name.contains(['.', '/'])) && names.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_form_gets_its_verb_and_everything_else_stays() {
        for (given, expected) in [
            ("eggtooth sops -d a.yaml", "eggtooth sops decrypt a.yaml"),
            ("eggtooth sops --output x -e -i a.yaml", "eggtooth sops encrypt --output x -i a.yaml"),
            ("eggtooth sops --rotate a.yaml", "eggtooth sops rotate a.yaml"),
            ("eggtooth sops -s a.yaml", "eggtooth sops edit -s a.yaml"),
            ("eggtooth sops decrypt -d", "eggtooth sops decrypt -d"),
            ("eggtooth sops decrpt a.yaml", "eggtooth sops decrpt a.yaml"),
            ("eggtooth sops decrpt", "eggtooth sops decrpt"),
            ("eggtooth sops --help", "eggtooth sops --help"),
            ("eggtooth up -d", "eggtooth up -d"),
            ("eggtooth", "eggtooth"),
        ] {
            let words = with_verb(given.split(' ').map(OsString::from).collect());
            let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            assert_eq!(words.join(" "), expected);
        }
    }
}
