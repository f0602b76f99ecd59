//! From text to nodes.

use std::borrow::Cow;
use std::sync::Arc;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, StrInput};

use super::{Comment, Document, Error, Kind, Node, Placement, Scalar, Style, Tag};
use crate::diagnostic::{Position, Span};

/// Reads all documents of `text`; comments are skipped.
///
/// ```
/// let documents = eggtooth_syntax::yaml::parse("name: egg\n")?;
/// let root = documents[0].root.as_ref().unwrap();
/// let (key, value) = &root.as_mapping().unwrap()[0];
/// assert_eq!(&*key.as_scalar().unwrap().text, "name");
/// assert_eq!((value.span.start.line, value.span.start.column), (1, 7));
/// # Ok::<(), eggtooth_syntax::yaml::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<Document>, Error> {
    Builder::new(text, false).documents()
}

/// Reads the first document of `text`; comments are skipped, and so is all that follows it, well-formed or not.
pub fn parse_first(text: &str) -> Result<Option<Document>, Error> {
    Builder::new(text, false).document()
}

/// Reads all documents of `text` with their comments.
pub fn parse_with_comments(text: &str) -> Result<Vec<Document>, Error> {
    Builder::new(text, true).documents()
}

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    comments: Vec<Comment>,
    /// The names of the anchors seen so far, by the parser's number less one.
    anchors: Vec<Arc<str>>,
    /// Where the last event ended.
    end: usize,
}

type Spanned<'a> = (Event<'a>, granit_parser::Span);

impl<'a> Builder<'a> {
    fn new(text: &'a str, comments: bool) -> Self {
        let parser = Parser::new_from_str_with_options(text, options(comments));
        Self { text, parser, comments: Vec::new(), anchors: Vec::new(), end: 0 }
    }

    fn documents(mut self) -> Result<Vec<Document>, Error> {
        let mut documents: Vec<Document> = Vec::new();
        while let Some(document) = self.document()? {
            documents.push(document);
        }
        // What follows the last document belongs to it.
        match documents.last_mut() {
            Some(last) => last.comments.append(&mut self.comments),
            None if self.comments.is_empty() => {}
            None => documents.push(Document { root: None, comments: self.comments, explicit: false }),
        }
        Ok(documents)
    }

    /// Reads the next document, if there is one.
    fn document(&mut self) -> Result<Option<Document>, Error> {
        while let Some((event, _)) = self.next()? {
            if let Event::DocumentStart(explicit, _) = event {
                let root = self.root()?;
                let comments = std::mem::take(&mut self.comments);
                return Ok(Some(Document { root, comments, explicit }));
            }
        }
        Ok(None)
    }

