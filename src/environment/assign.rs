//! A value put into a document, or found to belong into a SOPS file; form and comments stay as they are.

use std::{collections::BTreeSet, io};

use serde_json::Value as Json;

use super::identify::{below, entry, is_flow, json, newline, replace};
use super::{Folder, LoadError, Loader, plain_secrets, steps as read_path};
use crate::diagnostic::Source;
use crate::yaml::{Flavour, Kind, Node, parse, to_json};

/// Where a value belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into the environment's own document.
    Document,
    /// Into a SOPS file of the project, at this path.
    Sops {
        /// The file, from the project's root.
        file: String,
        /// The keys and indexes that lead to the value.
        path: Vec<String>,
    },
}

/// Why a value is not set.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// The document can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The path is none.
    #[error("`{0}` is no path of a value: a.b[0]")]
    Path(String),
    /// A secret has no SOPS file to go to.
    #[error("`{path}` comes from no SOPS file, and a secret is never written into `{file}`; {}", open(known))]
    NoSops {
        /// The path.
        path: String,
        /// The document.
        file: String,
        /// The values that are SOPS files.
        known: Vec<String>,
    },
    /// What was given as a plain value looks like a secret.
    #[error(
        "what is given for `{path}` looks like a secret, and would stand in `{file}` in plain text: use --secret"
    )]
    LooksSecret {
        /// The path.
        path: String,
        /// The document.
        file: String,
    },
    /// The document is written in a way that leaves no sure place.
    #[error("`{file}` has no place where `{path}` can be put safely; write it there by hand")]
    NoPlace {
        /// The path.
        path: String,
        /// The document.
        file: String,
    },
    /// The file can't be written.
    #[error("write `{file}`")]
    Write {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn open(known: &[String]) -> String {
    match known.first() {
        Some(first) => format!("set it in one, as `{first}.NAME`, and refer to it by `${{{first}.NAME}}`"),
        None => "open one by `fn::open::sops` first".to_owned(),
    }
}

/// How many references are followed.
const FARTHEST: usize = 20;

impl Folder {
    /// Returns where the value of a path belongs: where it comes from, through references and imports.
    pub fn destination(&self, name: &str, path: &str) -> Result<Destination, AssignError> {
        let steps = read_path(path).filter(|steps| !steps.is_empty());
        let mut steps = steps.ok_or_else(|| AssignError::Path(path.to_owned()))?;
        let mut environment = name.to_owned();
        self.load(name)?;
        for _ in 0..FARTHEST {
            let Some((holder, document)) = self.holder(&environment, &steps[0], &mut BTreeSet::new()) else {
                break;
            };
            match follow(&document, &steps) {
                Found::Sops { file, path } => return Ok(Destination::Sops { file, path }),
                Found::Reference(target) => {
                    environment = holder;
                    steps = target;
                    if steps.len() > 2 && steps[0] == "imports" {
                        environment = steps.remove(1);
                        steps.remove(0);
                    }
                }
                Found::Nothing => break,
            }
        }
        Ok(Destination::Document)
    }

    /// Returns the error that a secret at this path belongs into no file.
    pub fn no_sops(&self, name: &str, path: &str) -> AssignError {
        let document = match self.load(name) {
            Ok(document) => document,
            Err(error) => return error.into(),
        };
        let documents = parse(&document.text).unwrap_or_default();
        let values =
            documents.first().and_then(|first| first.root.as_ref()).and_then(|root| entry(root, "values"));
        let entries = values.and_then(|(_, values)| values.as_mapping()).unwrap_or_default();
        let opens = |value: &Node| entry(value, "fn::open::sops").is_some();
        let known = entries.iter().filter(|(_, value)| opens(value)).filter_map(|(key, _)| key.as_scalar());
        AssignError::NoSops {
            path: path.to_owned(),
            file: document.name.to_string(),
            known: known.map(|key| key.text.to_string()).collect(),
        }
    }

    /// Writes a plain value into an environment's own document, and returns the file's name.
    ///
    /// The value is YAML on one line; what is none is a text.
    pub fn assign(&self, name: &str, path: &str, value: &str) -> Result<String, AssignError> {
        let steps = read_path(path).filter(|steps| !steps.is_empty());
        let steps = steps.ok_or_else(|| AssignError::Path(path.to_owned()))?;
        let document = self.load(name)?;
        let file = document.name.to_string();
        let Some(text) = with_value(&document.text, &steps, value) else {
            return Err(AssignError::NoPlace { path: path.to_owned(), file });
        };
        let suspicions = |text: &str| plain_secrets(&Source::new(file.as_str(), text)).len();
        if suspicions(&text) > suspicions(&document.text) {
            return Err(AssignError::LooksSecret { path: path.to_owned(), file });
        }
        replace(&self.path(&file), &text)
            .map_err(|source| AssignError::Write { file: file.clone(), source })?;
        Ok(file)
    }

    /// Returns the environment whose own document has a value, with the document: this one, else the last import.
    fn holder(&self, name: &str, key: &str, seen: &mut BTreeSet<String>) -> Option<(String, Source)> {
        if !seen.insert(name.to_owned()) {
            return None;
        }
        let document = self.load(name).ok()?;
        let documents = parse(&document.text).ok()?;
        let root = documents.first()?.root.as_ref()?;
        if entry(root, "values").is_some_and(|(_, values)| entry(values, key).is_some()) {
            return Some((name.to_owned(), document));
        }
        let imports =
            entry(root, "imports").and_then(|(_, imports)| imports.as_sequence()).unwrap_or_default();
        let names = imports.iter().rev().filter_map(Node::as_scalar);
        names
            .map(|name| name.text.to_string())
            .collect::<Vec<_>>()
            .iter()
            .find_map(|name| self.holder(name, key, seen))
    }
}

/// Where a path leads in one document.
enum Found {
    Sops {
        file: String,
        path: Vec<String>,
    },
    /// To another path.
    Reference(Vec<String>),
    Nothing,
}

fn follow(document: &Source, steps: &[String]) -> Found {
    let documents = parse(&document.text).unwrap_or_default();
    let root = documents.first().and_then(|first| first.root.as_ref());
    let Some((_, values)) = root.and_then(|root| entry(root, "values")) else { return Found::Nothing };
    let mut node = values;
    let mut rest = steps;
    loop {
        if let Some((_, inputs)) = entry(node, "fn::open::sops") {
            let text = |name: &str| Some(entry(inputs, name)?.1.as_scalar()?.text.to_string());
            let Some(file) = text("path").filter(|file| !file.contains("${")) else { return Found::Nothing };
            let mut path = text("extract").and_then(|extract| read_path(&extract)).unwrap_or_default();
            path.extend_from_slice(rest);
            return if path.is_empty() { Found::Nothing } else { Found::Sops { file, path } };
        }
        if let Some(scalar) = node.as_scalar() {
            let access = scalar.text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
            let Some(mut target) = access.and_then(read_path) else { return Found::Nothing };
            target.extend_from_slice(rest);
            return Found::Reference(target);
        }
        let Some((step, after)) = rest.split_first() else { return Found::Nothing };
        let Some(next) = child(node, step) else { return Found::Nothing };
        (node, rest) = (next, after);
    }
}

fn child<'a>(node: &'a Node, step: &str) -> Option<&'a Node> {
    match &node.kind {
        Kind::Mapping(_) => entry(node, step).map(|(_, value)| value),
        Kind::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        Kind::Scalar(_) | Kind::Alias(_) => None,
    }
}

