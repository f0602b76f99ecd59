//! `sops diff`: which values differ.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{Session, SopsCommandError, decrypt::open, git::show, input::input_format};
use crate::cli::{
    args::sops::{Diff, InputType},
    exit::Exit,
    terminal::Terminal,
};
use crate::file::Original;
use crate::secret::Secret;
use crate::sops::{Document, Element, Entry, Kind, Scalar, Value};

pub(super) fn run(session: &Session<'_>, arguments: &Diff) -> Result<Exit, SopsCommandError> {
    let (old, new) = match &arguments.new {
        Some(new) => (Side::of(&arguments.old), Side::of(new)),
        None => (Side::committed(Path::new(&arguments.old)), Side::of(&arguments.old)),
    };
    let (old, new) = (old.document(session, &arguments.input)?, new.document(session, &arguments.input)?);
    let mut text = String::new();
    compare_recipients(&old, &new, &mut text);
    let (old, new) = (open(session, &old, false)?, open(session, &new, false)?);
    let old = values(old.plain().branches.iter().map(Vec::as_slice));
    let new = values(new.plain().branches.iter().map(Vec::as_slice));
    compare(&old, &new, arguments.show_values, &mut text);
    Terminal::data(text.as_bytes());
    Ok(if arguments.exit_code && !text.is_empty() { Exit::Failed } else { Exit::Done })
}

/// One side of the comparison.
enum Side {
    File(PathBuf),
    /// What `git show` calls so, with the name that says the format.
    Git {
        folder: PathBuf,
        object: String,
        name: PathBuf,
    },
}

impl Side {
    fn of(text: &str) -> Self {
        match text.rsplit_once(':') {
            Some((_, name)) if !Path::new(text).exists() => {
                Self::Git { folder: PathBuf::from("."), object: text.to_owned(), name: PathBuf::from(name) }
            }
            _ => Self::File(PathBuf::from(text)),
        }
    }

    /// The file as it was committed last.
    fn committed(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = file.file_name().unwrap_or_default();
        let object = format!("HEAD:./{}", name.to_string_lossy());
        Self::Git { folder: folder.to_owned(), object, name: name.into() }
    }

    fn document(&self, session: &Session<'_>, input: &InputType) -> Result<Document, SopsCommandError> {
        Ok(match self {
            Self::File(path) => {
                let original = Original::read(path)?;
                Document::parse(original.content(), input_format(path, input), path.to_string_lossy())?
            }
            Self::Git { folder, object, name } => {
                let content = show(session, folder, object)?;
                Document::parse(&content, input_format(name, input), object.as_str())?
            }
        })
    }
}

fn compare_recipients(old: &Document, new: &Document, text: &mut String) {
    let (old, new) = (old.metadata().recipients(), new.metadata().recipients());
    // Writing into a String does not fail.
    for name in new.iter().filter(|name| !old.contains(name)) {
        let _ = writeln!(text, "+ recipient {name}");
    }
    for name in old.iter().filter(|name| !new.contains(name)) {
        let _ = writeln!(text, "- recipient {name}");
    }
}

/// A value at the end of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Null,
    Empty(&'static str),
    Scalar { value: Secret<Scalar>, encrypted: bool },
}

impl End {
    /// Says whether it is a ciphertext as it lies in a file.
    pub(super) fn is_ciphertext(&self) -> bool {
        match self {
            Self::Scalar { value, .. } => {
                #[expect(clippy::disallowed_methods, reason = "only its form is looked at")]
                let scalar = value.expose();
                matches!(scalar, Scalar::String(text) if text.starts_with("ENC[AES256_GCM,"))
            }
            Self::Null | Self::Empty(_) => false,
        }
    }
}

/// Returns all values with their paths; with several documents, their number is the first step.
pub(super) fn values<'a>(
    branches: impl IntoIterator<Item = &'a [Entry], IntoIter: ExactSizeIterator>,
) -> BTreeMap<String, End> {
    let branches = branches.into_iter();
    let several = branches.len() > 1;
    let mut found = BTreeMap::new();
    for (index, branch) in branches.enumerate() {
        let path = if several { format!("document {}: ", index + 1) } else { String::new() };
        collect_map(branch, &path, &mut found);
    }
    found
}

