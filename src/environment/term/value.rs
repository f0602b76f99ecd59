//! Terms from and to plain values.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use super::{Content, Entry, Shared, Term};
use crate::environment::schema::Schema;
use crate::esc::Place;
use crate::resource::{Map, Value};

impl Term {
    /// Returns the term of a value; what is inside a secret is secret too. All of it is defined at `place`.
    #[expect(clippy::disallowed_methods, reason = "the value moves from one hiding place into another")]
    pub(crate) fn from_value(value: &Value, secret: bool, place: &Arc<Place>) -> Shared {
        let term = match value {
            Value::Secret(hidden) => return Self::from_value(hidden.expose(), true, place),
            Value::Null => Self::new(Content::Null, place),
            Value::Bool(value) => Self::new(Content::Bool(*value), place),
            Value::Number(number) => Self::new(Content::Number(number.clone()), place),
            Value::String(text) => Self::text(text, place),
            Value::Bytes(bytes) => Self::text(&**bytes, place),
            Value::List(values) => {
                Self::list(values.iter().map(|value| Self::from_value(value, secret, place)).collect(), place)
            }
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    (Arc::clone(key), Entry { term: Self::from_value(value, secret, place), key: None })
                });
                Self::object(entries.collect(), place)
            }
            Value::Deferred(_) | Value::Unknown => Self::unknown(Schema::always(), place),
        };
        Rc::new(term.with_secret(secret))
    }

    /// Returns the value with each secret hidden, and all that is below it.
    pub(crate) fn to_value(&self) -> Value {
        if self.secret { self.reveal().secret() } else { self.convert(&Self::to_value) }
    }

    /// Returns the value with its secrets in the clear.
    pub(crate) fn reveal(&self) -> Value {
        self.convert(&Self::reveal)
    }

    fn convert(&self, below: &dyn Fn(&Self) -> Value) -> Value {
        if self.is_unknown() {
            return Value::Unknown;
        }
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => text.into(),
            Content::List(items) => Value::list(items.iter().map(|item| below(item))),
            Content::Object(_) => {
                let mut entries = Vec::new();
                self.for_each_property(|key, entry| entries.push((Arc::clone(key), below(&entry.term))));
                // Many at once, and sorted: that is cheaper than one after another.
                Value::Map(Arc::new(Map::from_iter(entries)))
            }
        }
    }

    /// Returns the texts that are secret in this value, for taking them out of messages.
    pub(crate) fn secret_texts(&self, inside: bool, texts: &mut Vec<Vec<u8>>) {
        let inside = inside || self.secret;
        match &self.content {
            Content::Text(text) if inside && !text.is_empty() => texts.push(text.to_vec()),
            Content::Number(number) if inside => texts.push(number.as_str().as_bytes().to_vec()),
            Content::List(items) => items.iter().for_each(|item| item.secret_texts(inside, texts)),
            Content::Object(_) => {
                let properties: BTreeMap<_, _> = self.properties();
                for entry in properties.values() {
                    entry.term.secret_texts(inside, texts);
                }
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => {}
        }
    }
}