/// Returns the text with the value in it, if that changes nothing else.
fn with_value(text: &str, steps: &[String], value: &str) -> Option<String> {
    let documents = parse(text).ok()?;
    let (written, wanted) = literal(value);
    let mut expected = json(&documents)?;
    let mut path = vec!["values".to_owned()];
    path.extend_from_slice(steps);
    put(&mut expected, &path, &wanted)?;
    let root = documents.first().and_then(|first| first.root.as_ref());
    let changes =
        root.map_or_else(|| at_the_end(text, &path, &written), |root| changes(text, root, &path, &written));
    changes.into_iter().find(|changed| {
        parse(changed).ok().and_then(|documents| json(&documents)).is_some_and(|found| found == expected)
    })
}

/// Returns how a value is written on one line, and what it then is.
fn literal(value: &str) -> (String, Json) {
    let quoted = || (Json::from(value).to_string(), Json::from(value));
    // What would end the line, or begin a comment.
    if value.trim() != value
        || value.contains('\n')
        || value.contains('\r')
        || value.contains(" #")
        || value.is_empty()
    {
        return quoted();
    }
    let read = |value: &str| {
        let documents = parse(value).ok()?;
        let [only] = documents.as_slice() else { return None };
        to_json(only.root.as_ref()?, Flavour::Esc).ok()
    };
    match (read(value), read(&format!("{{ a: {value} }}"))) {
        // The same inside of braces, so that it can stand anywhere.
        (Some(alone), Some(inside)) if inside["a"] == alone => (value.to_owned(), alone),
        _ => quoted(),
    }
}

