//! Edits of a document together with its keys.

use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::secret::Secret;

use super::decrypt::decrypt_values;
use super::document::{Document, extract_metadata, text_of};
use super::error::{Error, Problem};
use super::fields;
use super::format::Format;
use super::key_group::OtherKey;
use super::metadata::Metadata;
use super::opened::Opened;
use super::section::{self, Section};
use super::source::{Source, replace};
use super::tree::{Entry, Item};
use super::unseal::same_value;

/// The metadata that an editor may change.
const KEYS: [&str; 3] = ["age", "key_groups", "shamir_threshold"];

impl Opened {
    /// As [`Opened::editable`], with the metadata.
    pub fn editable_with_keys(&self) -> Result<Secret<Vec<u8>>, Error> {
        let format = self.document.format;
        if format == Format::Binary {
            return Err(
                self.malformed(Problem::Format("its editor has no place for the metadata of a binary"))
            );
        }
        let plain = self.editable()?;
        #[expect(clippy::disallowed_methods, reason = "the metadata is put beside the values")]
        let plain = text_of(plain.expose()).map_err(|source| self.malformed(source))?;
        let section = self.section_text(&self.document.fields).map_err(|source| self.malformed(source))?;
        let source = Source::read(plain, format).map_err(|source| self.malformed(source))?;
        let branch = source.branches.first().ok_or_else(|| self.malformed(Problem::Empty))?;
        let change = section::join(plain, branch, format, &section, branch.indent(plain));
        let text = replace(plain, vec![change]);
        let text =
            text.ok_or_else(|| self.malformed(Problem::Format("its metadata has no place of its own")))?;
        Ok(Secret::new(text.into_bytes()))
    }

    /// Encrypts an edited form of what [`Opened::editable_with_keys`] returned, for the keys that it names.
    ///
    /// A new recipient needs no `enc`. Only keys and their threshold can be changed in the metadata.
    pub fn edit_with_keys(&self, edited: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let shown = self.editable_with_keys()?;
        #[expect(clippy::disallowed_methods, reason = "it is compared with what was edited")]
        let shown = shown.expose();
        let (before, _) = self.part(shown)?;
        let (typed, fields) = self.part(edited)?;
        self.check_fields(&fields)?;
        let metadata = Metadata::of_tree(&fields).map_err(|source| self.malformed(source))?;
        let groups = metadata.key_groups();
        let groups = groups.map_err(|error| self.malformed(Problem::Seal(Box::new(error))))?;
        let threshold = metadata.quorum();
        if before == typed {
            return self.update_keys(&groups, threshold);
        }
        let written = self.edit(typed.as_bytes(), now)?;
        let document = Document::parse(&written, self.document.format, Arc::clone(&self.document.name))?;
        let (plain, _) = decrypt_values(&document, &self.key)?;
        let (key, parts) = (self.key.clone(), self.parts.clone());
        Opened { document, key, parts, plain }.update_keys(&groups, threshold)
    }

    /// Parts a text in its plain values and the fields of its metadata.
    fn part(&self, text: &[u8]) -> Result<(Zeroizing<String>, Vec<Entry>), Error> {
        let format = self.document.format;
        let malformed = |source| self.malformed(source);
        let text = text_of(text).map_err(malformed)?;
        let mut source = Source::read(text, format).map_err(malformed)?;
        let sections = source.branches.iter().filter_map(|branch| Section::find(text, branch, format));
        let cuts = sections.flat_map(|section| section.cuts).map(|cut| (cut, String::new()));
        let plain = replace(text, cuts.collect()).map(Zeroizing::new);
        let fields = extract_metadata(&mut source.branches, format).map_err(malformed)?;
        match (plain, fields) {
            (Some(plain), Some(fields)) => Ok((plain, fields)),
            _ => Err(Error::NotEncrypted { file: Arc::clone(&self.document.name) }),
        }
    }

    /// Refuses metadata that differs in anything but its keys.
    fn check_fields(&self, fields: &[Entry]) -> Result<(), Error> {
        let is_key = |item: &Item| KEYS.contains(&&*item.key) || OtherKey::KINDS.contains(&&*item.key);
        let fixed = |fields: &[Entry]| -> Vec<Item> {
            let items = fields.iter().filter_map(|entry| match entry {
                Entry::Item(item) if !is_key(item) => Some(item.clone()),
                Entry::Item(_) | Entry::Comment(_) => None,
            });
            items.collect()
        };
        let (ours, theirs) = (fixed(&self.document.fields), fixed(fields));
        let is_kept =
            |item: &Item| fields::get(fields, &item.key).is_some_and(|value| same_value(value, &item.value));
        if ours.len() == theirs.len() && ours.iter().all(is_kept) {
            return Ok(());
        }
        Err(self.malformed(Problem::Format("only keys and their threshold can be changed in its metadata")))
    }
}
