//! Numbers as they are written.

use std::{fmt, sync::Arc};

/// A number by its literal text, so that nothing is lost between a document and its consumer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Arc<str>);

impl Number {
    /// Takes a number's literal text as a document or a JSON text has it (`1.0`, `-0`, `1e400`).
    pub fn from_text(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the literal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text to write into, if nobody else has it.
    pub fn text_mut(&mut self) -> Option<&mut str> {
        Arc::get_mut(&mut self.0)
    }

    /// Returns the value, if it is an integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// Returns the value, if it is a natural number that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// Returns the nearest float.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
