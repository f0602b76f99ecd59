//! A document with its data key.

use jiff::Timestamp;

use crate::keys::Identities;
use crate::secret::Secret;

use super::cipher::DataKey;
use super::data_key;
use super::decrypt::{Plain, decrypt_values, verify};
use super::document::Document;
use super::error::{Error, Problem};
use super::format::Format;
use super::key_group::KeyGroup;
use super::value_path::ValuePath;

/// An opened document: its values, and what it takes to write it anew.
///
/// All that writes returns the bytes of the whole file and changes only what it must: other lines, comments, quotes
/// and ciphertexts stay byte for byte. Where nothing changes, the bytes are those that were read.
#[derive(Debug)]
pub struct Opened {
    pub(super) document: Document,
    pub(super) key: DataKey,
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
        let key = data_key::open(&self.metadata, &self.name, identities)?;
        let (plain, mac) = decrypt_values(self, &key)?;
        Ok((Opened { document: self.clone(), key, plain }, mac))
    }
}

const UNFINISHED: Problem = Problem::Format("it cannot be changed yet");

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
        self.plain.to_text(format).map_err(|source| self.malformed(source))
    }

    /// Returns the decrypted document in its own layout, for an editor: as in the file, but with plain values and
    /// without metadata.
    pub fn editable(&self) -> Result<Secret<Vec<u8>>, Error> {
        self.plaintext(self.document.format)
    }

    /// Returns the value at `path` as `sops decrypt --extract` prints it: a text as it is, else a document.
    pub fn get(&self, path: &ValuePath, format: Format) -> Result<Secret<Vec<u8>>, Error> {
        let _ = (path, format);
        Err(self.malformed(UNFINISHED))
    }

    /// Encrypts an edited form of what [`Opened::editable`] or [`Opened::plaintext`] returned.
    pub fn edit(&self, new_plain: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let _ = (new_plain, now);
        Err(self.malformed(UNFINISHED))
    }

    /// Sets the value at `path`; mappings on the way are made, an index behind a list's end appends.
    pub fn set(&self, path: &ValuePath, value: &serde_json::Value, now: Timestamp) -> Result<Vec<u8>, Error> {
        let _ = (path, value, now);
        Err(self.malformed(UNFINISHED))
    }

    /// Takes the value at `path` away with its key; none there is [`Error::NoValue`].
    pub fn unset(&self, path: &ValuePath, now: Timestamp) -> Result<Vec<u8>, Error> {
        let _ = (path, now);
        Err(self.malformed(UNFINISHED))
    }

    /// Encrypts everything anew with a new data key for `groups` (see [`Document::key_groups`]).
    ///
    /// Refused where a group has keys of other services, as the new data key cannot be given to them.
    pub fn rotate(&self, groups: &[KeyGroup], threshold: usize, now: Timestamp) -> Result<Vec<u8>, Error> {
        let _ = (groups, threshold, now);
        Err(self.malformed(UNFINISHED))
    }

    /// Gives the same data key to `groups`; values, MAC and `lastmodified` stay. `threshold` 0 means all groups.
    pub fn update_keys(&self, groups: &[KeyGroup], threshold: usize) -> Result<Vec<u8>, Error> {
        let _ = (groups, threshold);
        Err(self.malformed(UNFINISHED))
    }

    fn malformed(&self, source: Problem) -> Error {
        Error::Malformed { file: self.document.name.clone(), source }
    }
}