fn collect_map(entries: &[Entry], path: &str, found: &mut BTreeMap<String, End>) {
    for entry in entries {
        if let Entry::Item(item) = entry {
            collect_value(&item.value, format!("{path}[\"{}\"]", item.key), found);
        }
    }
}

fn collect_value(value: &Value, path: String, found: &mut BTreeMap<String, End>) {
    match &value.kind {
        Kind::Null => drop(found.insert(path, End::Null)),
        Kind::Leaf(leaf) => {
            let end = End::Scalar { value: leaf.value.clone(), encrypted: leaf.encrypted };
            found.insert(path, end);
        }
        Kind::Map(entries) if entries.is_empty() => drop(found.insert(path, End::Empty("{}"))),
        Kind::Map(entries) => collect_map(entries, &path, found),
        Kind::List(elements) => {
            let values = elements.iter().filter_map(|element| match element {
                Element::Value(value) => Some(value),
                Element::Comment(_) => None,
            });
            let mut length = 0;
            for (index, value) in values.enumerate() {
                collect_value(value, format!("{path}[{index}]"), found);
                length = index + 1;
            }
            if length == 0 {
                found.insert(path, End::Empty("[]"));
            }
        }
    }
}

fn compare(old: &BTreeMap<String, End>, new: &BTreeMap<String, End>, show: bool, text: &mut String) {
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        // Writing into a String does not fail.
        let _ = match (old.get(path), new.get(path)) {
            (Some(before), Some(after)) if before == after => Ok(()),
            (Some(before), Some(after)) => {
                let hint = change(before, after);
                if show {
                    writeln!(text, "~ {path}: {} became {}{hint}", display(before), display(after))
                } else {
                    writeln!(text, "~ {path}{hint}")
                }
            }
            (None, Some(end)) if show => writeln!(text, "+ {path}: {}", display(end)),
            (Some(end), None) if show => writeln!(text, "- {path}: {}", display(end)),
            (None, Some(_)) => writeln!(text, "+ {path}"),
            (Some(_), None) => writeln!(text, "- {path}"),
            (None, None) => Ok(()),
        };
    }
}

/// That a value was put in the open, or out of it, matters more than any other change.
fn change(before: &End, after: &End) -> &'static str {
    let encrypted = |end: &End| match end {
        End::Scalar { encrypted, .. } => Some(*encrypted),
        End::Null | End::Empty(_) => None,
    };
    match (encrypted(before), encrypted(after)) {
        (Some(true), Some(false)) => " (no longer encrypted)",
        (Some(false), Some(true)) => " (now encrypted)",
        _ => "",
    }
}

/// Writes a value as JSON, which shows its type.
fn display(end: &End) -> String {
    match end {
        End::Null => "null".to_owned(),
        End::Empty(text) => (*text).to_owned(),
        End::Scalar { value, .. } => {
            #[expect(clippy::disallowed_methods, reason = "the user asked for the values")]
            let scalar = value.expose();
            match scalar {
                Scalar::String(text) => serde_json::Value::from(text.as_str()).to_string(),
                Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) | Scalar::Bytes(_) => {
                    scalar.to_text()
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, encrypted: bool) -> End {
        End::Scalar { value: Secret::new(Scalar::String(text.to_owned())), encrypted }
    }

    fn differences(show: bool) -> String {
        let side =
            |ends: &[(&str, End)]| ends.iter().map(|(path, end)| ((*path).to_owned(), end.clone())).collect();
        let old = side(&[("[\"a\"]", end("egg", true)), ("[\"b\"]", End::Null), ("[\"c\"]", end("x", true))]);
        let new = side(&[
            ("[\"a\"]", end("hen", true)),
            ("[\"c\"]", end("x", false)),
            ("[\"d\"]", End::Empty("[]")),
        ]);
        let mut text = String::new();
        compare(&old, &new, show, &mut text);
        text
    }

    #[test]
    fn changes_are_told_without_values() {
        assert_eq!(differences(false), "~ [\"a\"]\n- [\"b\"]\n~ [\"c\"] (no longer encrypted)\n+ [\"d\"]\n");
    }

    #[test]
    fn values_are_told_when_asked_for() {
        assert!(differences(true).starts_with("~ [\"a\"]: \"egg\" became \"hen\"\n- [\"b\"]: null\n"));
    }
}
