//! Values into typed structures, with the path of what does not fit.
//!
//! A secret value fits a [`Secret`](crate::secret::Secret) field only: a plain field is shown in plans and logs.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroize;

use super::Value;
use crate::secret::Secret;

/// Why a value does not fit its structure; the path leads to the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// The keys and indexes that lead to the place, from the outside (`stores`, `0`, `name`).
    pub path: Vec<String>,
    /// What does not fit.
    pub message: String,
}

impl de::Error for DecodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }
}

impl DecodeError {
    fn below(mut self, key: impl Into<String>) -> Self {
        self.path.insert(0, key.into());
        self
    }
}

/// Returns the structure that the value describes.
pub fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, DecodeError> {
    T::deserialize(ValueDeserializer { value, hidden: false })
}

/// The name by which a [`Secret`] asks for a value that may be secret.
const SECRET: &str = "$eggtooth::Secret";

impl<'de, T: Deserialize<'de> + Zeroize> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hidden<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Hidden<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a secret value")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
                T::deserialize(deserializer)
            }
        }

        deserializer.deserialize_newtype_struct(SECRET, Hidden(std::marker::PhantomData)).map(Self::new)
    }
}

impl<T: Zeroize + schemars::JsonSchema> schemars::JsonSchema for Secret<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("writeOnly".into(), true.into());
        schema
    }
}

/// `hidden` is true inside a [`Secret`]: from there on secrets may be read.
#[derive(Clone, Copy)]
struct ValueDeserializer<'a> {
    value: &'a Value,
    hidden: bool,
}

impl<'a> ValueDeserializer<'a> {
    /// The value to read: a secret one only where it stays hidden.
    #[expect(clippy::disallowed_methods, reason = "the value moves on into a Secret of the structure")]
    fn readable(self) -> Result<&'a Value, DecodeError> {
        match self.value {
            Value::Secret(secret) if self.hidden => Ok(secret.expose()),
            Value::Secret(_) => Err(de::Error::custom(REVEALING)),
            plain => Ok(plain),
        }
    }
}

const REVEALING: &str = "this field is shown in plans and logs: it can't be a secret";

impl<'de> Deserializer<'de> for ValueDeserializer<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let hidden = self.hidden;
        match self.readable()? {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_i64(value),
                (None, Some(value), _) => visitor.visit_u64(value),
                (None, None, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => visitor.visit_str(number.as_str()),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Bytes(bytes) => visitor.visit_bytes(bytes),
            Value::List(values) => visitor.visit_seq(Elements { values, next: 0, hidden }),
            Value::Map(entries) => visitor.visit_map(Entries { rest: entries.iter(), value: None, hidden }),
            Value::Secret(_) => Err(de::Error::custom("a secret inside of a secret")),
            Value::Deferred(_) | Value::Unknown => Err(de::Error::custom("the value is not known yet")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(Self { hidden: self.hidden || name == SECRET, ..self })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.readable()? {
            Value::String(text) => {
                visitor.visit_enum(IntoDeserializer::<DecodeError>::into_deserializer(text.to_string()))
            }
            _ => Err(de::Error::custom(format!("expected one of {} for {name}", variants.join(", ")))),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Elements<'a> {
    values: &'a [Value],
    next: usize,
    hidden: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(value) = self.values.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(ValueDeserializer { value, hidden: self.hidden })
            .map(Some)
            .map_err(|error| error.below(index.to_string()))
    }
}

struct Entries<'a> {
    rest: std::collections::btree_map::Iter<'a, std::sync::Arc<str>, Value>,
    value: Option<(&'a str, &'a Value)>,
    hidden: bool,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some((key, value));
        seed.deserialize(key.to_string().into_deserializer())
            .map(Some)
            .map_err(|error: DecodeError| error.below(key.to_string()))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let (key, value) = self.value.take().ok_or_else(|| de::Error::custom("a value without a key"))?;
        seed.deserialize(ValueDeserializer { value, hidden: self.hidden }).map_err(|error| error.below(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Store {
        name: String,
        port: Option<u16>,
        token: Option<Secret<String>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Config {
        stores: Vec<Store>,
    }

    fn config(store: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::map([("stores", Value::list([Value::map(store)]))])
    }

    #[test]
    fn a_secret_fits_a_secret_field() {
        let value =
            config([("name", "a".into()), ("token", Value::from("chirp").secret()), ("port", 1.into())]);
        let store = Store { name: "a".into(), port: Some(1), token: Some(Secret::new("chirp".into())) };
        assert_eq!(decode::<Config>(&value).unwrap(), Config { stores: vec![store] });
    }

    #[test]
    fn a_secret_does_not_fit_a_plain_field_and_the_path_leads_there() {
        let error = decode::<Config>(&config([("name", Value::from("chirp").secret())])).unwrap_err();
        assert_eq!(error.path, ["stores", "0", "name"]);
        assert!(!error.message.contains("chirp"), "{error}");
    }

    #[test]
    fn a_wrong_type_and_an_unknown_field_are_named() {
        let error = decode::<Config>(&config([("name", 1.into())])).unwrap_err();
        assert_eq!(
            (error.path.join("."), error.message.as_str()),
            ("stores.0.name".into(), "invalid type: integer `1`, expected a string")
        );
        let error = decode::<Config>(&config([("name", "a".into()), ("vualts", 1.into())])).unwrap_err();
        assert_eq!(error.path, ["stores", "0", "vualts"]);
    }
}
