//! From YAML nodes to a document.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::Number;
use super::{
    Document, Expression, Import, Kind, Place, Properties, Property, builtin, interpolation,
    path::{self, Way},
};
use crate::diagnostic::{Diagnostic, Position, Severity, Span};
use crate::yaml::{self, Flavour, Node, Resolved, Style};

/// What reading a document gave.
pub struct Parsed {
    /// `None` where a diagnostic is an error.
    pub document: Option<Document>,
    /// All that was found, in the order in which it was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a document; `file` is its name in diagnostics.
pub fn parse(file: &Arc<str>, text: &str) -> Parsed {
    let mut parser = Parser {
        file: Arc::clone(file),
        text,
        expressions: 0,
        scratch: String::new(),
        diagnostics: Vec::new(),
    };
    let document = parser.document();
    let failed = parser.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Parsed { document: document.filter(|_| !failed), diagnostics: parser.diagnostics }
}

/// The way to a node; it is spelled out only for a fault.
enum Trail<'a> {
    Root,
    Key(&'a Trail<'a>, &'a str),
    Index(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(above, key) => path::join(&above.path(), key),
            Self::Index(above, index) => format!("{}[{index}]", above.path()),
        }
    }
}

pub(super) struct Parser<'t> {
    file: Arc<str>,
    text: &'t str,
    expressions: usize,
    /// Where paths are put together.
    pub(super) scratch: String,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn document(&mut self) -> Option<Document> {
        let mut document = Document { imports: Vec::new(), values: Properties::default(), expressions: 0 };
        if self.text.is_empty() {
            return Some(document);
        }
        let first = match yaml::parse_first(self.text) {
            Ok(first) => first,
            Err(error) => {
                let place = Span::new(error.position(), error.position());
                self.diagnostics
                    .push(Diagnostic::error(format!("yaml: {error}")).at(Arc::clone(&self.file), place));
                return None;
            }
        };
        let root = first.and_then(|first| first.root);
        let Some(root) = root.filter(|root| meaning(root) != Some(Resolved::Null)) else {
            self.diagnostics.push(Diagnostic::error("environment must be an object"));
            return None;
        };
        self.check(&root, &Trail::Root);
        if self.diagnostics.is_empty() {
            self.root(&mut document, &root);
        }
        document.expressions = self.expressions;
        Some(document)
    }

    /// Reports what the language leaves out of YAML: aliases, keys that are no strings, tags that contradict.
    fn check(&mut self, node: &Node, trail: &Trail<'_>) {
        match &node.kind {
            yaml::Kind::Alias(_) => self.error(node, trail.path(), "alias nodes are not supported"),
            yaml::Kind::Scalar(scalar) => {
                if let Err(mismatch) = yaml::resolve(scalar, node.tag.as_ref(), Flavour::Esc) {
                    self.error(node, trail.path(), format!("yaml: {mismatch}"));
                }
            }
            yaml::Kind::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(item, &Trail::Index(trail, index));
                }
            }
            yaml::Kind::Mapping(entries) => {
                for (key, value) in entries {
                    let below = Trail::Key(trail, key.as_scalar().map_or("", |key| &key.text));
                    self.check(key, &below);
                    if !matches!(meaning(key), Some(Resolved::String)) {
                        self.error(key, below.path(), "mapping keys must be strings");
                    }
                    self.check(value, &below);
                }
            }
        }
    }

    fn root(&mut self, document: &mut Document, root: &Node) {
        let Some(entries) = root.as_mapping() else {
            return self.error(root, "", "environment must be an object");
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            let name = key_text(key);
            if entries[..index].iter().any(|(earlier, _)| key_text(earlier) == name) {
                let place = self.place(key, path::join("", &name));
                self.diagnostics.push(place.warning(format!("duplicate key {}", super::quote(&name))));
            }
            let at = path::join("", &name);
            match name.to_ascii_lowercase().as_str() {
                "description" => self.description(value, &at),
                "imports" => document.imports = self.imports(value, &at),
                "values" => document.values = self.values(value, &at),
                _ => {
                    let place = self.place(key, at.as_str());
                    self.diagnostics.push(place.warning(unknown_field(&name)));
                }
            }
        }
    }

    fn description(&mut self, node: &Node, path: &str) {
        let way = Way::top(path, "");
        let description = self.expression(node, &way);
        if !matches!(description.kind, Kind::Text(_)) {
            self.diagnostics.push(description.place.error("description must be a string"));
        }
    }

    fn imports(&mut self, node: &Node, path: &str) -> Vec<Import> {
        let Some(items) = node.as_sequence() else {
            self.error(node, path, "imports must be a list");
            return Vec::new();
        };
        let items = items.iter().enumerate();
        items.filter_map(|(index, item)| self.import(item, &format!("{path}[{index}]"))).collect()
    }

    fn import(&mut self, node: &Node, path: &str) -> Option<Import> {
        if let Some(entries) = node.as_mapping() {
            let [(key, options)] = entries else {
                self.error(node, path, "import must have a single key");
                return None;
            };
            let name = key_text(key);
            let path = path::join(path, &name);
            let merge = self.import_options(options, &path);
            return Some(Import { name, place: self.place(key, path), merge });
        }
        let (Some(scalar), Some(Resolved::String)) = (node.as_scalar(), meaning(node)) else {
            self.error(node, path, "import must be a string or an object");
            return None;
        };
        Some(Import { name: Arc::clone(&scalar.text), place: self.place(node, path), merge: true })
    }

    fn import_options(&mut self, node: &Node, path: &str) -> bool {
        let mut merge = true;
        let Some(entries) = node.as_mapping() else {
            self.error(node, path, "import must be an object");
            return merge;
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            let name = key_text(key);
            let path = path::join(path, &name);
            if entries[..index].iter().any(|(earlier, _)| key_text(earlier) == name) {
                let place = self.place(key, path.as_str());
                self.diagnostics.push(place.warning(format!("duplicate key {}", super::quote(&name))));
            }
            if name.eq_ignore_ascii_case("merge") {
                match meaning(value) {
                    Some(Resolved::Bool(value)) => merge = value,
                    _ => self.error(value, path, "merge must be a boolean value"),
                }
            }
        }
        merge
    }

    fn values(&mut self, node: &Node, path: &str) -> Properties {
        let mut values = Properties::default();
        let Some(entries) = node.as_mapping() else {
            self.error(node, path, "values must be an object");
            return values;
        };
        for (key, value) in entries {
            let name = key_text(key);
            let way = Way::top(path, &name);
            let place = self.place(key, Arc::clone(&way.path));
            if name.starts_with("fn::") {
                let message =
                    format!("builtin function call {} not allowed at the top level", super::quote(&name));
                self.diagnostics.push(place.error(message));
            }
            let value = self.expression(value, &way);
            if matches!(&*name, "imports" | "context" | "environments") {
                values.rejected.push(place.error(format!("{} is a reserved key", super::quote(&name))));
            } else {
                values.add(name, place, value);
            }
        }
        values
    }

    /// Reads an expression.
    pub(super) fn expression(&mut self, node: &Node, way: &Way) -> Expression {
        let kind = match &node.kind {
            yaml::Kind::Scalar(scalar) => self.scalar(node, &scalar.text, &way.path),
            yaml::Kind::Sequence(items) => {
                let item = |(index, item)| {
                    let way = way.index(index, &mut self.scratch);
                    self.expression(item, &way)
                };
                Kind::List(items.iter().enumerate().map(item).collect())
            }
            yaml::Kind::Mapping(entries) => match builtin::parse(self, node, entries, way) {
                Some(call) => call,
                None => self.object(entries, way),
            },
            // `check` has refused aliases.
            yaml::Kind::Alias(_) => Kind::Null,
        };
        self.finish(node, way.clone(), kind)
    }

    pub(super) fn finish(&mut self, node: &Node, way: Way, kind: Kind) -> Expression {
        let id = self.expressions;
        self.expressions += 1;
        Expression { id, place: self.place(node, way.path), name: way.name, kind }
    }

    fn object(&mut self, entries: &[(Node, Node)], way: &Way) -> Kind {
        let mut properties = Properties::default();
        for (key, value) in entries {
            let written = key_text(key);
            let text = if written.contains('$') {
                let path = path::join(&way.path, &written);
                self.unescape(key, &written, &path)
            } else {
                Arc::clone(&written)
            };
            let way = way.key(&written, &text, &mut self.scratch);
            let value = self.expression(value, &way);
            properties.add(text, self.place(key, way.path), value);
        }
        Kind::Object(properties)
    }

    /// Returns the text of a key, in which `$$` is a dollar sign.
    fn unescape(&mut self, key: &Node, written: &str, path: &str) -> Arc<str> {
        let (parts, faults) = interpolation::parse(written, |_, _| None);
        for fault in faults {
            self.error(key, path, fault.message);
        }
        if parts.iter().any(|part| part.access.is_some()) {
            self.error(key, path, "object keys must be strings");
        }
        parts.into_iter().map(|part| part.text).collect::<String>().into()
    }

    fn scalar(&mut self, node: &Node, text: &Arc<str>, path: &str) -> Kind {
        match meaning(node) {
            Some(Resolved::Null) | None => Kind::Null,
            Some(Resolved::Bool(value)) => Kind::Bool(value),
            Some(Resolved::Int(value)) => Kind::Number(value.into()),
            Some(Resolved::Uint(value)) => Kind::Number(value.into()),
            Some(Resolved::Float(value)) => Kind::Number(Number::from_text(yaml::format_float(value))),
            Some(Resolved::String | Resolved::Timestamp(_) | Resolved::Binary | Resolved::Merge) => {
                self.text(node, text, path)
            }
        }
    }

    fn text(&mut self, node: &Node, text: &Arc<str>, path: &str) -> Kind {
        if !text.contains('$') {
            return Kind::Text(Arc::clone(text));
        }
        let (mut parts, faults) = interpolation::parse(text, |start, end| stretch(node, text, start, end));
        for fault in faults {
            let mut place = Place::clone(&self.place(node, path));
            place.span = stretch(node, text, fault.start, fault.end).unwrap_or(place.span);
            self.diagnostics.push(place.error(fault.message));
        }
        match parts.as_mut_slice() {
            [] => Kind::Text("".into()),
            [part] if part.access.is_none() => Kind::Text(std::mem::take(&mut part.text).into()),
            [part] if part.text.is_empty() => Kind::Symbol(part.access.take().unwrap_or_default()),
            _ => Kind::Interpolation(parts),
        }
    }

    pub(super) fn place(&self, node: &Node, path: impl Into<Arc<str>>) -> Arc<Place> {
        let span = Span::new(self.start(node), node.span.end);
        Arc::new(Place { file: Some(Arc::clone(&self.file)), span, path: path.into() })
    }

    /// An absent value stands behind the colon or dash that it belongs to, and inside of brackets at what ends it.
    fn start(&self, node: &Node) -> Position {
        let mut start = node.position();
        let absent = node.span.start.offset == node.span.end.offset && node.properties.is_none();
        let Some(rest) = self.text[start.offset..].strip_prefix([':', '-']).filter(|_| absent) else {
            return start;
        };
        let ended = rest.trim_start_matches([' ', '\t']);
        let space = if ended.starts_with([',', '}', ']']) { rest.len() - ended.len() } else { 0 };
        start.offset += 1 + space;
        start.column += 1 + space as u32;
        start
    }

    pub(super) fn error(&mut self, node: &Node, path: impl Into<Arc<str>>, message: impl Into<String>) {
        let place = self.place(node, path);
        self.diagnostics.push(place.error(message));
    }
}

