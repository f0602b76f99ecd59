//! Documents with other values.

use std::sync::Arc;

use jiff::Timestamp;

use crate::secret::Secret;

use super::cipher::DataKey;
use super::document::text_of;
use super::encrypt::{Writer, seconds};
use super::error::{Error, Problem};
use super::fields;
use super::format::Format;
use super::opened::Opened;
use super::reuse::Reuse;
use super::seal::Sealed;
use super::section::{self, Section};
use super::source::{Source, replace};
use super::tree::{Entry, Kind, Scalar};
use super::unseal::unseal;

impl Opened {
    /// Returns the decrypted document in its own layout, for an editor: as in the file, but with plain values and
    /// without metadata.
    pub fn editable(&self) -> Result<Secret<Vec<u8>>, Error> {
        if self.document.format == Format::Binary {
            return self.plaintext(Format::Binary);
        }
        let mut unsealed = unseal(&self.document, &self.plain).map_err(|source| self.malformed(source))?;
        Ok(Secret::new(std::mem::take(&mut *unsealed.text).into_bytes()))
    }

    /// Encrypts an edited form of what [`Opened::editable`] or [`Opened::plaintext`] returned.
    ///
    /// Its layout is kept, and so is the ciphertext of each value that is in the same place as before.
    pub fn edit(&self, new_plain: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        #[expect(clippy::disallowed_methods, reason = "it is compared with what was edited")]
        let as_printed = |format| self.plaintext(format).is_ok_and(|text| text.expose() == new_plain);
        if as_printed(self.document.format) {
            return Ok(self.bytes());
        }
        if self.document.format == Format::Binary {
            let now = seconds(now);
            return self.write_binary(new_plain, &self.key, |mac| {
                self.new_section(&now, &self.key.encrypt(mac.as_bytes(), "str", &now))
            });
        }
        let unsealed = unseal(&self.document, &self.plain).map_err(|source| self.malformed(source))?;
        if unsealed.text.as_bytes() == new_plain {
            return Ok(self.bytes());
        }
        let text = text_of(new_plain).map_err(|source| self.malformed(source))?;
        self.write(text, unsealed.reuse, now)
    }