fn put(json: &mut Json, path: &[String], value: &Json) -> Option<()> {
    let Some((step, rest)) = path.split_first() else {
        *json = value.clone();
        return Some(());
    };
    match json {
        Json::Null => {
            *json = Json::Object(serde_json::Map::new());
            put(json, path, value)
        }
        Json::Object(entries) => put(entries.entry(step.as_str()).or_insert(Json::Null), rest, value),
        Json::Array(items) => put(items.get_mut(step.parse::<usize>().ok()?)?, rest, value),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    }
}

/// Returns the ways to write it, the best first.
fn changes(text: &str, root: &Node, path: &[String], value: &str) -> Vec<String> {
    let (mut node, mut key, mut depth) = (root, None, 0);
    while depth < path.len() {
        let Some(next) = child(node, &path[depth]) else { break };
        key = entry(node, &path[depth]).map(|(key, _)| key);
        (node, depth) = (next, depth + 1);
    }
    if depth == path.len() {
        let old = node.span.of(text);
        let end = if old.ends_with('\n') { newline(text) } else { "" };
        let separator = if old.is_empty() { " " } else { "" };
        let span = node.span.start.offset..node.span.end.offset;
        let mut changed = text.to_owned();
        changed.replace_range(span, &format!("{separator}{value}{end}"));
        return vec![changed];
    }
    if depth == 0 {
        return at_the_end(text, path, value);
    }
    let entry = nested(&path[depth..], value);
    let insert = |(at, insertion): (usize, String)| {
        let mut changed = text.to_owned();
        changed.insert_str(at, &insertion);
        changed
    };
    let first = match key {
        Some(key) => below(text, key, node, &entry),
        None => None,
    };
    after_the_last(text, node, &entry).into_iter().chain(first).map(insert).collect()
}

/// Puts a line behind the last entry of a mapping that is written line by line.
fn after_the_last(text: &str, node: &Node, entry: &str) -> Option<(usize, String)> {
    let entries = node.as_mapping()?;
    if is_flow(text, node) {
        return None;
    }
    let (key, value) = entries.last()?;
    let indent = " ".repeat(usize::try_from(entries.first()?.0.position().column).ok()?.saturating_sub(1));
    let end = value.span.end.offset.max(key.span.end.offset);
    // A block of lines ends with its line; anything else somewhere on it.
    let at = if text[..end].ends_with('\n') {
        Some(end)
    } else {
        text[end..].find('\n').map(|length| end + length + 1)
    };
    let line = newline(text);
    Some(match at {
        Some(at) => (at, format!("{indent}{entry}{line}")),
        None => (text.len(), format!("{line}{indent}{entry}{line}")),
    })
}

fn at_the_end(text: &str, path: &[String], value: &str) -> Vec<String> {
    let line = newline(text);
    let before = if text.is_empty() || text.ends_with('\n') { "" } else { line };
    let values = nested(&path[1..], value);
    vec![format!("{text}{before}values:{line}  {values}{line}")]
}

