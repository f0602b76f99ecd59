//! The tree of a document: what all formats have in common.

use std::borrow::Cow;
use std::sync::Arc;

use zeroize::Zeroize;

use crate::diagnostic::Span;
use crate::secret::Secret;
use crate::yaml::{Timestamp, format_float, format_json_float};

/// One document of a text.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) entries: Vec<Entry>,
    /// Where metadata goes: the byte behind all that belongs to the document.
    pub(super) end: usize,
}

impl Branch {
    /// Returns by how many spaces the first member of a JSON object is indented; none where it is by tabs or not.
    pub(super) fn indent(&self, text: &str) -> Option<usize> {
        let Some(Entry::Item(item)) = self.entries.first() else { return None };
        let line = text[..item.span?.start.offset].rsplit_once('\n')?.1;
        (!line.is_empty() && line.bytes().all(|byte| byte == b' ')).then_some(line.len())
    }
}

/// One thing in a mapping.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A comment.
    Comment(Comment),
    /// A key with its value.
    Item(Item),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Item {
    /// The key.
    pub key: Arc<str>,
    /// Where the key is, in formats that have places.
    pub span: Option<Span>,
    /// The value.
    pub value: Value,
}

/// One thing in a list.
#[derive(Clone, Debug)]
pub enum Element {
    /// A comment.
    Comment(Comment),
    /// A value.
    Value(Value),
}

/// A comment; its text may have been encrypted.
#[derive(Clone, Debug)]
pub struct Comment {
    /// What follows the `#`.
    pub text: Secret<String>,
    /// Whether it stands behind the following entry's value.
    pub inline: bool,
    /// Where it is, with its `#`, in formats that have places.
    pub span: Option<Span>,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Value {
    /// Where the value is, in formats that have places.
    pub span: Option<Span>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing; SOPS never encrypts it.
    Null,
    /// A single value.
    Leaf(Leaf),
    /// A list.
    List(Vec<Element>),
    /// A mapping in the order of the file.
    Map(Vec<Entry>),
}

/// A single value.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The value itself; hidden whether or not it was encrypted.
    pub value: Secret<Scalar>,
    /// Whether it was encrypted in the file.
    pub encrypted: bool,
}

impl Leaf {
    pub(super) fn plain(value: Scalar) -> Self {
        Self { value: Secret::new(value), encrypted: false }
    }

    pub(super) fn encrypted(value: Scalar) -> Self {
        Self { value: Secret::new(value), encrypted: true }
    }

    /// Returns the value if it stood in the file unencrypted, so that it is no secret.
    pub fn public(&self) -> Option<&Scalar> {
        #[expect(clippy::disallowed_methods, reason = "the value stands in the file for all to read")]
        let value = self.value.expose();
        (!self.encrypted).then_some(value)
    }
}

/// A single value of a type that SOPS knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A text.
    String(String),
    /// An integer.
    Int(i64),
    /// A number with a fraction, or beyond integers.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A time.
    Time(Timestamp),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
}

impl Scalar {
    /// Makes a text, or bytes where they are none.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::String)
    }

    /// Returns the bytes that are encrypted and go into the MAC: `True`, `1000000`, `+Inf`.
    pub(super) fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::String(text) => Cow::Borrowed(text.as_bytes()),
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
            Self::Int(value) => Cow::Owned(value.to_string().into_bytes()),
            Self::Bool(true) => Cow::Borrowed(b"True"),
            Self::Bool(false) => Cow::Borrowed(b"False"),
            Self::Time(time) => Cow::Owned(time.to_string().into_bytes()),
            // Rust writes floats without exponents and as short as Go's format `f`, infinities apart.
            Self::Float(value) if value.is_infinite() => Cow::Owned(format_float(*value).into_bytes()),
            Self::Float(value) => Cow::Owned(value.to_string().into_bytes()),
        }
    }

    /// Returns the type's name in `type:…`.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) | Self::Bytes(_) => "str",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Bool(_) => "bool",
            Self::Time(_) => "time",
        }
    }

    /// Returns the text that sops writes into formats that know only text.
    pub fn to_text(&self) -> String {
        match self {
            Self::String(text) => text.clone(),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Int(value) => value.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Float(value) => format_json_float(*value),
        }
    }
}

impl Zeroize for Scalar {
    fn zeroize(&mut self) {
        match self {
            Self::String(text) => text.zeroize(),
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::Int(value) => value.zeroize(),
            Self::Float(value) => value.zeroize(),
            Self::Bool(value) => value.zeroize(),
            Self::Time(_) => {}
        }
    }
}
