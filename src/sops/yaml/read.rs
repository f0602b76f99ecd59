//! From YAML to a tree with places.
//!
//! Comments are part of the tree, because some selectors look at them and because they are encrypted too. They
//! belong to the mapping or list that they stand in, before the entry that follows them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostic::Span;
use crate::secret::Secret;
use crate::sops::error::Problem;
use crate::sops::tree::{Branch, Comment, Element, Entry, Item, Kind, Leaf, Scalar, Value};
use crate::yaml::{
    Document, Error as YamlError, Flavour, Kind as NodeKind, Node, Placement, Resolved, Style, alias_targets,
    parse_with_comments, resolve,
};

use super::shape::{Shape, ends};

/// How many values aliases may add.
const ALIAS_BUDGET: usize = 100_000;

/// A text as read.
pub(in crate::sops) struct Yaml {
    pub(in crate::sops) branches: Vec<Branch>,
    pub(in crate::sops) shape: Shape,
}

/// Reads all documents of a text.
pub(in crate::sops) fn read(text: &str) -> Result<Yaml, Problem> {
    let documents = parse_with_comments(text)?;
    let shape = Shape::of(text, &documents);
    let ends = ends(text, documents.len());
    let branch = |(index, document)| {
        let entries = read_document(text, document, index == 0)?;
        Ok(Branch { entries, end: ends.get(index).copied().unwrap_or(text.len()) })
    };
    let branches: Result<_, Problem> = documents.iter().enumerate().map(branch).collect();
    Ok(Yaml { branches: branches?, shape })
}

fn read_document(text: &str, document: &Document, first: bool) -> Result<Vec<Entry>, Problem> {
    let Some(root) = &document.root else {
        return Ok(document.comments.iter().map(|comment| Entry::Comment(convert(comment))).collect());
    };
    let mut reader = Reader {
        text,
        comments: HashMap::new(),
        targets: alias_targets(root),
        open: Vec::new(),
        budget: ALIAS_BUDGET,
        // sops looks for duplicate keys in the first document only.
        unique_keys: first,
    };
    for comment in &document.comments {
        reader.place(root, comment);
    }
    match reader.value(root)?.kind {
        Kind::Map(entries) => Ok(entries),
        Kind::Null => Ok(Vec::new()),
        Kind::Leaf(_) | Kind::List(_) => Err(Problem::Root),
    }
}

fn convert(comment: &crate::yaml::Comment) -> Comment {
    Comment { text: Secret::new(comment.text.as_ref().to_owned()), inline: false, span: Some(comment.span) }
}

struct Reader<'a> {
    text: &'a str,
    /// The comments of each collection (by its offset), by the entry that they stand before.
    comments: HashMap<usize, BTreeMap<usize, Vec<Comment>>>,
    targets: HashMap<usize, &'a Node>,
    /// The aliases that are being replaced.
    open: Vec<usize>,
    budget: usize,
    unique_keys: bool,
}

