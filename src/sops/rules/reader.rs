//! Fields of the configuration, with every problem in its place.

use std::sync::Arc;

use regex::Regex;

use crate::diagnostic::{Diagnostic, Diagnostics, Span, suggest};
use crate::yaml::{Flavour, Kind, Node, Resolved, resolve};

/// Where something stands.
pub(super) type Place = Span;

/// Reads nodes and collects what is wrong with them.
pub(super) struct Reader {
    file: Arc<str>,
    problems: Diagnostics,
}

/// The fields of one mapping.
pub(super) struct Fields<'a> {
    span: Span,
    entries: Vec<(&'a str, &'a Node)>,
}

impl Reader {
    pub(super) fn new(file: Arc<str>) -> Self {
        Self { file, problems: Diagnostics::new() }
    }

    pub(super) fn finish(self) -> Diagnostics {
        self.problems
    }

    pub(super) fn error(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(message).at(Arc::clone(&self.file), place));
    }

    /// Returns the fields of a mapping; `what` is the mapping in messages, and `known` all that it may hold.
    ///
    /// sops overlooks a field that it doesn't know, so that is a warning; that a rule is written twice is not.
    pub(super) fn fields<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Fields<'a> {
        let mut fields = Fields { span: node.span, entries: Vec::new() };
        let Some(entries) = node.as_mapping() else {
            if !is_null(node) {
                self.error(node.span, format!("{what} must be a mapping"));
            }
            return fields;
        };
        for (key, value) in entries {
            let Some(name) = key.as_scalar() else {
                self.error(key.span, format!("the keys of {what} must be strings"));
                continue;
            };
            let name = &*name.text;
            if fields.get(name).is_some() {
                self.error(key.span, format!("duplicate key `{name}`"));
            }
            if !known.contains(&name) {
                let mut problem = Diagnostic::warning(format!("unknown field `{name}` is not read"));
                if let Some(near) = suggest(name, known.iter().copied()) {
                    problem = problem.hint(format!("did you mean `{near}`?"));
                }
                self.problems.push(problem.at(Arc::clone(&self.file), key.span));
            }
            fields.entries.push((name, value));
        }
        fields
    }

    /// Returns a mapping of texts as `a:1,b:2`, in the order of its keys.
    pub(super) fn pairs(&mut self, node: &Node) -> String {
        let mut pairs = Vec::new();
        for (key, value) in node.as_mapping().unwrap_or_default() {
            let (key, value) = (self.text(key, "a key"), self.text(value, "a value"));
            pairs.push(format!("{}:{}", key.unwrap_or_default(), value.unwrap_or_default()));
        }
        pairs.sort_unstable();
        pairs.join(",")
    }

    /// Returns the text of any scalar: Go reads a number into a string, too.
    pub(super) fn text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        match node.as_scalar() {
            Some(scalar) if !is_null(node) => Some(&scalar.text),
            Some(_) => None,
            None => {
                self.error(node.span, format!("{what} must be a string"));
                None
            }
        }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// Returns where a field's value stands, else where the mapping does.
    pub(super) fn place(&self, name: &str) -> Place {
        self.get(name).map_or(self.span, |node| node.span)
    }

    /// Returns a text that is not empty.
    pub(super) fn text(&self, reader: &mut Reader, name: &str) -> Option<&'a str> {
        let text = reader.text(self.get(name)?, &format!("`{name}`"))?;
        (!text.is_empty()).then_some(text)
    }

    /// Returns a regular expression; one that is none is an error.
    pub(super) fn regex(&self, reader: &mut Reader, name: &str) -> Option<Regex> {
        let text = self.text(reader, name)?;
        match Regex::new(text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                reader.error(
                    self.place(name),
                    format!("`{name}` is not a regular expression: {}", reason(&error)),
                );
                None
            }
        }
    }

    pub(super) fn number(&self, reader: &mut Reader, name: &str) -> Option<i64> {
        let node = self.get(name)?;
        match scalar(node) {
            Some(Resolved::Int(number)) => Some(number),
            Some(Resolved::Null) => None,
            _ => {
                reader.error(node.span, format!("`{name}` must be an integer"));
                None
            }
        }
    }

    pub(super) fn flag(&self, reader: &mut Reader, name: &str) -> bool {
        let Some(node) = self.get(name) else { return false };
        match scalar(node) {
            Some(Resolved::Bool(flag)) => flag,
            Some(Resolved::Null) => false,
            _ => {
                reader.error(node.span, format!("`{name}` must be true or false"));
                false
            }
        }
    }

    /// Returns the items of a list; nothing is an empty one.
    pub(super) fn list(&self, reader: &mut Reader, name: &str) -> Vec<&'a Node> {
        let Some(node) = self.get(name) else { return Vec::new() };
        match &node.kind {
            Kind::Sequence(items) => items.iter().collect(),
            Kind::Scalar(_) if is_null(node) => Vec::new(),
            Kind::Scalar(_) | Kind::Mapping(_) | Kind::Alias(_) => {
                reader.error(node.span, format!("`{name}` must be a list"));
                Vec::new()
            }
        }
    }

    /// Returns the words of a list, or of a text in which commas divide them; each with its place.
    pub(super) fn words(&self, reader: &mut Reader, name: &str) -> Vec<(&'a str, Place)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        let nodes: Vec<&Node> = match &node.kind {
            Kind::Sequence(items) => items.iter().collect(),
            Kind::Scalar(_) | Kind::Mapping(_) | Kind::Alias(_) => vec![node],
        };
        let mut words = Vec::new();
        for node in nodes {
            let text = reader.text(node, &format!("`{name}`")).unwrap_or_default();
            let parts = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            words.extend(parts.map(|word| (word, node.span)));
        }
        words
    }
}

fn scalar(node: &Node) -> Option<Resolved> {
    resolve(node.as_scalar()?, node.tag.as_ref(), Flavour::GoYamlV3).ok()
}

fn is_null(node: &Node) -> bool {
    scalar(node) == Some(Resolved::Null)
}

/// The last line of the message of `regex` says what is wrong; those before draw it, which takes a terminal.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
