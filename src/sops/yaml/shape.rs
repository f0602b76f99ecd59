//! What of a text's layout matters for replacing values where they stand.

use crate::diagnostic::Span;
use crate::yaml::{Document, Kind, Node};

/// Where ciphertexts need quotes, and whether the text can be changed in place at all.
#[derive(Debug)]
pub(in crate::sops) struct Shape {
    /// The places of the outermost `[…]` and `{…}`, in their order.
    flow: Vec<Span>,
    /// Whether a ciphertext can stand in the place of each value, and metadata behind each document: block mappings
    /// without aliases (which sops writes out), explicit keys and document ends.
    pub(in crate::sops) regular: bool,
}

impl Shape {
    pub(super) fn of(text: &str, documents: &[Document]) -> Self {
        let mut shape = Self { flow: Vec::new(), regular: is_regular(text, documents.len()) };
        for root in documents.iter().filter_map(|document| document.root.as_ref()) {
            shape.visit(text, root, true);
        }
        shape
    }

    fn visit(&mut self, text: &str, node: &Node, top: bool) {
        match &node.kind {
            Kind::Alias(_) => self.regular = false,
            Kind::Scalar(_) => {}
            Kind::Mapping(_) | Kind::Sequence(_)
                if text[node.span.start.offset..].starts_with(['[', '{']) =>
            {
                self.regular &= !top;
                self.flow.push(node.span);
                self.look_for_aliases(node);
            }
            Kind::Mapping(entries) => {
                for (key, value) in entries {
                    // `? key` and keys with tags or anchors.
                    self.regular &= key.as_scalar().is_some() && key.properties.is_none();
                    self.regular &= !text[..key.span.start.offset].ends_with("? ");
                    self.visit(text, value, false);
                }
            }
            Kind::Sequence(items) => items.iter().for_each(|item| self.visit(text, item, false)),
        }
    }

    fn look_for_aliases(&mut self, node: &Node) {
        match &node.kind {
            Kind::Alias(_) => self.regular = false,
            Kind::Scalar(_) => {}
            Kind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
                self.look_for_aliases(key);
                self.look_for_aliases(value);
            }),
            Kind::Sequence(items) => items.iter().for_each(|item| self.look_for_aliases(item)),
        }
    }

    /// Says whether a place is within `[…]` or `{…}`.
    pub(in crate::sops) fn is_in_flow(&self, offset: usize) -> bool {
        let before = self.flow.partition_point(|span| span.start.offset < offset);
        before.checked_sub(1).is_some_and(|last| offset < self.flow[last].end.offset)
    }
}

fn is_regular(text: &str, documents: usize) -> bool {
    let first = documents == 0 || ends(text, documents).len() == documents;
    first
        && !text.starts_with(['%', '\u{feff}'])
        && !text.lines().any(|line| line.trim_end() == "..." || line.starts_with("... "))
}

/// Returns where each document ends: before the `---` of the next, or with the text. Such a line within a document
/// is not possible in YAML. Empty where the count does not fit.
pub(super) fn ends(text: &str, documents: usize) -> Vec<usize> {
    let mut markers = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        {
            markers.push(start);
        }
        start += line.len();
    }
    if markers.len() == documents && documents > 0 {
        markers.remove(0);
    }
    if markers.len() + 1 != documents {
        return Vec::new();
    }
    markers.push(text.len());
    markers
}
