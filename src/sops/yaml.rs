//! YAML documents.
//!
//! Comments are part of the tree, because some selectors look at them and because they are encrypted too. They
//! belong to the mapping or list that they stand in, before the entry that follows them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostic::Span;
use crate::secret::Secret;
use crate::yaml::{
    Document, Error as YamlError, Flavour, Kind as NodeKind, Node, Placement, Resolved, alias_targets,
    parse_with_comments, resolve,
};

use super::error::Problem;
use super::tree::{Comment, Element, Entry, Item, Kind, Leaf, Scalar, Value};

/// How many values aliases may add.
const ALIAS_BUDGET: usize = 100_000;

/// Reads all documents of a text.
pub(super) fn read(text: &str) -> Result<Vec<Vec<Entry>>, Problem> {
    let documents = parse_with_comments(text)?;
    documents.iter().enumerate().map(|(index, document)| read_document(text, document, index == 0)).collect()
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
            let entries = entries(collection);
            let before = entries.iter().filter(|(start, _)| start.position().offset < offset).count();
            let Some((start, value)) = before.checked_sub(1).map(|last| entries[last]) else {
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
        // With its tag: a ciphertext in its place is a string whatever the value was.
        Ok(Value { span: Some(Span::new(node.position(), node.span.end)), kind })
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

/// Returns the entries of a collection: where each starts, and its value.
fn entries(collection: &Node) -> Vec<(&Node, &Node)> {
    match &collection.kind {
        NodeKind::Mapping(entries) => entries.iter().map(|(key, value)| (key, value)).collect(),
        NodeKind::Sequence(items) => items.iter().map(|item| (item, item)).collect(),
        NodeKind::Scalar(_) | NodeKind::Alias(_) => Vec::new(),
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

/// What makes a text unfit for encryption in place, and where ciphertexts need quotes.
#[derive(Default)]
pub(super) struct Shape {
    /// The places of `[…]` and `{…}`.
    pub(super) flow: Vec<Span>,
    pub(super) has_aliases: bool,
}

impl Shape {
    pub(super) fn of(text: &str) -> Result<Self, Problem> {
        let mut shape = Self::default();
        for document in parse_with_comments(text)? {
            document.root.iter().for_each(|root| shape.visit(text, root));
        }
        Ok(shape)
    }

    fn visit(&mut self, text: &str, node: &Node) {
        self.has_aliases |= matches!(node.kind, NodeKind::Alias(_));
        let nested = entries(node);
        if matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_))
            && text[node.span.start.offset..].starts_with(['[', '{'])
        {
            self.flow.push(node.span);
        }
        for (key, value) in nested {
            self.visit(text, value);
            if !std::ptr::eq(key, value) {
                self.visit(text, key);
            }
        }
    }

    pub(super) fn is_in_flow(&self, span: Span) -> bool {
        let inside =
            |flow: &Span| flow.start.offset < span.start.offset && span.start.offset < flow.end.offset;
        self.flow.iter().any(inside)
    }
}
