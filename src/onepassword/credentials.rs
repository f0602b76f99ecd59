//! `1password-credentials.json`: what a Connect server is set up with.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::secret::Secret;

/// A Connect server's credentials document, as JSON text or as an object in an environment.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Credentials {
    text: String,
}

/// How a Secret holds the credentials so that the server of a chart's version finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A file with the JSON text: charts from 2.3.0 on.
    Json,
    /// An environment variable with the base64 of the JSON text: charts before 2.3.0.
    Base64,
}

impl Encoding {
    /// Returns the form that the chart `connect` of this version needs.
    pub fn of_chart(version: &str) -> Self {
        let mut numbers =
            version.trim_start_matches('v').split(['.', '-', '+']).map_while(|part| part.parse().ok());
        let version: (u64, u64) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if version >= (2, 3) { Self::Json } else { Self::Base64 }
    }
}

/// Why a text is no credentials document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// It is base64 of something that looks like JSON.
    #[error("the credentials are encoded in base64 already")]
    Encoded,
    /// It is no JSON object.
    #[error("the credentials are not a JSON object")]
    NotJson,
    /// Parts are missing.
    #[error("the credentials lack {0}")]
    Lacks(String),
    /// It is a version that nobody knows.
    #[error("the credentials have the version {0}, known is 2")]
    Version(String),
}

impl CredentialsError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Encoded => "give the file's text as it is: its encoding follows the chart's version",
            Self::NotJson | Self::Lacks(_) | Self::Version(_) => {
                "give the 1password-credentials.json that `op connect server create` wrote"
            }
        }
    }
}

impl Credentials {
    /// Checks that the document has the parts that a Connect server reads.
    pub fn check(&self) -> Result<(), CredentialsError> {
        let text = self.text.trim();
        if STANDARD.decode(text).is_ok_and(|decoded| decoded.starts_with(b"{")) {
            return Err(CredentialsError::Encoded);
        }
        let Ok(Json::Object(document)) = serde_json::from_str(text) else {
            return Err(CredentialsError::NotJson);
        };
        let required = ["verifier", "encCredentials", "version", "deviceUuid", "uniqueKey"];
        let missing: Vec<&str> = required.into_iter().filter(|&key| !document.contains_key(key)).collect();
        if !missing.is_empty() {
            return Err(CredentialsError::Lacks(missing.join(", ")));
        }
        match document["version"].as_str() {
            Some("2") => Ok(()),
            Some(other) => Err(CredentialsError::Version(other.to_owned())),
            None => Err(CredentialsError::Version(document["version"].to_string())),
        }
    }

    /// Returns the bytes of the Secret's key for a server that wants them in this form.
    pub fn encoded(&self, encoding: Encoding) -> Secret<String> {
        let text = self.text.trim();
        Secret::new(match encoding {
            Encoding::Json => text.to_owned(),
            Encoding::Base64 => STANDARD.encode(text),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl From<String> for Credentials {
    fn from(text: String) -> Self {
        Self { text }
    }
}

/// A text is taken as it is; an object becomes its JSON text.
impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Credentials;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the text of 1password-credentials.json, or its object")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Credentials, E> {
                Ok(text.to_owned().into())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, entries: A) -> Result<Credentials, A::Error> {
                let object = Json::deserialize(de::value::MapAccessDeserializer::new(entries))?;
                Ok(object.to_string().into())
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl schemars::JsonSchema for Credentials {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Credentials".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "object"],
            "description": "The text of 1password-credentials.json, or its object.",
        })
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests look at what the Secret would hold")]
mod tests {
    use super::*;
    use crate::resource::{Value, decode};

    const GOOD: &str = r#"{"verifier":{},"encCredentials":{},"version":"2","deviceUuid":"d","uniqueKey":{}}"#;

    #[test]
    fn the_encoding_follows_the_chart() {
        assert_eq!(Encoding::of_chart("2.4.1"), Encoding::Json);
        assert_eq!(Encoding::of_chart("2.3.0"), Encoding::Json);
        assert_eq!(Encoding::of_chart("2.2.1"), Encoding::Base64);
        assert_eq!(Encoding::of_chart("1.17.0"), Encoding::Base64);
        let credentials = Credentials::from(format!("{GOOD}\n"));
        assert_eq!(credentials.encoded(Encoding::Json).expose(), GOOD);
        assert!(credentials.encoded(Encoding::Base64).expose().starts_with("ey"));
    }

    #[test]
    fn an_object_whose_leaves_are_secret_becomes_its_text() {
        let object = Value::map([("version", Value::from("2").secret()), ("deviceUuid", "d".into())]);
        let credentials: Secret<Credentials> = decode(&object).unwrap();
        assert_eq!(credentials.expose().text, r#"{"deviceUuid":"d","version":"2"}"#);
    }

    #[test]
    fn what_is_no_credentials_document_is_told_without_a_part_of_it() {
        let error = |text: &str| Credentials::from(text.to_owned()).check().unwrap_err();
        assert_eq!(Credentials::from(GOOD.to_owned()).check(), Ok(()));
        assert_eq!(error(&STANDARD.encode(GOOD)), CredentialsError::Encoded);
        assert_eq!(error("chirp"), CredentialsError::NotJson);
        assert_eq!(
            error(r#"{"version":"2","verifier":1}"#).to_string(),
            "the credentials lack encCredentials, deviceUuid, uniqueKey"
        );
        assert_eq!(error(&GOOD.replace("\"2\"", "\"3\"")), CredentialsError::Version("3".into()));
    }
}
