//! `${…}` in texts.

use std::sync::Arc;

use super::{Accessor, Part, Step};

/// A fault in an access: its byte offset in the text, and what is wrong.
pub(crate) struct Fault {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) message: &'static str,
}

/// An accessor with its byte offsets in the text.
pub(crate) type Located = (Step, usize, usize);

/// Splits a text into literal stretches and accesses. `$$` is a dollar sign; any other `$` stands for itself.
///
/// `locate` turns a stretch of the text, in bytes, into a place in the file.
pub(crate) fn parse(
    text: &str,
    locate: impl Fn(usize, usize) -> Option<crate::diagnostic::Span>,
) -> (Vec<Part>, Vec<Fault>) {
    let mut parts = Vec::new();
    let mut faults = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|offset| at + offset) {
        literal.push_str(&text[at..dollar]);
        let rest = &text[dollar + 1..];
        if rest.starts_with('{') {
            let mut access = Access { text, at: dollar + 2, accessors: Vec::new(), faults: &mut faults };
            access.parse();
            at = access.at;
            let accessors = access
                .accessors
                .into_iter()
                .map(|(step, start, end)| Accessor { step, span: locate(start, end) })
                .collect();
            parts.push(Part { text: std::mem::take(&mut literal), access: Some(accessors) });
        } else {
            literal.push('$');
            at = dollar + 1 + usize::from(rest.starts_with('$'));
        }
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        parts.push(Part { text: literal, access: None });
    }
    (parts, faults)
}

/// Reads a path by itself, as it stands between `${` and `}`; `None` where it has a fault.
pub fn parse_path(path: &str) -> Option<Vec<Step>> {
    let (mut parts, faults) = parse(&format!("${{{path}}}"), |_, _| None);
    let access = parts.pop().filter(|part| part.text.is_empty())?.access?;
    (faults.is_empty() && parts.is_empty())
        .then(|| access.into_iter().map(|accessor| accessor.step).collect())
}

/// Reads one access, from behind its `${` to behind its `}`.
struct Access<'a> {
    text: &'a str,
    at: usize,
    accessors: Vec<Located>,
    faults: &'a mut Vec<Fault>,
}

impl Access<'_> {
    fn parse(&mut self) {
        loop {
            let start = self.at;
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    break self.finish(start);
                }
                Some(b'.') => {
                    self.at += 1;
                    self.name(start);
                }
                Some(b'[') => {
                    self.at += 1;
                    self.subscript(start);
                }
                Some(byte) if !is_space(byte) => self.name(start),
                _ => {
                    self.fault(start, "missing closing brace '}' in interpolation");
                    self.finish(start);
                    break self.leave_character();
                }
            }
        }
    }

    /// Goes on behind the character in which the access ended.
    fn leave_character(&mut self) {
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// An access without a name is one of the property "".
    fn finish(&mut self, start: usize) {
        if self.accessors.is_empty() {
            self.accessors.push((Step::Name("".into()), start, self.at));
        }
    }

    fn name(&mut self, start: usize) {
        let name = self.take_until(ends_name);
        if name.is_empty() {
            self.fault(start, "property name must not be empty");
        }
        self.accessors.push((Step::Name(name), start, self.at));
    }

    fn subscript(&mut self, start: usize) {
        let step = match self.peek() {
            None => {
                self.fault(start, "subscript is missing closing bracket ']'");
                self.accessors.push((Step::Name("".into()), start, self.at));
                return;
            }
            Some(b'"') => {
                self.at += 1;
                Step::Name(self.key(start))
            }
            Some(_) => self.index(start),
        };
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            self.fault(start, "subscript is missing closing bracket ']'");
        }
        self.accessors.push((step, start, self.at));
    }

    /// Reads a quoted key; `\"` is the only escape.
    fn key(&mut self, start: usize) -> Arc<str> {
        let mut key = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(next) = rest.chars().next() else {
                self.fault(start + 1, "key subscript is missing closing quote '\"'");
                return key.into();
            };
            if next == '"' {
                self.at += 1;
                if key.is_empty() {
                    self.fault(start + 1, "key subscript must not be empty");
                }
                return key.into();
            }
            let escaped = rest.starts_with("\\\"");
            key.push(if escaped { '"' } else { next });
            self.at += if escaped { 2 } else { next.len_utf8() };
        }
    }

    fn index(&mut self, start: usize) -> Step {
        let text = self.take_until(|byte| byte == b']' || ends_name(byte));
        let Ok(index) = text.parse() else {
            self.fault(start + 1, "numeric subscript must be a positive base-10 integer");
            return Step::Name(text);
        };
        if self.accessors.is_empty() {
            let message =
                "the first accessor must be a property name or key subscript, not a numeric subscript";
            self.fault(start, message);
        }
        Step::Index(index)
    }

    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> Arc<str> {
        let start = self.at;
        while let Some(byte) = self.peek()
            && !ends(byte)
        {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text.as_bytes()[start..self.at]).into()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&mut self, start: usize, message: &'static str) {
        self.faults.push(Fault { start, end: self.at, message });
    }
}

fn ends_name(byte: u8) -> bool {
    matches!(byte, b'.' | b'[' | b'}') || is_space(byte)
}

/// Pulumi's evaluator looks at bytes where it means characters: what is a space in Latin-1 ends a name, also inside of
/// `à` and `漠`. Such names need quotes.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0x85 | 0xa0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<String> {
        let (parts, faults) = parse(text, |_, _| None);
        assert!(faults.is_empty(), "{text}");
        let accessors = parts.into_iter().filter_map(|part| part.access).flatten();
        let step = |accessor: Accessor| match accessor.step {
            Step::Name(name) => name.to_string(),
            Step::Index(index) => format!("#{index}"),
        };
        accessors.map(step).collect()
    }

    #[test]
    fn every_form_of_a_path_is_read() {
        assert_eq!(steps(r#"x ${a.b[0]["k\".y"].é} y"#), ["a", "b", "#0", "k\".y", "é"]);
        assert_eq!(steps(r#"${["a b"]}${.a}"#), ["a b", "a"]);
        assert_eq!(steps("${}"), [""]);
    }

    #[test]
    fn dollars_are_literal_unless_a_brace_follows() {
        let (parts, _) = parse("a $$ $b $${c} $", |_, _| None);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].text, "a $ $b ${c} $");
    }

    #[test]
    fn faults_name_their_place() {
        for (text, start, message) in [
            ("${a", 3, "missing closing brace '}' in interpolation"),
            ("${a.}", 3, "property name must not be empty"),
            ("${a[0}", 3, "subscript is missing closing bracket ']'"),
            ("${a[x]}", 4, "numeric subscript must be a positive base-10 integer"),
            ("${a[\"\"]}", 4, "key subscript must not be empty"),
            ("${à} é", 3, "missing closing brace '}' in interpolation"),
            (
                "${[0]}",
                2,
                "the first accessor must be a property name or key subscript, not a numeric subscript",
            ),
        ] {
            let (_, faults) = parse(text, |_, _| None);
            assert_eq!((faults[0].start, faults[0].message), (start, message), "{text}");
        }
    }
}
