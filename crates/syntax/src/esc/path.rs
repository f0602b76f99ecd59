//! Property paths as text, and the ways that a document's nodes lie on.

use std::{fmt::Write as _, sync::Arc};

/// Adds a key to a path: plain if it is an identifier, else quoted (`a.b["x-y"]`). An empty key adds nothing.
pub fn join(path: &str, key: &str) -> String {
    let mut joined = path.to_owned();
    push(&mut joined, key);
    joined
}

fn push(path: &mut String, key: &str) {
    if key.is_empty() {
        return;
    }
    if !is_identifier(key) {
        path.push_str("[\"");
        path.push_str(&key.replace('"', "\\\""));
        path.push_str("\"]");
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// The way to a node: its path in the document, and the path by which `${…}` refers to it.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) path: Arc<str>,
    pub(super) name: Name,
}

/// The path by which `${…}` refers to a node. Nearly always it is how the path in the document ends, and is not kept
/// twice.
#[derive(Clone)]
pub(crate) enum Name {
    /// What follows this many bytes of the path in the document.
    End(usize),
    /// Something else.
    Own(Arc<str>),
}

impl Name {
    /// Returns the name of what lies at a path in the document.
    pub(crate) fn of<'a>(&'a self, path: &'a str) -> &'a str {
        match self {
            Self::End(start) => path.get(*start..).unwrap_or_default(),
            Self::Own(name) => name,
        }
    }
}

impl Way {
    /// Returns the way to an entry of `values`, which is referred to by its key as it is.
    pub(super) fn top(above: &str, key: &str) -> Self {
        let path: Arc<str> = join(above, key).into();
        let name = match path.len().checked_sub(key.len()) {
            Some(start) if path.ends_with(key) => Name::End(start),
            _ => Name::Own(key.into()),
        };
        Self { path, name }
    }

    /// Returns the way to a property: `written` is its key in the document, `key` what that means.
    pub(super) fn key(&self, written: &str, key: &str, scratch: &mut String) -> Self {
        let path = self.below(scratch, |path| push(path, written));
        let name = match &self.name {
            Name::End(start) if written == key => {
                // The first name of all stands without its dot.
                let dot = *start == self.path.len() && path[*start..].starts_with('.');
                Name::End(start + usize::from(dot))
            }
            name => Name::Own(join(name.of(&self.path), key).into()),
        };
        Self { path, name }
    }

    /// Returns the way to an item.
    pub(super) fn index(&self, index: usize, scratch: &mut String) -> Self {
        // Writing into a String does not fail.
        let add = |path: &mut String| {
            let _ = write!(path, "[{index}]");
        };
        let path = self.below(scratch, add);
        let name = match &self.name {
            Name::End(start) => Name::End(*start),
            Name::Own(name) => Name::Own(format!("{name}[{index}]").into()),
        };
        Self { path, name }
    }

    /// Returns the way to the argument of a function, in which names start anew.
    pub(super) fn argument(&self, function: &str, scratch: &mut String) -> Self {
        let path = self.below(scratch, |path| push(path, function));
        let name = Name::End(path.len());
        Self { path, name }
    }

    fn below(&self, scratch: &mut String, add: impl FnOnce(&mut String)) -> Arc<str> {
        scratch.clear();
        scratch.push_str(&self.path);
        add(scratch);
        Arc::from(scratch.as_str())
    }
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

    #[test]
    fn a_name_is_the_end_of_its_path_unless_its_key_is_written_otherwise() {
        let mut scratch = String::new();
        let told = |way: &Way| format!("{} {}", way.path, way.name.of(&way.path));
        let top = Way::top("values", "a");
        assert_eq!(told(&top), "values.a a");
        let below = top.key("x-y", "x-y", &mut scratch).index(2, &mut scratch);
        assert_eq!(told(&below), r#"values.a["x-y"][2] a["x-y"][2]"#);
        assert!(matches!(below.name, Name::End(7)));
        let escaped = top.key("$$b", "$b", &mut scratch).key("c", "c", &mut scratch);
        assert_eq!(told(&escaped), r#"values.a["$$b"].c a["$b"].c"#);
        assert_eq!(told(&Way::top("values", "a b").index(0, &mut scratch)), r#"values["a b"][0] a b[0]"#);
        assert_eq!(told(&Way::top("values", "")), "values ");
        assert_eq!(told(&Way::top("values", "").key("b", "b", &mut scratch)), "values.b b");
        let argument = top.argument("fn::join", &mut scratch);
        assert_eq!(told(&argument), r#"values.a["fn::join"] "#);
        assert_eq!(told(&argument.index(1, &mut scratch)), r#"values.a["fn::join"][1] [1]"#);
        assert_eq!(told(&argument.key("b", "b", &mut scratch)), r#"values.a["fn::join"].b b"#);
        let quoted = argument.key("x-y", "x-y", &mut scratch);
        assert_eq!(told(&quoted), r#"values.a["fn::join"]["x-y"] ["x-y"]"#);
    }
}
