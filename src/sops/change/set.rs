//! Documents with one value more, less or other.

use jiff::Timestamp;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::sops::decrypt::Plain;
use crate::sops::error::{Error, Problem};
use crate::sops::fields::leaf;
use crate::sops::format::Format;
use crate::sops::opened::Opened;
use crate::sops::source::{Source, replace};
use crate::sops::tree::{Element, Entry, Item, Kind, Scalar, Value};
use crate::sops::unseal::{same, unseal};
use crate::sops::value_path::ValuePath;
use crate::sops::{json as json_text, yaml as yaml_text};

use super::change::{Change, find, set, unset, wrapped};
use super::{json, lines, yaml};

/// Stretches of a text with what they become.
pub(super) type Changes = Vec<(std::ops::Range<usize>, String)>;

impl Opened {
    /// Returns the value at `path` as `sops decrypt --extract` prints it: a text as it is, else a document.
    ///
    /// The empty path leads to the whole (first) document; [`Error::NoValue`] says that a path leads nowhere.
    pub fn get(&self, path: &ValuePath, format: Format) -> Result<Secret<Vec<u8>>, Error> {
        if path.steps().is_empty() {
            return self.plaintext(format);
        }
        let entries = self.plain.branches.first().map(Vec::as_slice).unwrap_or_default();
        let Ok(Change::There { value, rest: [], .. }) = find(entries, path) else {
            return Err(self.no_value(path));
        };
        if let Kind::Leaf(leaf) = &value.kind {
            #[expect(clippy::disallowed_methods, reason = "the user asked for the value")]
            let scalar = leaf.value.expose();
            if let Scalar::String(_) | Scalar::Bytes(_) = scalar {
                return Ok(Secret::new(scalar.bytes().into_owned()));
            }
        }
        let text = match format {
            Format::Yaml => yaml_text::write_value(value, None),
            Format::Json | Format::Binary | Format::Dotenv | Format::Ini => {
                let end = if matches!(value.kind, Kind::Map(_) | Kind::List(_)) { "\n" } else { "" };
                json_text::write_any(&value.kind, None, 0) + end
            }
        };
        Ok(Secret::new(text.into_bytes()))
    }

    /// Sets the value at `path`; mappings on the way are made, an index behind a list's end appends.
    pub fn set(&self, path: &ValuePath, value: &Json, now: Timestamp) -> Result<Vec<u8>, Error> {
        let format = self.document.format;
        let new = kind(value, format);
        self.change(now, |text, source| {
            let entries = source.branches.first().map(|branch| branch.entries.as_slice()).unwrap_or_default();
            let change = find(entries, path)?;
            if let Change::There { value, rest: [], .. } = &change
                && is_alike(value, &new)
            {
                return Ok(None);
            }
            let mut tree: Vec<Vec<Entry>> =
                source.branches.iter().map(|branch| branch.entries.clone()).collect();
            if let Some(first) = tree.first_mut() {
                set(first, path.steps(), new.clone());
            }
            let (Change::There { rest, .. } | Change::Missing { rest, .. }) = &change;
            let new = wrapped(rest, new.clone());
            let changes = match format {
                Format::Yaml => yaml::set(text, source, &change, new),
                Format::Json | Format::Binary => {
                    json::set(text, source, &change, &new, path.steps().len() - rest.len())
                }
                Format::Dotenv => lines::set_dotenv(text, &change, &new),
                Format::Ini => lines::set_ini(text, &change, &new),
            };
            Ok(Some((tree, changes)))
        })
    }

    /// Takes the value at `path` away with its key; none there is [`Error::NoValue`].
    pub fn unset(&self, path: &ValuePath, now: Timestamp) -> Result<Vec<u8>, Error> {
        let plain = self.plain.branches.first().map(Vec::as_slice).unwrap_or_default();
        if !matches!(find(plain, path), Ok(Change::There { rest: [], .. })) {
            return Err(self.no_value(path));
        }
        self.change(now, |text, source| {
            let entries = source.branches.first().map(|branch| branch.entries.as_slice()).unwrap_or_default();
            let change = find(entries, path)?;
            let mut tree: Vec<Vec<Entry>> =
                source.branches.iter().map(|branch| branch.entries.clone()).collect();
            if let Some(first) = tree.first_mut() {
                unset(first, path.steps());
            }
            let changes = match self.document.format {
                Format::Yaml => yaml::unset(text, source, &change),
                Format::Json | Format::Binary => json::unset(&change),
                Format::Dotenv | Format::Ini => lines::unset(text, &change),
            };
            Ok(Some((tree, changes)))
        })
    }

