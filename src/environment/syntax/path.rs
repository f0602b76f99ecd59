//! Property paths as text.

/// Adds a key to a path: plain if it is an identifier, else quoted (`a.b["x-y"]`). An empty key adds nothing.
pub(crate) fn join(path: &str, key: &str) -> String {
    if key.is_empty() {
        return path.to_owned();
    }
    if !is_identifier(key) {
        return format!("{path}[\"{}\"]", key.replace('"', "\\\""));
    }
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_identifier(key: &str) -> bool {
    !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_no_identifiers_are_quoted() {
        assert_eq!(join("a", "b_1"), "a.b_1");
        assert_eq!(join("", "x-y"), r#"["x-y"]"#);
        assert_eq!(join("a", r#"1"2"#), r#"a["1\"2"]"#);
        assert_eq!(join("a", ""), "a");
    }
}
