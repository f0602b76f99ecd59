//! A document with its data key.

use crate::keys::Identities;
use crate::secret::Secret;

use super::cipher::DataKey;
use super::data_key::{self, OpenedKey};
use super::decrypt::{Plain, decrypt_values, verify};
use super::document::Document;
use super::error::Error;
use super::format::Format;

/// An opened document: its values, and what it takes to write it anew.
///
/// All that writes returns the bytes of the whole file and changes only what it must: other lines, comments, quotes
/// and ciphertexts stay byte for byte. Where nothing changes, the bytes are those that were read.
#[derive(Debug)]
pub struct Opened {
    pub(super) document: Document,
    pub(super) key: DataKey,
    /// The parts of the data key that were opened, by the number of their group.
    pub(super) parts: Vec<(usize, Secret<Vec<u8>>)>,
    pub(super) plain: Plain,
}

impl Document {
    /// Opens the document with the first key that fits, and verifies its MAC.
    pub fn open(&self, identities: &Identities) -> Result<Opened, Error> {
        let (opened, mac) = self.open_values(identities)?;
        verify(self, &opened.key, &mac)?;
        Ok(opened)
    }

    /// Opens the document without looking at its MAC; what is written then has a right one.
    pub fn open_ignoring_mac(&self, identities: &Identities) -> Result<Opened, Error> {
        self.open_values(identities).map(|(opened, _)| opened)
    }

    fn open_values(&self, identities: &Identities) -> Result<(Opened, String), Error> {
        let OpenedKey { key, parts } = data_key::open(&self.metadata, &self.name, identities)?;
        let (plain, mac) = decrypt_values(self, &key)?;
        Ok((Opened { document: self.clone(), key, parts, plain }, mac))
    }
}

impl Opened {
    /// Returns the document as it was read.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns the decrypted values.
    pub fn plain(&self) -> &Plain {
        &self.plain
    }

    /// Returns the decrypted document as `sops decrypt` prints it in this format.
    pub fn plaintext(&self, format: Format) -> Result<Secret<Vec<u8>>, Error> {
        self.plaintext_indented(format, None)
    }

    /// As [`Opened::plaintext`], with so many spaces a level where the format has levels.
    pub fn plaintext_indented(
        &self,
        format: Format,
        indent: Option<usize>,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let printed = self.plain.to_text_indented(format, indent);
        printed.map_err(|source| Error::Print { file: self.document.name.clone(), format, source })
    }
}
