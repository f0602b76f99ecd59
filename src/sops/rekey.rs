//! Documents for other keys.

use jiff::Timestamp;

use super::cipher::DataKey;
use super::document::Document;
use super::encrypt::seconds;
use super::error::{Error, Problem};
use super::fields;
use super::format::Format;
use super::key_group::KeyGroup;
use super::opened::Opened;
use super::reuse::Reuse;
use super::seal::Sealed;
use super::sealed_group::{quorum, seal_groups};
use super::source::{Source, replace};
use super::unseal::unseal;

impl Opened {
    /// Encrypts everything anew with a new data key for `groups` (see
    /// [`Document::key_groups`](super::Document::key_groups)); `threshold` 0 means all groups.
    ///
    /// Refused where a group has keys of other services, as the new data key cannot be given to them.
    pub fn rotate(&self, groups: &[KeyGroup], threshold: usize, now: Timestamp) -> Result<Vec<u8>, Error> {
        let key = DataKey::generate();
        let quorum = quorum(groups, threshold).map_err(|source| self.sealing(source))?;
        let groups = seal_groups(&key, groups, quorum, None).map_err(|source| self.sealing(source))?;
        let now = seconds(now);
        if self.document.format == Format::Binary {
            let plain = self.plaintext(Format::Binary)?;
            #[expect(clippy::disallowed_methods, reason = "the content is encrypted with the new key")]
            let plain = plain.expose();
            return self.write_binary(plain, &key, |mac| {
                let mut fields = self.document.fields.clone();
                fields::set_keys(&mut fields, &groups, quorum);
                fields::set_state(&mut fields, &now, &key.encrypt(mac.as_bytes(), "str", &now));
                self.section_text(&fields)
            });
        }
        let unsealed = unseal(&self.document, &self.plain).map_err(|source| self.malformed(source))?;
        let source = self.read_plain(&unsealed.text)?;
        let section = |sealed: &Sealed, _: &str, _: &Source| {
            let mut fields = self.document.fields.clone();
            fields::set_keys(&mut fields, &groups, quorum);
            fields::set_state(&mut fields, &now, &key.encrypt(sealed.mac.as_bytes(), "str", &now));
            self.section_text(&fields)
        };
        self.writer(&key).write(&unsealed.text, source, Reuse::default, section).map(String::into_bytes)
    }

    /// Binary files may hold what is no text, so their one value is replaced as it is.
    pub(super) fn write_binary(
        &self,
        content: &[u8],
        key: &DataKey,
        section: impl FnOnce(String) -> Result<String, Problem>,
    ) -> Result<Vec<u8>, Error> {
        use sha2::{Digest, Sha512};

        let missing = || self.malformed(Problem::Format("it has no text under `data`"));
        let branch = self.document.source.branches.first().ok_or_else(missing)?;
        let span = fields::get(&branch.entries, "data").and_then(|data| data.span).ok_or_else(missing)?;
        let place = self.document.sections.first().and_then(|section| section.ranges.first());
        let place = place.cloned().ok_or_else(missing)?;
        let sealed = key.encrypt(content, "str", "data:");
        let mac = hex::encode_upper(Sha512::digest(content));
        let section = section(mac).map_err(|source| self.malformed(source))?;
        let changes = vec![(span.start.offset..span.end.offset, format!("\"{sealed}\"")), (place, section)];
        replace(&self.document.text, changes)
            .map(String::into_bytes)
            .ok_or_else(|| self.malformed(Problem::Format("its metadata has no place of its own")))
    }

    /// Gives the same data key to `groups`; values, MAC and `lastmodified` stay. `threshold` 0 means all groups.
    ///
    /// Keys that have the data key already keep what is sealed for them, also those of other services, as long as
    /// the document has one group before and after. Several groups get new parts; where keys of other services are
    /// among them, which can be given none, the groups keep their parts.
    ///
    /// # Errors
    /// [`Error::Keys`] where a key of another service would need the data key, or a part of it, anew.
    pub fn update_keys(&self, groups: &[KeyGroup], threshold: usize) -> Result<Vec<u8>, Error> {
        let quorum = quorum(groups, threshold).map_err(|source| self.sealing(source))?;
        if self.document.has_keys(groups, threshold)? {
            return Ok(self.bytes());
        }
        let sealed = seal_groups(&self.key, groups, quorum, Some(self));
        let sealed = sealed.map_err(|source| self.sealing(source))?;
        let mut fields = self.document.fields.clone();
        fields::set_keys(&mut fields, &sealed, quorum);
        let section = self.section_text(&fields).map_err(|source| self.malformed(source))?;
        let mut changes = Vec::new();
        for place in &self.document.sections {
            for (index, range) in place.ranges.iter().enumerate() {
                changes.push((range.clone(), if index == 0 { section.clone() } else { String::new() }));
            }
        }
        replace(&self.document.text, changes)
            .map(String::into_bytes)
            .ok_or_else(|| self.malformed(Problem::Format("its metadata has no place of its own")))
    }

    fn sealing(&self, source: Problem) -> Error {
        Error::Keys { file: self.document.name.clone(), source }
    }
}

impl Document {
    /// Says whether the document is for these keys already, whatever their order; `threshold` 0 means all groups.
    pub fn has_keys(&self, groups: &[KeyGroup], threshold: usize) -> Result<bool, Error> {
        let own = self.key_groups()?;
        let same =
            own.len() == groups.len() && own.iter().zip(groups).all(|(own, group)| own.has_same_keys(group));
        Ok(same && quorum(groups, threshold).is_ok_and(|quorum| quorum == self.metadata.quorum()))
    }
}
