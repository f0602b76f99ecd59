//! From ciphertexts to values.

use sha2::{Digest, Sha512};

use crate::diagnostic::Span;
use crate::keys::Identities;
use crate::secret::Secret;

use super::cipher::{DataKey, Decrypted};
use super::data_key;
use super::document::Document;
use super::error::{Error, Problem, ValueProblem};
use super::format::Format;
use super::metadata::Metadata;
use super::tree::{Comment, Element, Entry, Item, Kind, Leaf, Scalar, Value};

/// What the MAC starts with where it covers encrypted values only: the SHA-256 of `sops`.
pub(super) const MAC_ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// A decrypted document.
#[derive(Clone, Debug)]
pub struct Plain {
    /// The format that the document was read from.
    pub format: Format,
    /// The mappings of the documents; only YAML may have more than one.
    pub branches: Vec<Vec<Entry>>,
}

/// Decrypts a document and verifies its MAC.
pub fn decrypt(document: &Document, identities: &Identities) -> Result<Plain, Error> {
    let key = data_key::open(&document.metadata, &document.name, identities)?.key;
    let (plain, mac) = decrypt_values(document, &key)?;
    verify(document, &key, &mac).map(|()| plain)
}

/// Compares the MAC of the values with the document's.
pub(super) fn verify(document: &Document, key: &DataKey, mac: &str) -> Result<(), Error> {
    if document.metadata.mac.is_empty() {
        return Err(Error::NoMac { file: document.name.clone() });
    }
    // The MAC is bound to the time of encryption, which must be written as sops writes it.
    let path = document.metadata.last_modified.without_fraction().to_string();
    match key.decrypt(&document.metadata.mac, &path) {
        Ok(Decrypted::Scalar(Scalar::String(stored))) if stored.eq_ignore_ascii_case(mac) => Ok(()),
        _ => Err(Error::Mac { file: document.name.clone() }),
    }
}

/// Decrypts a document without looking at its MAC: values may have been removed, swapped or changed where plain.
pub fn decrypt_ignoring_mac(document: &Document, identities: &Identities) -> Result<Plain, Error> {
    let key = data_key::open(&document.metadata, &document.name, identities)?.key;
    decrypt_values(document, &key).map(|(plain, _)| plain)
}

pub(super) fn decrypt_values(document: &Document, key: &DataKey) -> Result<(Plain, String), Error> {
    let mut walk = Walk::new(key, &document.metadata);
    let mut branches = Vec::new();
    for branch in &document.source.branches {
        let branch = walk
            .map(&branch.entries, &mut Vec::new())
            .map_err(|source| Error::Malformed { file: document.name.clone(), source })?;
        branches.push(branch);
    }
    let mac = hex::encode_upper(walk.mac.finalize());
    Ok((Plain { format: document.format, branches }, mac))
}

struct Walk<'a> {
    key: &'a DataKey,
    metadata: &'a Metadata,
    mac: Sha512,
    /// For each open mapping and list, the comments since its last value.
    comments: Vec<Vec<String>>,
}

impl<'a> Walk<'a> {
    fn new(key: &'a DataKey, metadata: &'a Metadata) -> Self {
        let mut mac = Sha512::new();
        if metadata.mac_only_encrypted {
            mac.update(MAC_ONLY_ENCRYPTED);
        }
        Self { key, metadata, mac, comments: Vec::new() }
    }