    /// Returns the document as it was read.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.document.text.as_bytes().to_vec()
    }

    /// Encrypts a plain text with the same data key. Where no value and no layout changed, nothing changes.
    pub(super) fn write(&self, text: &str, reuse: Reuse, now: Timestamp) -> Result<Vec<u8>, Error> {
        let source = self.read_plain(text)?;
        let now = seconds(now);
        let section = |sealed: &Sealed, _: &str, _: &Source| {
            let mac = self.key.encrypt(sealed.mac.as_bytes(), "str", &now);
            match self.refreshed_section(&now, &mac) {
                Some(section) => Ok(section),
                None => self.new_section(&now, &mac),
            }
        };
        let written = self.writer(&self.key).write(text, source, || reuse.clone(), section)?;
        if self.same_but_state(&written) { Ok(self.bytes()) } else { Ok(written.into_bytes()) }
    }

    /// Reads a plain text that takes the place of the document's.
    pub(super) fn read_plain(&self, text: &str) -> Result<Source, Error> {
        let format = self.document.format;
        let source = Source::read(text, format).map_err(|source| self.malformed(source))?;
        let is_metadata = |entry: &Entry| section::is_metadata(entry, format);
        if source.branches.is_empty() {
            return Err(self.malformed(Problem::Empty));
        }
        if source.branches.iter().any(|branch| branch.entries.iter().any(is_metadata)) {
            return Err(Error::AlreadyEncrypted { file: Arc::clone(&self.document.name) });
        }
        Ok(source)
    }

    pub(super) fn writer<'a>(&'a self, key: &'a DataKey) -> Writer<'a> {
        Writer {
            file: Arc::clone(&self.document.name),
            format: self.document.format,
            selector: &self.document.metadata.selector,
            mac_only_encrypted: self.document.metadata.mac_only_encrypted,
            indent: None,
            key,
        }
    }

    /// Says whether a written document differs from this one in its metadata only.
    fn same_but_state(&self, written: &str) -> bool {
        let body = |text: &str, sections: &[Section]| {
            let cuts = sections.iter().flat_map(|section| section.cuts.iter().cloned());
            replace(text, cuts.map(|cut| (cut, String::new())).collect())
        };
        let document = &self.document;
        let Ok(source) = Source::read(written, document.format) else { return false };
        let sections: Vec<Section> = source
            .branches
            .iter()
            .filter_map(|branch| Section::find(written, branch, document.format))
            .collect();
        body(written, &sections)
            .is_some_and(|written| body(&document.text, &document.sections) == Some(written))
    }

    /// Returns the metadata as it stands in the file with another time and MAC; none where it must be written anew.
    fn refreshed_section(&self, now: &str, mac: &str) -> Option<String> {
        let document = &self.document;
        let [range] = document.sections.first()?.ranges.as_slice() else { return None };
        if document.metadata.version.is_empty() {
            return None;
        }
        let text = &document.text[range.clone()];
        let change = |field: &str, value: String| {
            let span = fields::get(&document.fields, field)?.span?;
            let start = span.start.offset.checked_sub(range.start)?;
            let end = span.end.offset.checked_sub(range.start)?;
            (start < end && end <= text.len()).then_some((start..end, value))
        };
        let quoted = |value: &str| match document.format {
            Format::Yaml | Format::Json | Format::Binary => format!("\"{value}\""),
            Format::Dotenv | Format::Ini => value.to_owned(),
        };
        let mac_span = fields::get(&document.fields, "mac")?.span?;
        let plain_mac = document.format == Format::Yaml && mac_span.of(&document.text).starts_with("ENC[");
        let mac = if plain_mac { mac.to_owned() } else { quoted(mac) };
        replace(text, vec![change("lastmodified", quoted(now))?, change("mac", mac)?])
    }

    fn new_section(&self, now: &str, mac: &str) -> Result<String, Problem> {
        let mut fields = self.document.fields.clone();
        fields::set_state(&mut fields, now, mac);
        self.section_text(&fields)
    }

    pub(super) fn section_text(&self, fields: &[Entry]) -> Result<String, Problem> {
        let indent =
            self.document.source.branches.first().and_then(|branch| branch.indent(&self.document.text));
        section::write(fields, self.document.format, indent)
    }

    pub(super) fn malformed(&self, source: Problem) -> Error {
        Error::Malformed { file: self.document.name.clone(), source }
    }

    /// Returns the paths of values that are plain, but look encrypted: they were put there by mistake, or the
    /// selector was changed.
    pub fn literals(&self) -> Vec<String> {
        let mut found = Vec::new();
        for branch in &self.plain.branches {
            look(branch, &mut Vec::new(), &mut found);
        }
        found
    }
}

fn look<'t>(entries: &'t [Entry], path: &mut Vec<&'t str>, found: &mut Vec<String>) {
    fn visit<'t>(kind: &'t Kind, path: &mut Vec<&'t str>, found: &mut Vec<String>) {
        match kind {
            Kind::Null => {}
            Kind::Map(entries) => look(entries, path, found),
            Kind::List(elements) => {
                for element in elements {
                    if let super::tree::Element::Value(value) = element {
                        visit(&value.kind, path, found);
                    }
                }
            }
            Kind::Leaf(leaf) => {
                #[expect(clippy::disallowed_methods, reason = "only its form is looked at")]
                let text = leaf.value.expose();
                if matches!(text, Scalar::String(text) if super::cipher::looks_encrypted(text)) {
                    found.push(path.join("."));
                }
            }
        }
    }
    for entry in entries {
        if let Entry::Item(item) = entry {
            path.push(&item.key);
            visit(&item.value.kind, path, found);
            path.pop();
        }
    }
}
