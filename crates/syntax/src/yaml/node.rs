//! The tree of a document, as written.

use std::sync::Arc;

use crate::diagnostic::{Position, Span};

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The root; `None` where the document holds nothing but comments.
    pub root: Option<Node>,
    /// The comments in their order; empty unless parsed by [`parse_with_comments`](super::parse_with_comments).
    pub comments: Vec<Comment>,
    /// Whether the document starts with `---`.
    pub explicit: bool,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment from `#` to the end of its line.
    pub span: Span,
    /// What follows the `#`.
    pub text: Arc<str>,
    /// Where it stands beside the content.
    pub placement: Placement,
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// On a line of its own.
    Line,
    /// After content on the same line.
    Inline,
}

/// A value with its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The content, without tag and anchor; a block scalar starts at its `|` or `>`.
    pub span: Span,
    /// Where the tag or anchor before the content starts.
    pub properties: Option<Position>,
    /// The tag as written.
    pub tag: Option<Tag>,
    /// The anchor that names this node.
    pub anchor: Option<Arc<str>>,
    /// The content.
    pub kind: Kind,
}

impl Node {
    /// Returns where the node starts as Go counts it: at its tag or anchor where it has one.
    pub fn position(&self) -> Position {
        self.properties.map_or(self.span.start, |properties| properties.min(self.span.start))
    }

    /// Returns the scalar, if the node is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Sequence(_) | Kind::Mapping(_) | Kind::Alias(_) => None,
        }
    }

    /// Returns the entries, if the node is a mapping.
    pub fn as_mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            Kind::Scalar(_) | Kind::Sequence(_) | Kind::Alias(_) => None,
        }
    }

    /// Returns the items, if the node is a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            Kind::Scalar(_) | Kind::Mapping(_) | Kind::Alias(_) => None,
        }
    }
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text that is not resolved yet.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Entries in their order; duplicates stay.
    Mapping(Vec<(Node, Node)>),
    /// A reference to the last node above that has this anchor.
    Alias(Arc<str>),
}

/// A scalar as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scalar {
    /// The text after unescaping and folding.
    pub text: Arc<str>,
    /// How it is written.
    pub style: Style,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A tag in the short form that Go uses: `!!str`, `!local`, or a whole URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Makes a tag of its short form.
    pub fn new(short: impl Into<Arc<str>>) -> Self {
        Self(short.into())
    }

    /// Returns the short form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
