//! Collections on lines.

use crate::yaml::Flavour;
use crate::yaml::resolve::{is_plain_string, old_boolean};

use super::analysis::analyze;
use super::writer::{Rules, Writer};

/// Whose layout the emitter follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// go-yaml v2, which Helm's `toYaml` uses: two spaces, lists not indented under their key, folded at 80.
    GoYamlV2,
    /// go-yaml v3, which SOPS (4 spaces), `toYamlPretty` (2) and Pulumi ESC (4) use: lists indented, no folding.
    GoYamlV3 {
        /// Spaces of one level, from 2 to 9.
        indent: usize,
    },
}

impl Layout {
    /// Returns the flavour whose rules decide which strings need quotes.
    pub fn flavour(self) -> Flavour {
        match self {
            Self::GoYamlV2 => Flavour::GoYamlV2,
            Self::GoYamlV3 { .. } => Flavour::GoYamlV3,
        }
    }

    fn rules(self) -> Rules {
        match self {
            Self::GoYamlV2 => Rules { width: 80, indent: 2, break_is_indentation: false },
            Self::GoYamlV3 { indent } => Rules { width: usize::MAX, indent, break_is_indentation: true },
        }
    }
}

/// Writes a document from events.
///
/// In a mapping, keys and values take turns.
/// ```
/// use eggtooth_syntax::yaml::{Emitter, Layout};
///
/// let mut emitter = Emitter::new(Layout::GoYamlV2);
/// emitter.begin_mapping();
/// emitter.string("on");
/// emitter.begin_sequence();
/// emitter.plain("1");
/// emitter.string("two: 2");
/// emitter.end();
/// emitter.end();
/// assert_eq!(emitter.finish(), "\"on\":\n- 1\n- 'two: 2'\n");
/// ```
#[derive(Debug)]
pub struct Emitter {
    layout: Layout,
    writer: Writer,
    /// The open collections with the indents around them.
    open: Vec<(Place, Option<usize>)>,
    /// A collection that has begun but has nothing in it yet, so that it may still be `{}` or `[]`.
    begun: Option<Collection>,
    comments: Comments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Collection {
    Mapping,
    Sequence,
}

/// What the next node is to its collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Item,
    Key,
    /// The value behind `key`.
    Value,
    /// The value behind `? key`.
    ComplexValue,
}