impl Properties {
    /// Adds an entry; one whose key was there before is rejected.
    fn add(&mut self, key: Arc<str>, place: Arc<Place>, value: Expression) {
        match self.entries.entry(key) {
            Entry::Occupied(earlier) => {
                self.rejected.push(place.error(format!("duplicate key {}", super::quote(earlier.key()))));
                self.repeated.push((Arc::clone(earlier.key()), value));
            }
            Entry::Vacant(free) => {
                free.insert(Box::new(Property { key: place, value }));
            }
        }
    }
}

/// Returns a key's text as written; `check` has refused all keys but strings.
pub(super) fn key_text(key: &Node) -> Arc<str> {
    key.as_scalar().map_or_else(|| "".into(), |scalar| Arc::clone(&scalar.text))
}

fn meaning(node: &Node) -> Option<Resolved> {
    yaml::resolve(node.as_scalar()?, node.tag.as_ref(), Flavour::Esc).ok()
}

/// Returns where bytes of a plain scalar's value stand; other styles hold escapes and line breaks.
///
/// As in Pulumi's evaluator a folded plain scalar counts as one line, and a wide character as two columns.
fn stretch(node: &Node, text: &str, start: usize, end: usize) -> Option<Span> {
    let plain = node.as_scalar()?.style == Style::Plain && node.tag.is_none();
    let from = node.position();
    let place = |offset: usize| -> Option<Position> {
        // Line breaks and tabs have no width. A fault may be inside of a character, whose bytes then count by themselves.
        let before = text.as_bytes().get(..offset)?;
        let shown = |text: &str| text.split(char::is_control).map(UnicodeWidthStr::width).sum::<usize>();
        let width = |chunk: std::str::Utf8Chunk<'_>| shown(chunk.valid()) + chunk.invalid().len();
        let width = if before.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            offset
        } else {
            before.utf8_chunks().map(width).sum()
        };
        let width = u32::try_from(width).ok()?;
        Some(Position { offset: from.offset + offset, line: from.line, column: from.column + width })
    };
    if plain { Some(Span::new(place(start)?, place(end)?)) } else { None }
}

fn unknown_field(name: &str) -> String {
    let mut fields = ["'description'", "'imports'", "'values'"];
    fields.sort_by_key(|field| crate::diagnostic::distance(name, field));
    format!(
        "Field '{name}' does not exist on Object 'environment'. Existing fields are: {}",
        fields.join(", ")
    )
}