    /// Returns the next event that is no comment.
    fn next(&mut self) -> Result<Option<Spanned<'a>>, Error> {
        loop {
            let Some(next) = self.parser.next_event() else { return Ok(None) };
            let (event, span) = next?;
            let Event::Comment(text, placement) = event else { return Ok(Some((event, span))) };
            let placement = match placement {
                granit_parser::Placement::Right => Placement::Inline,
                _ => Placement::Line,
            };
            let span = convert(&span);
            // The parser tells of some comments twice.
            if self.comments.last().is_none_or(|last| last.span.start.offset < span.start.offset) {
                self.comments.push(Comment { span, text: Arc::from(text), placement });
            }
        }
    }

    fn expect_next(&mut self) -> Result<Spanned<'a>, Error> {
        Ok(self.next()?.unwrap_or_else(|| (Event::StreamEnd, granit_parser::Span::default())))
    }

    fn root(&mut self) -> Result<Option<Node>, Error> {
        let (event, span) = self.expect_next()?;
        let Some(root) = self.node(event, span)? else { return Ok(None) };
        // The parser has no event for "nothing": it sends an empty scalar, as for the value of `a:`.
        let empty = root.span.start.offset == root.span.end.offset
            && root.properties.is_none()
            && matches!(&root.kind, Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text.is_empty());
        self.finish_document()?;
        Ok((!empty).then_some(root))
    }

    fn finish_document(&mut self) -> Result<(), Error> {
        while let Some((event, _)) = self.next()? {
            if event == Event::DocumentEnd {
                break;
            }
        }
        Ok(())
    }

    /// Builds the node that starts with `event`; `None` where the event ends a collection.
    fn node(&mut self, event: Event<'a>, span: granit_parser::Span) -> Result<Option<Node>, Error> {
        let node = match event {
            Event::Scalar(value, style, id, tag) => {
                let before = self.end;
                let text = scalar_text(self.text, value, style, &span);
                let style = convert_style(style);
                let kind = Kind::Scalar(Scalar { text: Arc::from(text), style });
                let mut node = self.with_properties(kind, &span, id, tag.as_deref())?;
                if matches!(style, Style::Literal | Style::Folded) {
                    node.span.start = self.indicator(before, &span).unwrap_or(node.span.start);
                    node.span.end = block_end(self.text, node.span);
                }
                self.end = offset(&span.end);
                node
            }
            Event::SequenceStart(_, id, tag) => {
                self.end = offset(&span.end);
                let mut node = self.with_properties(Kind::Sequence(Vec::new()), &span, id, tag.as_deref())?;
                let (items, end) = self.items()?;
                close(&mut node.span, end, items.last());
                node.kind = Kind::Sequence(items);
                node
            }
            Event::MappingStart(_, id, tag) => {
                self.end = offset(&span.end);
                let mut node = self.with_properties(Kind::Mapping(Vec::new()), &span, id, tag.as_deref())?;
                let (entries, end) = self.entries()?;
                close(&mut node.span, end, entries.last().map(|(_, value)| value));
                node.kind = Kind::Mapping(entries);
                node
            }
            Event::Alias(id) => {
                self.end = offset(&span.end);
                let name = self.anchors.get(id.wrapping_sub(1)).cloned().unwrap_or_default();
                Node {
                    span: convert(&span),
                    properties: None,
                    tag: None,
                    anchor: None,
                    kind: Kind::Alias(name),
                }
            }
            Event::UnresolvedAlias(name) => {
                let anchor = Arc::from(name);
                return Err(Error::UnknownAnchor { position: position(&span.start), anchor });
            }
            _ => {
                self.end = offset(&span.end);
                return Ok(None);
            }
        };
        Ok(Some(node))
    }

    /// Reads nodes up to the end of the collection; returns them and the span of its end.
    fn items(&mut self) -> Result<(Vec<Node>, Span), Error> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.expect_next()?;
            match self.node(event, span)? {
                Some(node) => items.push(node),
                None => return Ok((items, convert(&span))),
            }
        }
    }

    /// Reads keys and values up to the end of the mapping; returns them and the span of its end.
    fn entries(&mut self) -> Result<(Vec<(Node, Node)>, Span), Error> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.expect_next()?;
            let Some(key) = self.node(event, span)? else { return Ok((entries, convert(&span))) };
            let (event, span) = self.expect_next()?;
            let Some(value) = self.node(event, span)? else { return Ok((entries, convert(&span))) };
            entries.push((key, value));
        }
    }

    /// Makes a node; where it has an anchor, the parser's next event names it.
    fn with_properties(
        &mut self,
        kind: Kind,
        span: &granit_parser::Span,
        id: usize,
        tag: Option<&granit_parser::Tag>,
    ) -> Result<Node, Error> {
        let mut properties = span.tag_start().map(|start| position(&start));
        let mut anchor = None;
        if id != 0
            && let Some(next) = self.parser.next_event()
            && let (Event::Anchor(_, name), place) = next?
        {
            let name: Arc<str> = Arc::from(name);
            self.anchors.resize(id.max(self.anchors.len()), Arc::from(""));
            self.anchors[id - 1] = Arc::clone(&name);
            let start = position(&place.start);
            properties = Some(properties.map_or(start, |tag| tag.min(start)));
            anchor = Some(name);
        }
        Ok(Node { span: convert(span), properties, tag: tag.map(convert_tag), anchor, kind })
    }

    /// Finds the `|` or `>` of a block scalar, whose event starts only with its content.
    ///
    /// Between the end of the event before and the indicator stand nothing but `:`, `-`, `?`, `---`, space,
    /// comments, a tag and an anchor.
    fn indicator(&self, before: usize, span: &granit_parser::Span) -> Option<Position> {
        let content = offset(&span.start);
        let mut rest = self.text.get(before..content)?;
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ':', '-', '?']);
            match rest.chars().next()? {
                '|' | '>' => break,
                '#' => rest = &rest[rest.find(['\n', '\r'])?..],
                '!' | '&' => rest = &rest[rest.find([' ', '\t', '\r', '\n'])?..],
                _ => return None,
            }
        }
        let start = content - rest.len();
        let lines = rest.matches('\n').count();
        let line_start = self.text[..start].rfind('\n').map_or(0, |line_break| line_break + 1);
        Some(Position {
            offset: start,
            line: u32::try_from(span.start.line().saturating_sub(lines)).unwrap_or(u32::MAX),
            column: u32::try_from(self.text[line_start..start].chars().count() + 1).unwrap_or(u32::MAX),
        })
    }
}