    fn map<'t>(&mut self, entries: &'t [Entry], path: &mut Vec<&'t str>) -> Result<Vec<Entry>, Problem> {
        self.comments.push(Vec::new());
        let mut plain = Vec::with_capacity(entries.len());
        for entry in entries {
            plain.push(match entry {
                Entry::Comment(comment) => Entry::Comment(self.comment(comment, path)),
                Entry::Item(item) => {
                    path.push(&item.key);
                    let value = self.value(&item.value, path)?;
                    path.pop();
                    self.forget_comments();
                    let (Element::Value(value), key, span) = (value, item.key.clone(), item.span) else {
                        return Err(value_problem(path, item.span, ValueProblem::Type));
                    };
                    Entry::Item(Item { key, span, value })
                }
            });
        }
        self.comments.pop();
        Ok(plain)
    }

    fn list<'t>(
        &mut self,
        elements: &'t [Element],
        path: &mut Vec<&'t str>,
    ) -> Result<Vec<Element>, Problem> {
        self.comments.push(Vec::new());
        let mut plain = Vec::with_capacity(elements.len());
        for element in elements {
            plain.push(match element {
                Element::Comment(comment) => Element::Comment(self.comment(comment, path)),
                Element::Value(value) => {
                    let value = self.value(value, path)?;
                    self.forget_comments();
                    value
                }
            });
        }
        self.comments.pop();
        Ok(plain)
    }

    /// Decrypts a value. In lists, sops writes encrypted comments as items: so a value may turn out a comment.
    fn value<'t>(&mut self, value: &'t Value, path: &mut Vec<&'t str>) -> Result<Element, Problem> {
        let kind = match &value.kind {
            Kind::Null => Kind::Null,
            Kind::Map(entries) => Kind::Map(self.map(entries, path)?),
            Kind::List(elements) => Kind::List(self.list(elements, path)?),
            Kind::Leaf(leaf) => {
                let failed = |problem| value_problem(path, value.span, problem);
                match self.leaf(leaf, path).map_err(failed)? {
                    Decrypted::Scalar(scalar) => {
                        let encrypted = self.selected(path, false);
                        self.add_to_mac(&scalar, encrypted);
                        Kind::Leaf(if encrypted { Leaf::encrypted(scalar) } else { Leaf::plain(scalar) })
                    }
                    Decrypted::Comment(text) => {
                        return Ok(Element::Comment(Comment {
                            text: Secret::new(text),
                            inline: false,
                            span: value.span,
                        }));
                    }
                }
            }
        };
        Ok(Element::Value(Value { span: value.span, kind }))
    }

    fn leaf(&self, leaf: &Leaf, path: &[&str]) -> Result<Decrypted, ValueProblem> {
        #[expect(clippy::disallowed_methods, reason = "in the file as it lies there all values are public")]
        let value = leaf.value.expose();
        if !self.selected(path, false) {
            return Ok(Decrypted::Scalar(value.clone()));
        }
        match value {
            Scalar::String(text) => match self.key.decrypt(text, &associated_data(path)) {
                Err(ValueProblem::Form) if !text.starts_with("ENC[") => Err(ValueProblem::Plain),
                decrypted => decrypted,
            },
            Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) | Scalar::Bytes(_) => {
                Err(ValueProblem::Plain)
            }
        }
    }

    /// Decrypts a comment; one that was not encrypted stays as it is, as in sops.
    fn comment(&mut self, comment: &Comment, path: &[&str]) -> Comment {
        #[expect(clippy::disallowed_methods, reason = "in the file as it lies there all comments are public")]
        let text = comment.text.expose();
        if self.metadata.selector.looks_at_comments()
            && let Some(level) = self.comments.last_mut()
        {
            level.push(text.clone());
        }
        if !self.selected(path, true) {
            return comment.clone();
        }
        match self.key.decrypt(text, &associated_data(path)) {
            // sops forgets where a comment stood once it is decrypted.
            Ok(Decrypted::Comment(text)) => {
                Comment { text: Secret::new(text), inline: false, span: comment.span }
            }
            Ok(Decrypted::Scalar(Scalar::String(text))) => Comment { text: Secret::new(text), ..*comment },
            Ok(Decrypted::Scalar(_)) | Err(_) => comment.clone(),
        }
    }

    fn selected(&self, path: &[&str], is_comment: bool) -> bool {
        self.metadata.selector.selects(path, &self.comments, is_comment)
    }

    fn forget_comments(&mut self) {
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
    }

    fn add_to_mac(&mut self, scalar: &Scalar, encrypted: bool) {
        if encrypted || !self.metadata.mac_only_encrypted {
            self.mac.update(scalar.bytes());
        }
    }
}

/// Returns what binds a value to its place: the keys on the way to it. Numbers of list items are not in it.
pub(super) fn associated_data(path: &[&str]) -> String {
    format!("{}:", path.join(":"))
}

pub(super) fn value_problem(path: &[&str], span: Option<Span>, problem: ValueProblem) -> Problem {
    Problem::Value { position: span.map(|span| span.start), path: path.join("."), problem }
}
