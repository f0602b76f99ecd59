//! What lies in an encrypted document in plain, though its selector says that it must not: that shows without a key.

use crate::diagnostic::Span;

use super::cipher::looks_encrypted;
use super::decrypt::value_problem;
use super::document::Document;
use super::error::{Problem, ValueProblem};
use super::selector::Selector;
use super::tree::{Comment, Element, Entry, Kind, Scalar, Value};

impl Document {
    /// Returns a problem for each value that should be encrypted, but is plain.
    pub fn exposed(&self) -> Vec<Problem> {
        let mut walk = Walk { selector: &self.metadata.selector, comments: Vec::new(), found: Vec::new() };
        for branch in &self.source.branches {
            walk.map(&branch.entries, &mut Vec::new());
        }
        walk.found
    }
}

struct Walk<'a> {
    selector: &'a Selector,
    /// For each open mapping and list, the comments since its last value.
    comments: Vec<Vec<String>>,
    found: Vec<Problem>,
}

impl Walk<'_> {
    fn map<'t>(&mut self, entries: &'t [Entry], path: &mut Vec<&'t str>) {
        self.comments.push(Vec::new());
        for entry in entries {
            match entry {
                Entry::Comment(comment) => self.comment(comment),
                Entry::Item(item) => {
                    path.push(&item.key);
                    self.value(&item.value, path);
                    path.pop();
                }
            }
        }
        self.comments.pop();
    }

    fn value<'t>(&mut self, value: &'t Value, path: &mut Vec<&'t str>) {
        match &value.kind {
            Kind::Null => {}
            Kind::Map(entries) => self.map(entries, path),
            Kind::List(elements) => {
                self.comments.push(Vec::new());
                for element in elements {
                    match element {
                        Element::Comment(comment) => self.comment(comment),
                        Element::Value(value) => self.value(value, path),
                    }
                }
                self.comments.pop();
            }
            Kind::Leaf(leaf) => {
                #[expect(clippy::disallowed_methods, reason = "only its form is looked at")]
                let scalar = leaf.value.expose();
                self.leaf(scalar, value.span, path);
            }
        }
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
    }

    fn leaf(&mut self, scalar: &Scalar, span: Option<Span>, path: &[&str]) {
        let closed = match scalar {
            // What is empty is never encrypted.
            Scalar::String(text) => text.is_empty() || looks_encrypted(text),
            Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) | Scalar::Bytes(_) => false,
        };
        if !closed && self.selector.selects(path, &self.comments, false) {
            self.found.push(value_problem(path, span, ValueProblem::Plain));
        }
    }

    fn comment(&mut self, comment: &Comment) {
        #[expect(clippy::disallowed_methods, reason = "in the file as it lies there all comments are public")]
        let text = comment.text.expose();
        if self.selector.looks_at_comments()
            && let Some(level) = self.comments.last_mut()
        {
            level.push(text.clone());
        }
    }
}