impl<'a> Reader<'a> {
    /// Finds the collection and the entry that a comment stands before.
    fn place(&mut self, root: &Node, comment: &crate::yaml::Comment) {
        let offset = comment.span.start.offset;
        let mut collection = root;
        loop {
            let before = entries_before(collection, offset);
            let Some((start, value)) = before.checked_sub(1).and_then(|last| entry(collection, last)) else {
                return self.add(collection, 0, comment, false);
            };
            let is_collection = matches!(value.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_));
            let same_line = comment.placement == Placement::Inline;
            if same_line && start.span.end.line == comment.span.start.line && value.span.start.offset > offset
            {
                // Behind a key whose value starts on the next line.
                return self.add(collection, before - 1, comment, false);
            }
            if is_collection && self.belongs_inside(collection, value, comment) {
                collection = value;
                continue;
            }
            let index = if offset < value.span.end.offset || same_line { before - 1 } else { before };
            return self.add(collection, index, comment, same_line);
        }
    }

    fn belongs_inside(&self, outer: &Node, value: &Node, comment: &crate::yaml::Comment) -> bool {
        if comment.span.start.offset < value.span.end.offset {
            return true;
        }
        if self.is_flow(value) {
            // `a: [1] # c`: sops puts it first into the list; an item's comment stays with the item.
            return comment.placement == Placement::Inline && outer.as_mapping().is_some();
        }
        let (column, inner) = (comment.span.start.column, value.span.start.column);
        let behind_last =
            comment.placement == Placement::Inline && comment.span.start.line == value.span.end.line;
        behind_last || (column >= inner && inner > outer.span.start.column)
    }

    fn is_flow(&self, node: &Node) -> bool {
        self.text[node.span.start.offset..].starts_with(['[', '{'])
    }

    fn add(&mut self, collection: &Node, index: usize, comment: &crate::yaml::Comment, inline: bool) {
        let comment = Comment { inline, ..convert(comment) };
        let comments = self.comments.entry(collection.span.start.offset).or_default();
        comments.entry(index).or_default().push(comment);
    }

    fn comments_before(&self, collection: &Node, index: usize) -> Vec<Comment> {
        let comments = self.comments.get(&collection.span.start.offset);
        comments.and_then(|comments| comments.get(&index)).cloned().unwrap_or_default()
    }

    fn value(&mut self, node: &'a Node) -> Result<Value, Problem> {
        if !self.open.is_empty() {
            let position = node.position();
            self.budget = self.budget.checked_sub(1).ok_or(YamlError::ExcessiveAliases { position })?;
        }
        let kind = match &node.kind {
            NodeKind::Scalar(_) => scalar(node)?.map_or(Kind::Null, |scalar| Kind::Leaf(Leaf::plain(scalar))),
            NodeKind::Mapping(entries) => Kind::Map(self.map(node, entries)?),
            NodeKind::Sequence(items) => Kind::List(self.list(node, items)?),
            NodeKind::Alias(anchor) => return self.alias(node, anchor),
        };
        let mut end = node.span.end;
        if matches!(&node.kind, NodeKind::Scalar(scalar) if matches!(scalar.style, Style::Literal | Style::Folded))
        {
            // A block scalar's end is the start of the next line.
            let text = node.span.of(self.text);
            end.offset -= text.len() - text.trim_end_matches(['\n', '\r', ' ']).len();
        }
        // With its tag: a ciphertext in its place is a string whatever the value was.
        Ok(Value { span: Some(Span::new(node.position(), end)), kind })
    }

    fn map(&mut self, node: &Node, pairs: &'a [(Node, Node)]) -> Result<Vec<Entry>, Problem> {
        let mut entries = Vec::with_capacity(pairs.len());
        let mut seen = HashSet::new();
        for (index, (key, value)) in pairs.iter().enumerate() {
            entries.extend(self.comments_before(node, index).into_iter().map(Entry::Comment));
            let name = self.key(key)?;
            if self.unique_keys && !seen.insert(Arc::clone(&name)) {
                return Err(Problem::DuplicateKey { position: key.position(), key: name });
            }
            let value = self.value(value)?;
            entries.push(Entry::Item(Item { key: name, span: Some(key.span), value }));
        }
        entries.extend(self.comments_before(node, pairs.len()).into_iter().map(Entry::Comment));
        Ok(entries)
    }

    fn list(&mut self, node: &Node, items: &'a [Node]) -> Result<Vec<Element>, Problem> {
        let mut elements = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            elements.extend(self.comments_before(node, index).into_iter().map(Element::Comment));
            elements.push(Element::Value(self.value(item)?));
        }
        elements.extend(self.comments_before(node, items.len()).into_iter().map(Element::Comment));
        Ok(elements)
    }

    /// Puts what an alias refers to in its place, as sops does.
    fn alias(&mut self, node: &Node, anchor: &Arc<str>) -> Result<Value, Problem> {
        let (offset, position) = (node.span.start.offset, node.position());
        let target = self.targets.get(&offset).copied();
        let target =
            target.ok_or_else(|| YamlError::UnknownAnchor { position, anchor: Arc::clone(anchor) })?;
        if self.open.contains(&offset) {
            return Err(YamlError::CircularAlias { position }.into());
        }
        self.open.push(offset);
        let value = self.value(target);
        self.open.pop();
        value.map(|value| Value { span: Some(node.span), ..value })
    }

    /// Returns a key's text. `<<` is a key like others: sops does not merge.
    fn key(&self, key: &Node) -> Result<Arc<str>, Problem> {
        let key = match &key.kind {
            NodeKind::Alias(_) => self.targets.get(&key.span.start.offset).copied().unwrap_or(key),
            NodeKind::Scalar(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => key,
        };
        let not_text = || Problem::Key { position: key.position() };
        let text = key.as_scalar().ok_or_else(not_text)?;
        match resolve(text, key.tag.as_ref(), Flavour::GoYamlV3) {
            Ok(Resolved::String | Resolved::Merge) => Ok(Arc::clone(&text.text)),
            Ok(_) | Err(_) => Err(not_text()),
        }
    }
}

/// Counts the entries of a collection that start before a byte.
fn entries_before(collection: &Node, offset: usize) -> usize {
    match &collection.kind {
        NodeKind::Mapping(entries) => entries.partition_point(|(key, _)| key.position().offset < offset),
        NodeKind::Sequence(items) => items.partition_point(|item| item.position().offset < offset),
        NodeKind::Scalar(_) | NodeKind::Alias(_) => 0,
    }
}

/// Returns an entry of a collection: where it starts, and its value.
fn entry(collection: &Node, index: usize) -> Option<(&Node, &Node)> {
    match &collection.kind {
        NodeKind::Mapping(entries) => entries.get(index).map(|(key, value)| (key, value)),
        NodeKind::Sequence(items) => items.get(index).map(|item| (item, item)),
        NodeKind::Scalar(_) | NodeKind::Alias(_) => None,
    }
}

/// Reads a scalar; `None` is null.
fn scalar(node: &Node) -> Result<Option<Scalar>, Problem> {
    let Some(scalar) = node.as_scalar() else { return Ok(None) };
    let position = node.position();
    let resolved = resolve(scalar, node.tag.as_ref(), Flavour::GoYamlV3);
    Ok(Some(match resolved.map_err(|source| YamlError::Tag { position, source })? {
        Resolved::Null => return Ok(None),
        Resolved::Bool(value) => Scalar::Bool(value),
        Resolved::Int(value) => Scalar::Int(value),
        Resolved::Uint(_) => return Err(Problem::Integer { position }),
        Resolved::Float(value) => Scalar::Float(value),
        Resolved::Timestamp(time) => Scalar::Time(time),
        Resolved::String | Resolved::Merge => Scalar::String(scalar.text.as_ref().to_owned()),
        Resolved::Binary => {
            let text = scalar.text.replace(['\r', '\n'], "");
            Scalar::of_bytes(STANDARD.decode(text).map_err(|_| YamlError::Base64 { position })?)
        }
    }))
}
