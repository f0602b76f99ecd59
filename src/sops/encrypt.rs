//! New documents.

use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::cipher::DataKey;
use super::decrypt::{Plain, associated_data, decrypt_values, verify};
use super::document::{Document, text_of};
use super::encrypt_options::EncryptOptions;
use super::error::{Error, Problem};
use super::fields::{self, Facts};
use super::format::Format;
use super::reuse::Reuse;
use super::seal::{Sealed, seal};
use super::sealed_group::{quorum, seal_groups};
use super::section;
use super::selector::Selector;
use super::source::{Source, replace};
use super::tree::{Entry, Item, Scalar, Value};
use super::unseal::same;

/// Encrypts a document that is not encrypted yet; `name` is what messages call it.
///
/// Only the values change: comments, order, blank lines and layout stay as they are written, which sops's own
/// re-formatting would lose; sops reads the result all the same. What cannot be kept (aliases, for one) is written
/// anew as sops writes it.
///
/// ```
/// use eggtooth::keys::{Identities, Identity, Origin};
/// use eggtooth::sops::{Document, EncryptOptions, Format, KeyGroup, Selector, encrypt};
///
/// let identity = Identity::generate();
/// let options = EncryptOptions {
///     groups: vec![KeyGroup::of([identity.public().parse()?])],
///     selector: Selector::of_field("encrypted_regex", "^token$")?,
///     ..EncryptOptions::default()
/// };
/// let now = "2026-11-22T10:00:00Z".parse()?;
/// let file = encrypt(b"# why\nname: nest\ntoken: chirp\n", Format::Yaml, &options, now, "nest.sops.yaml")?;
/// assert!(file.starts_with(b"# why\nname: nest\ntoken: ENC["));
///
/// let identities = Identities::of([identity], Origin::Given("the example".into()));
/// let opened = Document::parse(&file, Format::Yaml, "nest.sops.yaml")?.open(&identities)?;
/// let longer = opened.set(&r#"["token"]"#.parse()?, &"cheep".into(), now)?;
/// assert!(longer.starts_with(b"# why\nname: nest\ntoken: ENC["));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encrypt(
    plain: &[u8],
    format: Format,
    options: &EncryptOptions,
    now: Timestamp,
    name: &str,
) -> Result<Vec<u8>, Error> {
    let file: Arc<str> = name.into();
    let malformed = |source| Error::Malformed { file: Arc::clone(&file), source };
    let key = DataKey::generate();
    let sealing = |source| Error::Keys { file: Arc::clone(&file), source };
    let quorum = quorum(&options.groups, options.shamir_threshold).map_err(sealing)?;
    let groups = seal_groups(&key, &options.groups, quorum, None).map_err(sealing)?;
    if format == Format::Binary {
        // sops would encrypt it once more; nobody wants that.
        if plain.trim_ascii_start().starts_with(b"{") && Document::parse(plain, format, name).is_ok() {
            return Err(Error::AlreadyEncrypted { file });
        }
        let fields = |facts: &Facts<'_>| fields::new(&groups, quorum, facts);
        return Ok(encrypt_binary(plain, options, now, &key, fields));
    }
    let text = text_of(plain).map_err(malformed)?;
    let source = Source::read(text, format).map_err(malformed)?;
    if source.branches.is_empty() {
        return Err(malformed(Problem::Empty));
    }
    let is_metadata = |entry: &Entry| section::is_metadata(entry, format);
    if source.branches.iter().any(|branch| branch.entries.iter().any(is_metadata)) {
        return Err(Error::AlreadyEncrypted { file });
    }
    let writer = Writer {
        file: Arc::clone(&file),
        format,
        selector: &options.selector,
        mac_only_encrypted: options.mac_only_encrypted,
        indent: options.indent,
        key: &key,
    };
    let section = |sealed: &Sealed, text: &str, source: &Source| {
        let now = seconds(now);
        let facts = Facts {
            last_modified: &now,
            mac: &key.encrypt(sealed.mac.as_bytes(), "str", &now),
            selector: Some(&options.selector),
            mac_only_encrypted: options.mac_only_encrypted,
        };
        let indent =
            options.indent.or_else(|| source.branches.first().and_then(|branch| branch.indent(text)));
        section::write(&fields::new(&groups, quorum, &facts), format, indent)
    };
    writer.write(text, source, Reuse::default, section).map(String::into_bytes)
}

