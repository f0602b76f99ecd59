//! The cluster's uid, written into a document; its form and its comments stay as they are.

use std::{io, io::Write as _, path::Path};

use serde_json::Value as Json;

use super::{Folder, LoadError, Loader as _};
use crate::yaml::{Document, Flavour, Kind, Node, parse, to_json};

/// Why an environment's file does not get the uid.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// The document can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The document is written in a way that leaves no sure place.
    #[error("`{file}` has no place where `values.cluster.uid` can be put safely")]
    NoPlace {
        /// The file.
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

impl Folder {
    /// Writes `values.cluster.uid` into an environment's own document, and returns the file's name.
    pub fn identify(&self, name: &str, uid: &str) -> Result<String, IdentifyError> {
        let document = self.load(name)?;
        let file = document.name.to_string();
        let Some(text) = with_cluster_uid(&document.text, uid) else {
            return Err(IdentifyError::NoPlace { file });
        };
        replace(&self.path(&file), &text)
            .map_err(|source| IdentifyError::Write { file: file.clone(), source })?;
        Ok(file)
    }
}

/// Puts a new content in a file's place at once; a link stays one, and so do the permissions.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    Ok(())
}

/// Returns the text with the uid in it, if that can be done by one insertion and changes nothing else.
fn with_cluster_uid(text: &str, uid: &str) -> Option<String> {
    let documents = parse(text).ok()?;
    let (at, insertion) = insertion(text, documents.first().and_then(|first| first.root.as_ref()), uid)?;
    let mut changed = text.to_owned();
    changed.insert_str(at, &insertion);
    let mut expected = json(&documents)?;
    expected["values"]["cluster"]["uid"] = uid.into();
    (json(&parse(&changed).ok()?)? == expected).then_some(changed)
}

/// Returns what the only document says; null where it is empty.
pub(super) fn json(documents: &[Document]) -> Option<Json> {
    match documents {
        [] | [Document { root: None, .. }] => Some(Json::Null),
        [Document { root: Some(root), .. }] => to_json(root, Flavour::Esc).ok(),
        _ => None,
    }
}

fn insertion(text: &str, root: Option<&Node>, uid: &str) -> Option<(usize, String)> {
    let Some(root) = root else { return Some(at_the_end(text, uid)) };
    match entry(root, "values") {
        Some((key, values)) => match entry(values, "cluster") {
            Some((_, cluster)) if entry(cluster, "uid").is_some() => None,
            Some((key, cluster)) => below(text, key, cluster, &format!("uid: {uid}")),
            None => below(text, key, values, &format!("cluster: {{ uid: {uid} }}")),
        },
        None if is_flow(text, root) => None,
        None => root.as_mapping().map(|_| at_the_end(text, uid)),
    }
}

pub(super) fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a (Node, Node)> {
    let is_named = |key: &Node| key.as_scalar().is_some_and(|scalar| &*scalar.text == name);
    node.as_mapping()?.iter().find(|(key, _)| is_named(key))
}

pub(super) fn is_flow(text: &str, node: &Node) -> bool {
    node.span.of(text).starts_with('{')
}

fn at_the_end(text: &str, uid: &str) -> (usize, String) {
    let end = newline(text);
    let before = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    (text.len(), format!("{before}values:{end}  cluster: {{ uid: {uid} }}{end}"))
}

/// Puts an entry first into the mapping that is `key`'s value.
pub(super) fn below(text: &str, key: &Node, value: &Node, entry: &str) -> Option<(usize, String)> {
    match &value.kind {
        Kind::Mapping(entries) if is_flow(text, value) => {
            let at = value.span.start.offset + 1;
            let after = match (entries.is_empty(), text[at..].starts_with([' ', '\n', '\r'])) {
                (true, true) => "",
                (true, false) => " ",
                (false, true) => ",",
                (false, false) => ", ",
            };
            Some((at, format!(" {entry}{after}")))
        }
        Kind::Mapping(entries) => line_after(text, key, entries.first()?.0.position().column, entry),
        // Nothing is written after the key.
        Kind::Scalar(scalar) if scalar.text.is_empty() && value.span.of(text).is_empty() => {
            line_after(text, key, key.position().column + 2, entry)
        }
        Kind::Scalar(_) | Kind::Sequence(_) | Kind::Alias(_) => None,
    }
}

/// Puts a line right after the one with the key, before whatever comments the next entry has.
fn line_after(text: &str, key: &Node, column: u32, entry: &str) -> Option<(usize, String)> {
    let indent = " ".repeat(usize::try_from(column).ok()?.saturating_sub(1));
    let end = newline(text);
    let rest = key.span.end.offset;
    Some(match text[rest..].find('\n') {
        Some(length) => (rest + length + 1, format!("{indent}{entry}{end}")),
        None => (text.len(), format!("{end}{indent}{entry}{end}")),
    })
}

pub(super) fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "6f1c2c0e-2b1d-4c58-9d57-0d6a1a2f7c11";

    #[test]
    fn the_uid_finds_its_place_and_all_else_stays() {
        let cases = [
            (
                "# Ours.\nimports: [base]\nvalues: # the values\n  # Opened first.\n  bootstrap: { a: 1 }\n",
                "# Ours.\nimports: [base]\nvalues: # the values\n  cluster: { uid: UID }\n  # Opened first.\n  bootstrap: { a: 1 }\n",
            ),
            (
                "values:\n    cluster:\n        # Where.\n        context: prod\n    a: 1\n",
                "values:\n    cluster:\n        uid: UID\n        # Where.\n        context: prod\n    a: 1\n",
            ),
            (
                "values: { cluster: { context: prod } }\n",
                "values: { cluster: { uid: UID, context: prod } }\n",
            ),
            ("values: {a: 1}", "values: { cluster: { uid: UID }, a: 1}"),
            ("values: {}\n", "values: { cluster: { uid: UID } }\n"),
            ("imports: [base]", "imports: [base]\nvalues:\n  cluster: { uid: UID }\n"),
            ("imports: [base]\nvalues:", "imports: [base]\nvalues:\n  cluster: { uid: UID }\n"),
            ("", "values:\n  cluster: { uid: UID }\n"),
            ("values:\r\n  a: 1\r\n", "values:\r\n  cluster: { uid: UID }\r\n  a: 1\r\n"),
        ];
        for (before, after) in cases {
            assert_eq!(
                with_cluster_uid(before, UID).as_deref(),
                Some(&*after.replace("UID", UID)),
                "{before}"
            );
        }
    }

    #[test]
    fn what_leaves_no_sure_place_is_not_touched() {
        for text in [
            "values: { cluster: { uid: other } }\n",
            "values: &all\n  a: 1\nmore: *all\n",
            "values:\n  cluster: ${imports.base.cluster}\n",
            "values: null\n",
            "{ imports: [base] }\n",
            "a: 1\n---\nb: 2\n",
            "values: [\n",
        ] {
            assert_eq!(with_cluster_uid(text, UID), None, "{text}");
        }
    }

    #[test]
    fn the_file_is_replaced_and_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("environments")).unwrap();
        let path = root.path().join("environments/prod.yaml");
        std::fs::write(&path, "values:\n  a: 1\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let folder = Folder::new(root.path());
        assert_eq!(folder.identify("prod", UID).unwrap(), "environments/prod.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("values:\n  cluster: {{ uid: {UID} }}\n  a: 1\n"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(matches!(folder.identify("prod", UID), Err(IdentifyError::NoPlace { .. })));
        assert!(matches!(folder.identify("absent", UID), Err(IdentifyError::Load(_))));
    }
}