/// Comments that wait for the node they stand with.
#[derive(Debug, Default)]
struct Comments {
    head: Option<String>,
    line: Option<String>,
    tail: Option<String>,
    /// A comment behind a key whose value starts on the next line.
    key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

impl Emitter {
    /// Returns an emitter of an empty text.
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            writer: Writer::new(layout.rules()),
            open: Vec::new(),
            begun: None,
            comments: Comments::default(),
        }
    }

    /// Begins a mapping.
    pub fn begin_mapping(&mut self) {
        self.begin(Collection::Mapping);
    }

    /// Begins a sequence.
    pub fn begin_sequence(&mut self) {
        self.begin(Collection::Sequence);
    }

    /// Ends the innermost mapping or sequence.
    pub fn end(&mut self) {
        match self.begun.take() {
            Some(collection) => self.empty(collection),
            None => self.close(),
        }
    }

    /// Writes a string, quoted where it would be read as something else.
    pub fn string(&mut self, text: &str) {
        let flavour = self.layout.flavour();
        let old_boolean = flavour != Flavour::GoYamlV2 && old_boolean(text).is_some();
        let style = if text.contains('\n') {
            Style::Literal
        } else if is_plain_string(text, flavour) && !is_base_60(text) && !old_boolean {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        self.scalar(text, style, None);
    }

    /// Writes the text of a boolean, a number, a time or null.
    pub fn plain(&mut self, text: &str) {
        self.scalar(text, Style::Plain, None);
    }

    /// Writes a text behind a tag (`!!binary`).
    pub fn tagged(&mut self, tag: &str, text: &str) {
        let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
        self.scalar(text, style, Some(tag));
    }

    /// Puts lines of comment, each with its `#`, above the next key or item.
    pub fn head_comment(&mut self, lines: impl Into<String>) {
        self.comments.head = Some(lines.into());
    }

    /// Puts a comment behind the next key or scalar.
    pub fn line_comment(&mut self, comment: impl Into<String>) {
        self.comments.line = Some(comment.into());
    }

    /// Puts lines of comment, each with its `#`, under the last entry; a blank line separates what follows.
    pub fn foot_comment(&mut self, lines: impl Into<String>) {
        self.comments.tail = Some(lines.into());
    }

    /// Ends the document and starts another.
    pub fn next_document(&mut self) {
        self.end_document();
        self.writer.indicator("---", true, false, false);
        self.writer.write_indent();
    }

    /// Returns the text.
    pub fn finish(mut self) -> String {
        self.end_document();
        self.writer.out
    }

    fn end_document(&mut self) {
        self.writer.indent = None;
        self.head();
        self.writer.foot = None;
        self.writer.write_indent();
    }

    fn begin(&mut self, collection: Collection) {
        self.open_begun();
        self.begun = Some(collection);
    }

    /// Opens the collection that has begun, now that something comes into it.
    fn open_begun(&mut self) {
        let Some(collection) = self.begun.take() else { return };
        let parent = self.place();
        self.prefix(true);
        if let Some(comment) = self.comments.key.take() {
            self.writer.line_comment(&comment);
        }
        let outer = self.writer.indent;
        let compact = collection == Collection::Sequence
            && self.layout == Layout::GoYamlV2
            && matches!(parent, Some(Place::Key | Place::Value | Place::ComplexValue))
            && !self.writer.indentation;
        self.writer.indent = Some(match outer {
            None => 0,
            Some(indent) if compact => indent,
            Some(indent) => self.deeper(indent, parent),
        });
        let place = match collection {
            Collection::Mapping => Place::Key,
            Collection::Sequence => Place::Item,
        };
        self.open.push((place, outer));
    }

    fn close(&mut self) {
        self.head();
        if let Some((_, outer)) = self.open.pop() {
            self.writer.indent = outer;
        }
        self.advance(true);
    }

    fn empty(&mut self, collection: Collection) {
        let simple = self.prefix(true);
        let (open, close) = match collection {
            Collection::Mapping => ("{", "}"),
            Collection::Sequence => ("[", "]"),
        };
        self.writer.indicator(open, true, true, false);
        self.writer.indicator(close, false, false, false);
        self.after_scalar();
        self.advance(simple);
    }

    fn scalar(&mut self, text: &str, requested: Style, tag: Option<&str>) {
        self.open_begun();
        let tab_is_printable = self.layout != Layout::GoYamlV2;
        let analysis = analyze(text, tab_is_printable);
        let length = text.len() + tag.map_or(0, str::len);
        let is_key = self.place() == Some(Place::Key);
        let simple_key = is_key && !analysis.multiline && length <= 128;
        self.key_comment();
        let parent = self.place();
        self.prefix(simple_key);
        let style = match requested {
            Style::Plain if analysis.plain && !(text.is_empty() && simple_key) => Style::Plain,
            Style::Plain | Style::SingleQuoted if analysis.single_quoted => Style::SingleQuoted,
            Style::Literal if analysis.block && !simple_key => Style::Literal,
            _ => Style::DoubleQuoted,
        };
        if let Some(tag) = tag {
            self.writer.tag(tag);
        }
        let outer = self.writer.indent;
        self.writer.indent =
            Some(outer.map_or(self.writer.rules.indent, |indent| self.deeper(indent, parent)));
        match style {
            Style::Plain => self.writer.plain(text, !simple_key),
            Style::SingleQuoted => self.writer.single_quoted(text, !simple_key),
            Style::DoubleQuoted => self.writer.double_quoted(text, !simple_key),
            Style::Literal => {
                let comment = self.comments.line.take();
                self.writer.literal(text, comment.as_deref());
            }
        }
        self.writer.indent = outer;
        if !is_key {
            self.after_scalar();
        }
        self.advance(simple_key);
    }

    /// Returns the indent of what stands inside a node of this place.
    fn deeper(&self, indent: usize, parent: Option<Place>) -> usize {
        let step = self.writer.rules.indent;
        match (self.layout, parent) {
            (Layout::GoYamlV2, _) => indent + step,
            // v3 lets only the dash count in a list, and aligns everything else.
            (Layout::GoYamlV3 { .. }, Some(Place::Item)) => indent + 2,
            (Layout::GoYamlV3 { .. }, _) => step * ((indent + step) / step),
        }
    }

    fn place(&self) -> Option<Place> {
        self.open.last().map(|&(place, _)| place)
    }

    /// Writes what stands before a node: the indent of its line and `-`, `?` or `:`. Returns `simple_key`.
    fn prefix(&mut self, simple_key: bool) -> bool {
        match self.place() {
            None => self.head(),
            Some(Place::Item) => {
                self.head();
                self.writer.write_indent();
                self.writer.indicator("-", true, false, true);
            }
            Some(Place::Key) => {
                self.head();
                self.writer.write_indent();
                self.comments.key = self.comments.line.take();
                if !simple_key {
                    self.writer.indicator("?", true, false, true);
                }
            }
            Some(Place::Value) => self.writer.indicator(":", false, false, false),
            Some(Place::ComplexValue) => {
                self.writer.write_indent();
                self.writer.indicator(":", true, false, true);
            }
        }
        simple_key
    }

    /// Moves on to what comes behind a node.
    fn advance(&mut self, simple_key: bool) {
        if let Some((place, _)) = self.open.last_mut() {
            *place = match *place {
                Place::Item => Place::Item,
                Place::Key if simple_key => Place::Value,
                Place::Key => Place::ComplexValue,
                Place::Value | Place::ComplexValue => Place::Key,
            };
        }
    }

    /// Writes the comments above a node, and those at the foot of what stands before it.
    fn head(&mut self) {
        if let Some(tail) = self.comments.tail.take() {
            self.writer.write_indent();
            self.writer.comment(&tail);
            self.writer.foot = Some(self.writer.indent.unwrap_or(0));
        }
        if let Some(head) = self.comments.head.take() {
            self.writer.write_indent();
            self.writer.comment(&head);
        }
    }

    /// Hands the comment behind a key to its scalar value.
    fn key_comment(&mut self) {
        let is_value = matches!(self.place(), Some(Place::Value | Place::ComplexValue));
        if is_value && self.comments.line.is_none() {
            self.comments.line = self.comments.key.take();
        }
    }

    fn after_scalar(&mut self) {
        if let Some(comment) = self.comments.line.take() {
            self.writer.line_comment(&comment);
        }
    }
}

/// Says whether YAML 1.1 would read a number of base 60: `1:30`.
///
/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits_or_underscores = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    if !first.starts_with(|first: char| first.is_ascii_digit()) || !digits_or_underscores(first) {
        return false;
    }
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    let sixtieth = |part: &str| match part.as_bytes() {
        [digit] | [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    parts.into_iter().all(sixtieth) && sixtieth(last) && digits_or_underscores(fraction)
}
