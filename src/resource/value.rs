//! Values as environments make them and resources take them: secrets and unknown parts are marked inside.

use std::{collections::BTreeMap, fmt, sync::Arc};

use zeroize::Zeroize;

use super::Expression;
pub use crate::esc::Number;
use crate::secret::Secret;

/// A map's entries in the order of their keys.
pub type Map = BTreeMap<Arc<str>, Value>;

/// A value; cheap to clone.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number by its text.
    Number(Number),
    /// A text.
    String(Arc<str>),
    /// Bytes that need not be text.
    Bytes(Arc<[u8]>),
    /// Values in order.
    List(Arc<[Value]>),
    /// Values by key.
    Map(Arc<Map>),
    /// A value that is shown nowhere; all below it is secret too.
    Secret(Secret<Value>),
    /// A value that only the execution will know.
    Deferred(Arc<Expression>),
    /// A value that is not known now.
    Unknown,
}

impl Value {
    /// Returns a text value.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// Returns a list.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Self {
        Self::List(values.into_iter().collect())
    }

    /// Returns a map.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(Arc::new(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    /// Hides a value; what is secret already stays as it is.
    #[must_use]
    pub fn secret(self) -> Self {
        match self {
            Self::Secret(_) => self,
            plain => Self::Secret(Secret::new(plain)),
        }
    }

    /// Says whether the value as a whole is secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// Says whether the value holds a secret anywhere.
    pub fn holds_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(values) => values.iter().any(Self::holds_secret),
            Self::Map(entries) => entries.values().any(Self::holds_secret),
            Self::Deferred(expression) => expression.is_secret(),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Bytes(_)
            | Self::Unknown => false,
        }
    }

    /// Says whether the value holds a part that is not known now.
    #[expect(
        clippy::disallowed_methods,
        reason = "looks at the shape only, and tells whether it is complete"
    )]
    pub fn holds_unknown(&self) -> bool {
        match self {
            Self::Unknown | Self::Deferred(_) => true,
            Self::Secret(secret) => secret.expose().holds_unknown(),
            Self::List(values) => values.iter().any(Self::holds_unknown),
            Self::Map(entries) => entries.values().any(Self::holds_unknown),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Bytes(_) => false,
        }
    }

    /// Returns the entry `key` of a map that is not secret as a whole.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// Returns the text of a string that is not secret.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Best effort: what others still share is left to them.
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::String(text) => {
                if let Some(text) = Arc::get_mut(text) {
                    text.zeroize();
                }
            }
            Self::Bytes(bytes) => {
                if let Some(bytes) = Arc::get_mut(bytes) {
                    bytes.zeroize();
                }
            }
            Self::Number(number) => {
                if let Some(text) = number.text_mut() {
                    text.zeroize();
                }
            }
            Self::List(values) => {
                if let Some(values) = Arc::get_mut(values) {
                    values.iter_mut().for_each(Self::zeroize);
                }
            }
            Self::Map(entries) => {
                if let Some(entries) = Arc::get_mut(entries) {
                    entries.values_mut().for_each(Self::zeroize);
                }
            }
            Self::Null | Self::Bool(_) | Self::Secret(_) | Self::Deferred(_) | Self::Unknown => {}
        }
        *self = Self::Null;
    }
}

/// Secrets print as `[secret]`, unknown parts as `[unknown]`.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(value) => value.fmt(formatter),
            Self::Number(value) => value.fmt(formatter),
            Self::String(text) => text.fmt(formatter),
            Self::Bytes(bytes) => write!(formatter, "[{} bytes]", bytes.len()),
            Self::List(values) => formatter.debug_list().entries(values.iter()).finish(),
            Self::Map(entries) => formatter.debug_map().entries(entries.iter()).finish(),
            Self::Secret(secret) => secret.fmt(formatter),
            Self::Deferred(_) | Self::Unknown => formatter.write_str("[unknown]"),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Secret<String>> for Value {
    #[expect(clippy::disallowed_methods, reason = "the text moves from one hiding place into another")]
    fn from(text: Secret<String>) -> Self {
        Self::string(text.expose().as_str()).secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_shape_and_no_secret() {
        let value = Value::map([("name", "prod".into()), ("token", Value::from("chirp").secret())]);
        assert_eq!(format!("{value:?}"), r#"{"name": "prod", "token": [secret]}"#);
        assert!(value.holds_secret() && !value.is_secret());
    }

    #[test]
    fn zeroizing_empties_what_nobody_else_holds() {
        let mut value = Value::list(["chirp".into(), Value::Unknown]);
        value.zeroize();
        assert_eq!(value, Value::Null);
    }
}