pub(super) fn options(comments: bool) -> Options {
    granit_parser::options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        emit_comments: comments,
        max_buffered_comment_events: usize::MAX,
    }
}

/// Returns a scalar's text as Go reads it.
///
/// An absent value is an empty text (the parser says `~`). A block scalar whose last line ends with the file and not with a line break has no final break in Go; the
/// parser adds one.
pub(super) fn scalar_text<'a>(
    source: &str,
    value: Cow<'a, str>,
    style: ScalarStyle,
    span: &granit_parser::Span,
) -> Cow<'a, str> {
    if style == ScalarStyle::Plain && span.is_empty() {
        return Cow::Borrowed("");
    }
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    if !block || !value.ends_with('\n') || source.ends_with(['\n', '\r']) {
        return value;
    }
    let at_end = span.end.byte_offset().is_none_or(|end| end >= source.len());
    let last_line = source.rsplit(['\n', '\r']).next().unwrap_or_default();
    if !at_end || last_line.trim_start_matches(' ').is_empty() {
        return value;
    }
    Cow::Owned(value[..value.len() - 1].to_owned())
}

/// Returns where a block scalar ends: the parser counts the comments behind it in, which are indented less.
fn block_end(text: &str, span: Span) -> Position {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let whole = span.of(text);
    let mut lines = whole.split_inclusive('\n');
    let header = lines.next().unwrap_or_default();
    let mut end = header.len();
    let mut place = Position { offset: span.start.offset + end, line: span.start.line + 1, column: 1 };
    let mut content = None;
    for line in lines {
        end += line.len();
        let blank = line.trim().is_empty();
        if !blank
            && line.trim_start().starts_with('#')
            && content.is_some_and(|content| indent(line) < content)
        {
            return place;
        }
        if !blank {
            content.get_or_insert(indent(line));
        }
        place = Position { offset: span.start.offset + end, line: place.line + 1, column: 1 };
    }
    span.end
}

/// Ends a collection's span: at its bracket, or with its last item where it has no bracket.
fn close(span: &mut Span, end: Span, last: Option<&Node>) {
    let bracket = end.start.offset != end.end.offset;
    span.end = match last {
        _ if bracket => end.end,
        Some(last) => last.span.end,
        None => span.end,
    };
}

pub(super) fn convert_style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

pub(super) fn convert_tag(tag: &granit_parser::Tag) -> Tag {
    let (handle, suffix) = tag.parts();
    Tag::new(short_tag(&format!("{handle}{suffix}")))
}

fn short_tag(long: &str) -> String {
    long.strip_prefix("tag:yaml.org,2002:").map_or_else(|| long.to_owned(), |short| format!("!!{short}"))
}

fn offset(marker: &Marker) -> usize {
    marker.byte_offset().unwrap_or_default()
}

pub(super) fn position(marker: &Marker) -> Position {
    Position {
        offset: marker.byte_offset().unwrap_or_default(),
        line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
        column: u32::try_from(marker.col() + 1).unwrap_or(u32::MAX),
    }
}