    /// Makes a change in the text where its layout allows that, else writes the text anew from the changed tree.
    fn change(
        &self,
        now: Timestamp,
        change: impl FnOnce(&str, &Source) -> Result<Option<(Vec<Vec<Entry>>, Option<Changes>)>, Problem>,
    ) -> Result<Vec<u8>, Error> {
        if self.document.format == Format::Binary {
            return Err(self.malformed(Problem::Format("a binary file has no single values")));
        }
        let unsealed = unseal(&self.document, &self.plain).map_err(|source| self.malformed(source))?;
        let source = self.read_plain(&unsealed.text)?;
        let changed = change(&unsealed.text, &source).map_err(|source| self.malformed(source))?;
        let Some((tree, changes)) = changed else { return Ok(self.bytes()) };
        let in_place =
            changes.and_then(|changes| replace(&unsealed.text, changes)).map(Zeroizing::new).filter(|text| {
                Source::read(text, self.document.format).is_ok_and(|read| same(&read.into_branches(), &tree))
            });
        let text = match in_place {
            Some(text) => text,
            None => Plain { format: self.document.format, branches: tree }
                .written(self.document.format, None)
                .map_err(|source| self.malformed(source))?,
        };
        self.write(&text, unsealed.reuse, now)
    }

    fn no_value(&self, path: &ValuePath) -> Error {
        Error::NoValue { file: self.document.name.clone(), path: path.clone() }
    }
}

/// Says whether a value is the new one already, of the same type.
fn is_alike(value: &Value, new: &Kind) -> bool {
    match (&value.kind, new) {
        (Kind::Null, Kind::Null) => true,
        #[expect(clippy::disallowed_methods, reason = "values are compared, not shown")]
        (Kind::Leaf(one), Kind::Leaf(other)) => one.value.expose() == other.value.expose(),
        (Kind::Map(one), Kind::Map(other)) => {
            let (one, other): (Vec<_>, Vec<_>) =
                (super::change::items(one).collect(), super::change::items(other).collect());
            one.len() == other.len()
                && one
                    .iter()
                    .zip(&other)
                    .all(|(one, other)| one.key == other.key && is_alike(&one.value, &other.value.kind))
        }
        (Kind::List(one), Kind::List(other)) => {
            let (one, other): (Vec<_>, Vec<_>) =
                (super::change::values(one).collect(), super::change::values(other).collect());
            one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| is_alike(one, &other.kind))
        }
        _ => false,
    }
}

/// Makes a tree of a JSON value; formats of lines know text only.
fn kind(value: &Json, format: Format) -> Kind {
    let scalar = |scalar: Scalar| match format {
        Format::Dotenv | Format::Ini => leaf(Scalar::String(scalar.to_text())),
        Format::Yaml | Format::Json | Format::Binary => leaf(scalar),
    };
    match value {
        Json::Null => Kind::Null,
        Json::Bool(value) => scalar(Scalar::Bool(*value)),
        Json::Number(number) => scalar(match number.as_i64() {
            Some(value) => Scalar::Int(value),
            None => Scalar::Float(number.as_f64().unwrap_or_default()),
        }),
        Json::String(text) => scalar(Scalar::String(text.clone())),
        Json::Array(values) => {
            let element = |value| Element::Value(Value { span: None, kind: kind(value, format) });
            Kind::List(values.iter().map(element).collect())
        }
        Json::Object(members) => {
            let entry = |(key, value): (&String, &Json)| {
                let value = Value { span: None, kind: kind(value, format) };
                Entry::Item(Item { key: key.as_str().into(), span: None, value })
            };
            Kind::Map(members.iter().map(entry).collect())
        }
    }
}