/// Writes a time as sops does.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Binary files become a JSON object with one value.
fn encrypt_binary(
    plain: &[u8],
    options: &EncryptOptions,
    now: Timestamp,
    key: &DataKey,
    fields: impl FnOnce(&Facts<'_>) -> Vec<Entry>,
) -> Vec<u8> {
    use sha2::{Digest, Sha512};

    let now = seconds(now);
    let mac = key.encrypt(hex::encode_upper(Sha512::digest(plain)).as_bytes(), "str", &now);
    let facts = Facts { last_modified: &now, mac: &mac, selector: None, mac_only_encrypted: false };
    let sealed = key.encrypt(plain, "str", &associated_data(&["data"]));
    let item = |name: &str, kind| {
        Entry::Item(Item { key: name.into(), span: None, value: Value { span: None, kind } })
    };
    let entries = [
        item("data", fields::leaf(Scalar::String(sealed))),
        item("sops", super::tree::Kind::Map(fields(&facts))),
    ];
    super::json::write(&entries, options.indent).into_bytes()
}

/// What writing a document takes.
pub(super) struct Writer<'a> {
    pub(super) file: Arc<str>,
    pub(super) format: Format,
    pub(super) selector: &'a Selector,
    pub(super) mac_only_encrypted: bool,
    pub(super) indent: Option<usize>,
    pub(super) key: &'a DataKey,
}

impl Writer<'_> {
    /// Encrypts a text in place and puts the metadata that `section` makes behind each document.
    ///
    /// What was written is read back, or a mistake would be found out only when it is needed. A text whose layout
    /// does not allow it is written anew.
    pub(super) fn write(
        &self,
        text: &str,
        source: Source,
        reuse: impl Fn() -> Reuse,
        section: impl Fn(&Sealed, &str, &Source) -> Result<String, Problem>,
    ) -> Result<String, Error> {
        if source.regular {
            let written = self.in_place(text, &source, reuse(), &section)?;
            if let Some(written) = written.filter(|written| self.reads(written, &source)) {
                return Ok(written);
            }
        }
        let plain = Plain { format: self.format, branches: source.into_branches() };
        let text = plain.written(self.format, self.indent).map_err(|source| self.malformed(source))?;
        let source = Source::read(&text, self.format).map_err(|source| self.malformed(source))?;
        let written = self.in_place(&text, &source, reuse(), &section)?;
        if let Some(written) = written.filter(|written| self.reads(written, &source))
            && same(&source.into_branches(), &plain.branches)
        {
            return Ok(written);
        }
        Err(self.malformed(Problem::Format("it has values that this format cannot hold")))
    }

    fn in_place(
        &self,
        text: &str,
        source: &Source,
        reuse: Reuse,
        section: &impl Fn(&Sealed, &str, &Source) -> Result<String, Problem>,
    ) -> Result<Option<String>, Error> {
        let sealed = seal(text, source, self.selector, self.mac_only_encrypted, self.key, reuse);
        let sealed = sealed.map_err(|source| self.malformed(source))?;
        let section = section(&sealed, text, source).map_err(|source| self.malformed(source))?;
        let mut changes = sealed.changes;
        for branch in &source.branches {
            changes.push(section::join(text, branch, self.format, &section, self.indent));
        }
        Ok(replace(text, changes))
    }

    /// Says whether a document opens and holds the values of `source`.
    fn reads(&self, written: &str, source: &Source) -> bool {
        let Ok(document) = Document::parse(written.as_bytes(), self.format, Arc::clone(&self.file)) else {
            return false;
        };
        let Ok((plain, mac)) = decrypt_values(&document, self.key) else { return false };
        verify(&document, self.key, &mac).is_ok()
            && plain.branches.len() == source.branches.len()
            && plain
                .branches
                .iter()
                .zip(&source.branches)
                .all(|(plain, branch)| super::unseal::same_map(plain, &branch.entries))
    }

    fn malformed(&self, source: Problem) -> Error {
        Error::Malformed { file: Arc::clone(&self.file), source }
    }
}

impl Plain {
    /// Writes the document as text of the format, in which binary files are JSON.
    pub(super) fn written(
        &self,
        format: Format,
        indent: Option<usize>,
    ) -> Result<Zeroizing<String>, Problem> {
        let format = if format == Format::Binary { Format::Json } else { format };
        let text = self.to_text_indented(format, indent)?;
        #[expect(clippy::disallowed_methods, reason = "the document is encrypted next")]
        let text = text_of(text.expose())?.to_owned();
        Ok(Zeroizing::new(text))
    }
}
