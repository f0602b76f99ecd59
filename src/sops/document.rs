//! A file as it lies there.

use std::path::Path;
use std::sync::Arc;

use crate::keys;

use super::error::{Error, Problem};
use super::format::Format;
use super::key_group::KeyGroup;
use super::metadata::{MasterKey, Metadata};
use super::tree::{Entry, Kind};
use super::{dotenv, ini, json, yaml};

/// An encrypted file: its values, still encrypted, and what it says about its encryption.
///
/// ```no_run
/// use eggtooth::keys::{Identities, Passphrases, ProcessEnvironment};
/// use eggtooth::sops::{Document, decrypt};
///
/// let environment: ProcessEnvironment = std::env::vars().collect();
/// let identities = Identities::discover(&environment, Passphrases::default());
/// let document = Document::load("bootstrap/secrets/production.sops.yaml".as_ref())?;
/// let plain = decrypt(&document, &identities)?;
/// # Ok::<(), eggtooth::sops::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) name: Arc<str>,
    pub(super) format: Format,
    pub(super) metadata: Metadata,
    /// The mappings of the documents, without `sops`; only YAML may have more than one.
    pub(super) branches: Vec<Vec<Entry>>,
}

impl Document {
    /// Reads a file; its name says the format.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name: Arc<str> = path.to_string_lossy().into();
        let content =
            std::fs::read(path).map_err(|source| Error::Read { file: Arc::clone(&name), source })?;
        Self::parse(&content, Format::of_path(path), name)
    }

    /// Reads the content of a file that messages call `name`.
    pub fn parse(content: &[u8], format: Format, name: impl Into<Arc<str>>) -> Result<Self, Error> {
        let name = name.into();
        let malformed = |source| Error::Malformed { file: Arc::clone(&name), source };
        let mut branches = read(content, format).map_err(malformed)?;
        let Some(metadata) = extract_metadata(&mut branches, format).map_err(malformed)? else {
            return Err(Error::NotEncrypted { file: name });
        };
        let metadata = Metadata::of_tree(&metadata).map_err(malformed)?;
        Ok(Self { name, format, metadata, branches })
    }

    /// Returns the name that messages call the file by.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the format that the file was read as.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the groups of keys that the document is encrypted for.
    ///
    /// A text that is no age recipient is an error, as nothing could be sealed for it again.
    pub fn key_groups(&self) -> Result<Vec<KeyGroup>, Error> {
        let group = |keys: &Vec<MasterKey>| {
            let mut group = KeyGroup::default();
            for key in keys {
                match key {
                    MasterKey::Age { recipient, .. } => group.recipients.push(recipient.parse()?),
                    MasterKey::Other(key) => group.others.push(key.clone()),
                }
            }
            Ok(group)
        };
        let groups: Result<_, keys::Error> = self.metadata.groups.iter().map(group).collect();
        groups.map_err(|source| {
            let source = Problem::Seal(Box::new(source));
            Error::Malformed { file: Arc::clone(&self.name), source }
        })
    }

    /// Returns what the document says about its encryption.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

fn read(content: &[u8], format: Format) -> Result<Vec<Vec<Entry>>, Problem> {
    match format {
        Format::Yaml => yaml::read(text(content)?),
        Format::Json | Format::Binary => Ok(vec![json::read(content)?]),
        Format::Dotenv => Ok(vec![dotenv::read(text(content)?)?]),
        Format::Ini => Ok(vec![ini::read(text(content)?)?]),
    }
}

fn text(content: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(content).map_err(|_| Problem::NotText)
}

/// Takes the metadata out of the documents; `None` where there is none.
fn extract_metadata(branches: &mut [Vec<Entry>], format: Format) -> Result<Option<Vec<Entry>>, Problem> {
    let Some(first) = branches.first_mut() else { return Ok(None) };
    match format {
        Format::Yaml | Format::Json | Format::Binary => Ok(extract_nested(branches)),
        Format::Dotenv => dotenv::extract_metadata(first),
        Format::Ini => ini::extract_metadata(first),
    }
}

/// Takes `sops` out of all documents and returns that of the first.
fn extract_nested(branches: &mut [Vec<Entry>]) -> Option<Vec<Entry>> {
    let is_metadata = |entry: &Entry| matches!(entry, Entry::Item(item) if &*item.key == "sops");
    let at = branches.first()?.iter().position(is_metadata)?;
    let metadata = match branches[0].remove(at) {
        Entry::Item(item) => match item.value.kind {
            Kind::Map(entries) => entries,
            Kind::Null | Kind::Leaf(_) | Kind::List(_) => return None,
        },
        Entry::Comment(_) => return None,
    };
    for branch in branches {
        branch.retain(|entry| !is_metadata(entry));
    }
    Some(metadata)
}
