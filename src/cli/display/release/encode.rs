//! JSON and YAML as Go writes them.

use std::fmt::Write as _;

use serde::Serialize;

use crate::yaml::{Layout, emit_json};

/// Returns one line of JSON; Go writes what HTML could take for its own as `\u` escapes.
pub(in crate::cli) fn json_line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    // All of these stand within strings only.
    let mut line = String::with_capacity(json.len() + 1);
    for char in json.chars() {
        match char {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing into a String does not fail.
                let _ = write!(line, "\\u{:04x}", u32::from(char));
            }
            char => line.push(char),
        }
    }
    line.push('\n');
    line
}

/// Returns YAML with sorted keys.
pub(in crate::cli) fn yaml(value: &impl Serialize) -> String {
    emit_json(&serde_json::to_value(value).unwrap_or_default(), Layout::GoYamlV2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_escapes_what_go_escapes() {
        assert_eq!(json_line(&["<a> & \"b\""]), "[\"\\u003ca\\u003e \\u0026 \\\"b\\\"\"]\n");
    }
}
