//! JSON as the operator writes it into Secrets, and one path of it.

use std::fmt::Write;

use serde_json::Value;

/// Returns the value's text: keys sorted, `<`, `>` and `&` as they are.
pub(super) fn compact(value: &Value) -> String {
    value.to_string()
}

/// Returns what becomes of a JSON value in a Secret: a string's own bytes, nothing for null, and else its text.
pub(super) fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string().into_bytes(),
        // `encoding/json` escapes what HTML gives a meaning to.
        Value::Array(_) | Value::Object(_) => escaped(&value.to_string()).into_bytes(),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(escaped, "\\u{:04x}", u32::from(letter)).expect("a String takes everything");
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns what stands at a path in a JSON text, in gjson's notation: names and numbers between dots, `\.` for a dot in
/// a name, `#` for the length of a list. gjson's queries and modifiers are not understood and find nothing.
pub(super) fn at_path(text: &str, path: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    for step in steps(path) {
        value = match value {
            Value::Object(mut entries) => entries.remove(&step)?,
            Value::Array(items) if step == "#" => Value::from(items.len()),
            Value::Array(items) => {
                let index: usize = step.parse().ok()?;
                items.into_iter().nth(index)?
            }
            _ => return None,
        };
    }
    Some(value)
}

/// Returns a value as gjson's `String()` does: text without its quotes, null as nothing, the rest as it is written.
pub(super) fn plain(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Null => Vec::new(),
        other => compact(other).into_bytes(),
    }
}

fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        let last = steps.last_mut().expect("there is a first step");
        match letter {
            '.' => steps.push(String::new()),
            '\\' => last.extend(letters.next()),
            other => last.push(other),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_goes_through_objects_and_lists() {
        let text = r#"{"a":{"b.c":[{"d":1},{"d":"two"}]}}"#;
        assert_eq!(at_path(text, r"a.b\.c.1.d"), Some(json!("two")));
        assert_eq!(at_path(text, r"a.b\.c.#"), Some(json!(2)));
        assert_eq!(at_path(text, "a.x"), None);
        assert_eq!(at_path("no json", "a"), None);
    }

    #[test]
    fn objects_are_escaped_as_go_escapes_them_and_strings_are_themselves() {
        assert_eq!(bytes_of(&json!({ "a": "<" })), br#"{"a":"\u003c"}"#);
        assert_eq!(bytes_of(&json!("<")), b"<");
        assert_eq!(bytes_of(&json!(1.5)), b"1.5");
        assert_eq!(bytes_of(&json!(null)), b"");
    }
}
