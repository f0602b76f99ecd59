//! From values to ciphertexts, in place.
//!
//! Only the values change: comments, order, blank lines and layout stay as they are written, which sops's own
//! re-formatting would lose. sops reads the result all the same.

use std::sync::Arc;

use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::diagnostic::Span;
use crate::keys::{Recipient, seal};
use crate::yaml::{Emitter, Layout, Timestamp};

use super::cipher::DataKey;
use super::decrypt::{MAC_ONLY_ENCRYPTED, associated_data, decrypt_values};
use super::document::Document;
use super::encrypt_options::EncryptOptions;
use super::error::{Error, Problem};
use super::format::Format;
use super::selector::Selector;
use super::tree::{Comment, Element, Entry, Kind, Scalar, Value};
use super::yaml::{Shape, read};

/// The version that documents are written as; sops insists on one.
const VERSION: &str = "3.13.3";

/// How a document is to be encrypted.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// Who can open it.
    pub recipients: Vec<Recipient>,
    /// Which values are encrypted.
    pub selector: Selector,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// The time of encryption.
    pub now: Timestamp,
}

/// Encrypts the values of a YAML document that is not encrypted yet; `name` is what messages call it.
///
/// ```
/// use eggtooth::keys::{Identities, Identity, Origin};
/// use eggtooth::sops::{Document, Encryption, Format, Selector, decrypt, encrypt_yaml};
/// use eggtooth::yaml::Timestamp;
///
/// let identity = Identity::generate();
/// let encryption = Encryption {
///     recipients: vec![identity.public().parse().unwrap()],
///     selector: Selector::of_field("encrypted_regex", "^token$").unwrap(),
///     mac_only_encrypted: false,
///     now: Timestamp::parse("2026-11-22T10:00:00Z").unwrap(),
/// };
/// let text = encrypt_yaml("# why\nname: nest\ntoken: chirp\n", &encryption, "nest.sops.yaml")?;
/// assert!(text.starts_with("# why\nname: nest\ntoken: ENC["));
/// let document = Document::parse(text.as_bytes(), Format::Yaml, "nest.sops.yaml")?;
/// decrypt(&document, &Identities::of([identity], Origin::Given("the example".into())))?;
/// # Ok::<(), eggtooth::sops::Error>(())
/// ```
pub fn encrypt_yaml(text: &str, encryption: &Encryption, name: &str) -> Result<String, Error> {
    let file: Arc<str> = name.into();
    let malformed = |source| Error::Malformed { file: Arc::clone(&file), source };
    let key = DataKey::generate();
    let encrypted = splice(text, encryption, &key).map_err(malformed)?;
    // What was written must be read back, or it would be found out only when it is needed.
    let document = Document::parse(encrypted.as_bytes(), Format::Yaml, name)?;
    let (_, mac) = decrypt_values(&document, &key)?;
    let path = document.metadata().last_modified.to_string();
    let stored = key.decrypt(&document.metadata().mac, &path).ok();
    match stored {
        Some(super::cipher::Decrypted::Scalar(Scalar::String(stored))) if stored == mac => Ok(encrypted),
        _ => Err(malformed(Problem::Format("its layout does not allow encryption in place"))),
    }
}

/// Encrypts a document that is not encrypted yet; `name` is what messages call it.
pub fn encrypt(
    plain: &[u8],
    format: Format,
    options: &EncryptOptions,
    now: jiff::Timestamp,
    name: &str,
) -> Result<Vec<u8>, Error> {
    let malformed = |source| Error::Malformed { file: name.into(), source };
    let ([group], Format::Yaml) = (options.groups.as_slice(), format) else {
        return Err(malformed(Problem::Format("it cannot be encrypted yet")));
    };
    let encryption = Encryption {
        recipients: group.recipients.clone(),
        selector: options.selector.clone(),
        mac_only_encrypted: options.mac_only_encrypted,
        now: Timestamp::parse(&now.to_string()).expect("RFC 3339 is a YAML time"),
    };
    let text = std::str::from_utf8(plain).map_err(|_| malformed(Problem::NotText))?;
    encrypt_yaml(text, &encryption, name).map(String::into_bytes)
}

fn splice(text: &str, encryption: &Encryption, key: &DataKey) -> Result<String, Problem> {
    let shape = Shape::of(text)?;
    let branches = read(text)?;
    let [branch] = branches.as_slice() else {
        return Err(Problem::Format("it must be one document to be encrypted in place"));
    };
    if shape.has_aliases {
        return Err(Problem::Format("its aliases must be written out to be encrypted in place"));
    }
    if text.trim_start().starts_with('{') || text.trim_end().ends_with("...") {
        return Err(Problem::Format("its top level must be a block mapping to be encrypted in place"));
    }
    if branch.iter().any(|entry| matches!(entry, Entry::Item(item) if &*item.key == "sops")) {
        return Err(Problem::Format("it is encrypted already, or has a key `sops` of its own"));
    }
    let mut walk = Walk::new(encryption, key, &shape);
    walk.map(branch, &mut Vec::new());
    let mac = Zeroizing::new(hex::encode_upper(walk.mac.finalize()));
    let now = encryption.now.without_fraction().to_string();
    let mac = key.encrypt(mac.as_bytes(), "str", &now);
    let mut out = apply(text, walk.changes);
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&metadata(encryption, key, &now, &mac)?);
    Ok(out)
}