/// `a: { b: value }`.
fn nested(path: &[String], value: &str) -> String {
    let mut keys = path.iter().rev().map(|key| {
        let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            && key.starts_with(|first: char| first.is_ascii_alphabetic());
        if plain { key.clone() } else { Json::from(key.as_str()).to_string() }
    });
    let last = keys.next().map_or_else(String::new, |key| format!("{key}: {value}"));
    keys.fold(last, |inner, key| format!("{key}: {{ {inner} }}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, path: &str, value: &str) -> Option<String> {
        with_value(text, &read_path(path).unwrap(), value)
    }

    #[test]
    fn a_value_is_replaced_or_added_and_all_else_stays() {
        let cases = [
            (
                "# Ours.\nvalues:\n  a: 1 # one\n  b: 2\n",
                "a",
                "3",
                "# Ours.\nvalues:\n  a: 3 # one\n  b: 2\n",
            ),
            ("values:\n  a: {x: 1, y: [1, 2]}\n", "a.y[1]", "five", "values:\n  a: {x: 1, y: [1, five]}\n"),
            (
                "values:\n  a:\n    b: 1\n  # Last.\n  c: 2\n",
                "a.d",
                "x y",
                "values:\n  a:\n    b: 1\n    d: x y\n  # Last.\n  c: 2\n",
            ),
            ("values:\n  a: 1\n", "b.c.d", "true", "values:\n  a: 1\n  b: { c: { d: true } }\n"),
            ("values: { a: 1 }\n", "b", "2", "values: { b: 2, a: 1 }\n"),
            ("imports: [base]\n", "a", "1", "imports: [base]\nvalues:\n  a: 1\n"),
            ("", "a", "1", "values:\n  a: 1\n"),
            ("values:\n  a: 1", "b", "2", "values:\n  a: 1\n  b: 2\n"),
            ("values:\n  a: 1\n", "a", "x # y", "values:\n  a: \"x # y\"\n"),
            ("values:\n  a: 1\n", "a", "two\nlines", "values:\n  a: \"two\\nlines\"\n"),
            ("values:\n  a: 1\n", "a", "x: y", "values:\n  a: \"x: y\"\n"),
            ("values:\n  a: 1\n", "a", "${b.c}", "values:\n  a: \"${b.c}\"\n"),
            ("values:\n  a: 1\n", "[\"x y\"]", "1", "values:\n  a: 1\n  \"x y\": 1\n"),
            ("values:\r\n  a: 1\r\n", "b", "2", "values:\r\n  a: 1\r\n  b: 2\r\n"),
        ];
        for (before, path, value, after) in cases {
            assert_eq!(set(before, path, value).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn what_leaves_no_sure_place_is_not_touched() {
        for (text, path) in
            [("values:\n  a: 1\n", "a.b"), ("values:\n  a: [1]\n", "a[3]"), ("a: 1\n---\nb: 2\n", "a")]
        {
            assert_eq!(set(text, path, "1"), None, "{text}");
        }
    }

    fn project() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(root.path().join("environments").join(name), text).unwrap();
        };
        std::fs::create_dir_all(root.path().join("environments")).unwrap();
        write(
            "prod.yaml",
            "imports: [base]\nvalues:\n  bootstrap: {fn::open::sops: {path: s.yaml, extract: prod}}\n  stacks:\n    store: {token: '${bootstrap.connect.token}', other: '${shared.key}', plain: '${plain}'}\n  plain: x\n",
        );
        write("base.yaml", "values:\n  shared: {fn::open::sops: {path: base.yaml}}\n");
        let folder = Folder::new(root.path());
        (root, folder)
    }

    #[test]
    fn a_value_belongs_to_the_sops_file_that_it_comes_from() {
        let (_root, folder) = project();
        let sops = |file: &str, path: &[&str]| Destination::Sops {
            file: file.into(),
            path: path.iter().map(|step| (*step).to_owned()).collect(),
        };
        let find = |path: &str| folder.destination("prod", path).unwrap();
        assert_eq!(find("bootstrap.connect.token"), sops("s.yaml", &["prod", "connect", "token"]));
        assert_eq!(find("stacks.store.token"), sops("s.yaml", &["prod", "connect", "token"]));
        assert_eq!(find("stacks.store.other"), sops("base.yaml", &["key"]));
        assert_eq!(find("stacks.store.plain"), Destination::Document);
        assert_eq!(find("new.value"), Destination::Document);
    }

    #[test]
    fn a_secret_is_never_written_into_a_document() {
        let (root, folder) = project();
        let error = folder.no_sops("prod", "plain").to_string();
        assert!(error.contains("set it in one, as `bootstrap.NAME`"), "{error}");
        let before = std::fs::read_to_string(root.path().join("environments/prod.yaml")).unwrap();
        let refused = folder.assign("prod", "plain", "ghp_abcdefghijklmnopqrstuvwxyz0123456789");
        assert!(matches!(refused, Err(AssignError::LooksSecret { .. })));
        assert_eq!(std::fs::read_to_string(root.path().join("environments/prod.yaml")).unwrap(), before);
        assert_eq!(folder.assign("prod", "plain", "y").unwrap(), "environments/prod.yaml");
        let after = std::fs::read_to_string(root.path().join("environments/prod.yaml")).unwrap();
        assert_eq!(after, before.replace("plain: x", "plain: y"));
    }
}
