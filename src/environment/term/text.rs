//! Texts, and values as text, as interpolation and `fn::toString` write them.

use std::{ops::Deref, sync::Arc};

use super::{Content, Term};
use crate::esc::quote_bytes;
use crate::resource::Value;

/// A text, which need not be UTF-8.
#[derive(Clone)]
pub(crate) enum Text {
    /// UTF-8, shared with the document that it stands in.
    Chars(Arc<str>),
    /// Something else.
    Bytes(Arc<[u8]>),
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Chars(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl From<&Arc<str>> for Text {
    fn from(text: &Arc<str>) -> Self {
        Self::Chars(Arc::clone(text))
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes)
            .map_or_else(|_| Self::Bytes(Arc::from(bytes)), |text| Self::Chars(Arc::from(text)))
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(&*bytes)
    }
}

impl From<&Text> for Value {
    fn from(text: &Text) -> Self {
        match text {
            Text::Chars(text) => Self::String(Arc::clone(text)),
            Text::Bytes(bytes) => Self::Bytes(Arc::clone(bytes)),
        }
    }
}

/// The text would be longer than any value may be.
pub(crate) struct TooLong;

/// Quotes inside of quotes grow without measure.
const LONGEST: usize = 16 << 20;

/// A value as text, with its marks.
#[derive(Default)]
pub(crate) struct Rendered {
    pub(crate) text: Vec<u8>,
    pub(crate) unknown: bool,
    pub(crate) secret: bool,
}

impl Term {
    /// Writes the value as text: scalars as they are, lists and objects with quoted parts. Inherited entries are
    /// left out, and so are their marks.
    pub(crate) fn render(&self) -> Result<Rendered, TooLong> {
        let mut rendered = Rendered { text: Vec::new(), unknown: self.is_unknown(), secret: self.secret };
        if rendered.unknown {
            rendered.text.extend_from_slice(b"[unknown]");
            return Ok(rendered);
        }
        match &self.content {
            Content::Null => {}
            Content::Bool(value) => rendered.text.extend_from_slice(value.to_string().as_bytes()),
            Content::Number(number) => rendered.text.extend_from_slice(number.as_str().as_bytes()),
            Content::Text(text) => rendered.text.extend_from_slice(text),
            Content::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    rendered.part(index, "", item)?;
                }
            }
            Content::Object(entries) => {
                for (index, (key, entry)) in entries.iter().enumerate() {
                    rendered.part(index, &format!("{}=", quote_bytes(key.as_bytes())), &entry.term)?;
                }
            }
        }
        Ok(rendered)
    }
}

impl Rendered {
    fn part(&mut self, index: usize, name: &str, term: &Term) -> Result<(), TooLong> {
        let part = term.render()?;
        if index > 0 {
            self.text.push(b',');
        }
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(quote_bytes(&part.text).as_bytes());
        self.unknown |= part.unknown;
        self.secret |= part.secret;
        if self.text.len() > LONGEST { Err(TooLong) } else { Ok(()) }
    }
}
