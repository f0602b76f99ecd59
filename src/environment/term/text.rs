//! Values as text, as interpolation and `fn::toString` write them.

use super::{Content, Term};
use crate::environment::syntax::quote_bytes;

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