fn convert(span: &granit_parser::Span) -> Span {
    Span { start: position(&span.start), end: position(&span.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Node {
        parse(text).unwrap().remove(0).root.unwrap()
    }

    fn text(node: &Node) -> &str {
        &node.as_scalar().unwrap().text
    }

    #[test]
    fn positions_count_characters_and_spans_count_bytes() {
        let source = "a: 1\nkäse: [ x, \"ü\" ] # c\n";
        let node = root(source);
        let (key, value) = &node.as_mapping().unwrap()[1];
        assert_eq!(text(key), "käse");
        assert_eq!((value.span.start.line, value.span.start.column), (2, 7));
        assert_eq!(value.span.of(source), "[ x, \"ü\" ]");
        assert_eq!(value.as_sequence().unwrap()[1].span.of(source), "\"ü\"");
    }

    #[test]
    fn a_block_scalar_starts_at_its_indicator() {
        let node = root("a: |-\n  x\n  y\nb: 2\n");
        let (_, value) = &node.as_mapping().unwrap()[0];
        assert_eq!((value.span.start.line, value.span.start.column), (1, 4));
        assert_eq!(text(value), "x\ny");
    }

    #[test]
    fn the_indicator_of_a_block_scalar_is_found_behind_comments_tags_and_anchors() {
        for (source, place) in [
            ("a: # x | y\n  !tu &v\n  |\n\n    x\n", (3, 3)),
            ("ü: >-\n    x\n", (1, 4)),
            ("- |\n x\n", (1, 3)),
            ("- - ? |\n      x\n", (1, 7)),
        ] {
            let mut node = root(source);
            while node.as_scalar().is_none() {
                node = match node.kind {
                    Kind::Sequence(items) => items[0].clone(),
                    Kind::Mapping(entries) if source.contains('?') => entries[0].0.clone(),
                    Kind::Mapping(entries) => entries[0].1.clone(),
                    Kind::Scalar(_) | Kind::Alias(_) => unreachable!(),
                };
            }
            assert_eq!((node.span.start.line, node.span.start.column), place, "{source:?}");
        }
    }

    #[test]
    fn a_comment_behind_a_block_scalar_is_no_part_of_it() {
        for (source, expected) in [
            ("a:\n  b: |\n    x\n  # c\n  d: 1\n", "|\n    x\n"),
            ("a:\n  b: |+\n    x\n\n  # c\n  d: 1\n", "|+\n    x\n\n"),
            ("a:\n  b: >-\n    x\n\n    # y\n # c\nd: 1\n", ">-\n    x\n\n    # y\n"),
        ] {
            let node = root(source);
            let inner = &node.as_mapping().unwrap()[0].1;
            assert_eq!(inner.as_mapping().unwrap()[0].1.span.of(source).trim_end_matches(' '), expected);
        }
    }

    #[test]
    fn a_block_scalar_at_the_end_of_the_file_gets_no_line_break() {
        for (source, expected) in [
            ("a: |\n  x", "x"),
            ("a: |\n  x\n", "x\n"),
            ("a: |+\n  x", "x"),
            ("a: >\n  x\n  y", "x y"),
            ("a: |\n  x\n  ", "x\n"),
            ("a: |-\n  x", "x"),
        ] {
            let node = root(source);
            assert_eq!(text(&node.as_mapping().unwrap()[0].1), expected, "{source:?}");
        }
    }

    #[test]
    fn anchors_tags_and_aliases_are_kept() {
        let node = root("a: &x !!str 1\nb: *x\nc: !local {}\nd: ! 1\n");
        let entries = node.as_mapping().unwrap();
        assert_eq!(entries[0].1.anchor.as_deref(), Some("x"));
        assert_eq!(entries[0].1.tag.as_ref().unwrap().as_str(), "!!str");
        assert_eq!(entries[0].1.position().column, 4);
        assert_eq!(entries[0].1.span.start.column, 13);
        assert_eq!(entries[1].1.kind, Kind::Alias(Arc::from("x")));
        assert_eq!(entries[2].1.tag.as_ref().unwrap().as_str(), "!local");
        assert_eq!(entries[3].1.tag.as_ref().unwrap().as_str(), "!");
    }

    #[test]
    fn an_unknown_anchor_is_an_error_with_its_place() {
        let error = parse("a: 1\nb: *nest\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2, column 4: unknown anchor `nest`");
    }

    #[test]
    fn a_syntax_error_names_line_and_column() {
        let error = parse("a: 1\nb: [1, 2\n").unwrap_err();
        assert!(error.to_string().starts_with("line "), "{error}");
    }

    #[test]
    fn documents_are_split_and_empty_ones_have_no_root() {
        let documents = parse("a: 1\n---\n---\n# only\n---\nb: 2\n").unwrap();
        let roots: Vec<bool> = documents.iter().map(|document| document.root.is_some()).collect();
        assert_eq!(roots, [true, false, false, true]);
        assert!(parse("").unwrap().is_empty());
        assert!(parse("# nothing\n").unwrap().iter().all(|document| document.root.is_none()));
    }

    #[test]
    fn comments_keep_their_place() {
        let documents = parse_with_comments("# top\na: 1 # right\n# end\n").unwrap();
        let comments: Vec<_> =
            documents[0].comments.iter().map(|comment| (&*comment.text, comment.placement)).collect();
        assert_eq!(
            comments,
            [(" top", Placement::Line), (" right", Placement::Inline), (" end", Placement::Line)]
        );
    }
}
