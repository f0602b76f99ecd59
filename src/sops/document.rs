//! A file as it lies there.

use std::path::Path;
use std::sync::Arc;

use super::error::{Error, Problem};
use super::format::Format;
use super::key_group::KeyGroup;
use super::metadata::Metadata;
use super::section::Section;
use super::source::Source;
use super::tree::{Branch, Entry, Kind};
use super::{dotenv, ini};

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
    /// The metadata as a tree, with what Eggtooth does not know of.
    pub(super) fields: Vec<Entry>,
    pub(super) text: Arc<str>,
    /// The values, without the metadata; only YAML may have more than one branch.
    pub(super) source: Arc<Source>,
    /// The metadata's places, of each document.
    pub(super) sections: Vec<Section>,
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
        let text: Arc<str> = text_of(content).map_err(malformed)?.into();
        let mut source = Source::read(&text, format).map_err(malformed)?;
        let sections =
            source.branches.iter().filter_map(|branch| Section::find(&text, branch, format)).collect();
        let Some(fields) = extract_metadata(&mut source.branches, format).map_err(malformed)? else {
            return Err(Error::NotEncrypted { file: name });
        };
        let metadata = Metadata::of_tree(&fields).map_err(malformed)?;
        Ok(Self { name, format, metadata, fields, text, source: Arc::new(source), sections })
    }

    /// Returns the name that messages call the file by.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the values as they lie there, ciphertexts and all: one mapping a document.
    pub fn branches(&self) -> Vec<&[Entry]> {
        self.source.branches.iter().map(|branch| branch.entries.as_slice()).collect()
    }

    /// Returns the format that the file was read as.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the groups of keys that the document is encrypted for.
    ///
    /// A text that is no age recipient is an error, as nothing could be sealed for it again.
    pub fn key_groups(&self) -> Result<Vec<KeyGroup>, Error> {
        self.metadata.key_groups().map_err(|source| {
            let source = Problem::Seal(Box::new(source));
            Error::Malformed { file: Arc::clone(&self.name), source }
        })
    }

    /// Returns what the document says about its encryption.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

pub(super) fn text_of(content: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(content).map_err(|_| Problem::NotText)
}

/// Takes the metadata out of the documents; `None` where there is none.
pub(super) fn extract_metadata(
    branches: &mut [Branch],
    format: Format,
) -> Result<Option<Vec<Entry>>, Problem> {
    let Some(first) = branches.first_mut() else { return Ok(None) };
    match format {
        Format::Yaml | Format::Json | Format::Binary => Ok(extract_nested(branches)),
        Format::Dotenv => dotenv::extract_metadata(&mut first.entries),
        Format::Ini => ini::extract_metadata(&mut first.entries),
    }
}

/// Takes `sops` out of all documents and returns that of the first.
fn extract_nested(branches: &mut [Branch]) -> Option<Vec<Entry>> {
    let is_metadata = |entry: &Entry| matches!(entry, Entry::Item(item) if &*item.key == "sops");
    let at = branches.first()?.entries.iter().position(is_metadata)?;
    let metadata = match branches[0].entries.remove(at) {
        Entry::Item(item) => match item.value.kind {
            Kind::Map(entries) => entries,
            Kind::Null | Kind::Leaf(_) | Kind::List(_) => return None,
        },
        Entry::Comment(_) => return None,
    };
    for branch in branches {
        branch.entries.retain(|entry| !is_metadata(entry));
    }
    Some(metadata)
}