/// Replaces stretches of the text, which must not overlap.
fn apply(text: &str, mut changes: Vec<(Span, String)>) -> String {
    changes.sort_by_key(|(span, _)| span.start.offset);
    let mut out = String::with_capacity(text.len() * 2);
    let mut end = 0;
    for (span, replacement) in changes {
        out.push_str(&text[end..span.start.offset]);
        out.push_str(&replacement);
        // The end of a block scalar is the start of the next line.
        let replaced = span.of(text);
        out.push_str(&replaced[replaced.trim_end_matches(['\n', '\r', ' ']).len()..]);
        end = span.end.offset;
    }
    out.push_str(&text[end..]);
    out
}

struct Walk<'a> {
    encryption: &'a Encryption,
    key: &'a DataKey,
    shape: &'a Shape,
    mac: Sha512,
    comments: Vec<Vec<String>>,
    changes: Vec<(Span, String)>,
}

impl<'a> Walk<'a> {
    fn new(encryption: &'a Encryption, key: &'a DataKey, shape: &'a Shape) -> Self {
        let mut mac = Sha512::new();
        if encryption.mac_only_encrypted {
            mac.update(MAC_ONLY_ENCRYPTED);
        }
        Self { encryption, key, shape, mac, comments: Vec::new(), changes: Vec::new() }
    }

    fn map<'t>(&mut self, entries: &'t [Entry], path: &mut Vec<&'t str>) {
        self.comments.push(Vec::new());
        for entry in entries {
            match entry {
                Entry::Comment(comment) => self.comment(comment, path),
                Entry::Item(item) => {
                    path.push(&item.key);
                    self.value(&item.value, path);
                    path.pop();
                }
            }
        }
        self.comments.pop();
    }

    fn value<'t>(&mut self, value: &'t Value, path: &mut Vec<&'t str>) {
        match &value.kind {
            Kind::Null => {}
            Kind::Map(entries) => self.map(entries, path),
            Kind::List(elements) => {
                self.comments.push(Vec::new());
                for element in elements {
                    match element {
                        Element::Comment(comment) => self.comment(comment, path),
                        Element::Value(value) => self.value(value, path),
                    }
                }
                self.comments.pop();
            }
            Kind::Leaf(leaf) => {
                #[expect(clippy::disallowed_methods, reason = "the value is encrypted")]
                let scalar = leaf.value.expose();
                self.scalar(scalar, value.span, path);
            }
        }
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
    }

    fn scalar(&mut self, scalar: &Scalar, span: Option<Span>, path: &[&str]) {
        let plain = Zeroizing::new(scalar.to_bytes());
        let selected = self.encryption.selector.selects(path, &self.comments, false);
        if selected || !self.encryption.mac_only_encrypted {
            self.mac.update(&*plain);
        }
        let (Some(span), true) = (span, selected && !plain.is_empty()) else { return };
        let sealed = self.key.encrypt(&plain, scalar.type_name(), &associated_data(path));
        let in_flow = self.shape.is_in_flow(span);
        self.changes.push((span, if in_flow { format!("\"{sealed}\"") } else { sealed }));
    }

    fn comment(&mut self, comment: &Comment, path: &[&str]) {
        #[expect(clippy::disallowed_methods, reason = "the comment is encrypted")]
        let text = comment.text.expose();
        if let Some(level) = self.comments.last_mut() {
            level.push(text.clone());
        }
        if let Some(span) = comment.span
            && self.encryption.selector.selects(path, &self.comments, true)
            && !text.is_empty()
        {
            let sealed = self.key.encrypt(text.as_bytes(), "comment", &associated_data(path));
            self.changes.push((span, format!("#{sealed}")));
        }
    }
}

/// Writes `sops:` with its keys in sops's order.
fn metadata(encryption: &Encryption, key: &DataKey, now: &str, mac: &str) -> Result<String, Problem> {
    let mut emitter = Emitter::new(Layout::GoYamlV3 { indent: 4 });
    emitter.begin_mapping();
    emitter.string("sops");
    emitter.begin_mapping();
    emitter.string("age");
    emitter.begin_sequence();
    for recipient in &encryption.recipients {
        #[expect(clippy::disallowed_methods, reason = "the data key is sealed for the recipients")]
        let sealed = seal(std::slice::from_ref(recipient), key.0.expose())
            .map_err(|error| Problem::Seal(Box::new(error)))?;
        emitter.begin_mapping();
        emitter.string("enc");
        emitter.string(&sealed);
        emitter.string("recipient");
        emitter.string(&recipient.to_string());
        emitter.end();
    }
    emitter.end();
    let (selector, text) = encryption.selector.field();
    let mut fields = vec![("lastmodified", now), ("mac", mac), ("version", VERSION), (selector, text)];
    if encryption.mac_only_encrypted {
        fields.push(("mac_only_encrypted", "true"));
    }
    fields.sort_unstable();
    for (field, text) in fields {
        emitter.string(field);
        if field == "mac_only_encrypted" { emitter.plain(text) } else { emitter.string(text) }
    }
    emitter.end();
    emitter.end();
    Ok(emitter.finish())
}
