//! Vaults and items as Connect answers them, and what is taken out of an item.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::rehearsal::programs::external_secrets::error::Failure;

/// A vault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vault {
    pub(super) id: String,
}

/// An item, or its summary without fields. What is not named here is kept for writing it back.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) category: String,
    pub(super) vault: ItemVault,
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<Field>,
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<File>,
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub(super) sections: Vec<Value>,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

/// Reads a list, which Go also takes from `null`.
fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ItemVault {
    pub(super) id: String,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Field {
    pub(super) label: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) value: String,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) content_path: String,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

/// What a property means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Property<'a> {
    Field(&'a str),
    File(&'a str),
}

impl Item {
    /// Reads a property: a prefix decides, else a document has files and everything else fields.
    pub(super) fn property<'a>(&self, property: &'a str) -> Property<'a> {
        if let Some(field) = property.strip_prefix("field/") {
            Property::Field(field)
        } else if let Some(file) = property.strip_prefix("file/") {
            Property::File(file)
        } else if self.category == "DOCUMENT" {
            Property::File(property)
        } else {
            Property::Field(property)
        }
    }

    /// Returns the one field with that label; no label is `password`.
    pub(super) fn field(&self, label: &str) -> Result<&Field, Failure> {
        let label = if label.is_empty() { "password" } else { label };
        self.check_unique(label)?;
        let found = self.fields.iter().find(|field| field.label == label);
        found.ok_or_else(|| self.not_one(label, 0))
    }

    /// Refuses a label that is not there exactly once.
    pub(super) fn check_unique(&self, label: &str) -> Result<(), Failure> {
        let count = self.fields.iter().filter(|field| field.label == label).count();
        if count == 1 { Ok(()) } else { Err(self.not_one(label, count)) }
    }

    fn not_one(&self, label: &str, count: usize) -> Failure {
        let title = &self.title;
        Failure::said(format!(
            "expected one 1Password ItemField matching: '{label}' in '{title}', got {count}"
        ))
    }
}

/// Tells whether a text is an id of 1Password's: 26 small letters and digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(category: &str) -> Item {
        serde_json::from_value(json!({
            "id": "i", "title": "db", "category": category, "vault": { "id": "v" }, "favorite": true,
            "fields": [{ "label": "password", "value": "p", "id": "f1" }, { "label": "twice", "value": "1" },
                { "label": "twice", "value": "2" }],
        }))
        .unwrap()
    }

    #[test]
    fn a_field_is_found_by_its_label_once() {
        assert_eq!(item("LOGIN").field("").unwrap().value, "p");
        let none = item("LOGIN").field("x").err().unwrap().to_string();
        assert_eq!(none, "expected one 1Password ItemField matching: 'x' in 'db', got 0");
        let two = item("LOGIN").field("twice").err().unwrap().to_string();
        assert_eq!(two, "expected one 1Password ItemField matching: 'twice' in 'db', got 2");
    }

    #[test]
    fn a_property_is_a_field_unless_the_prefix_or_the_category_say_otherwise() {
        assert_eq!(item("LOGIN").property("a"), Property::Field("a"));
        assert_eq!(item("DOCUMENT").property("a"), Property::File("a"));
        assert_eq!(item("DOCUMENT").property("field/a"), Property::Field("a"));
        assert_eq!(item("LOGIN").property("file/a"), Property::File("a"));
    }

    #[test]
    fn what_is_written_back_keeps_what_is_not_known_here() {
        let json = serde_json::to_value(item("LOGIN")).unwrap();
        assert_eq!(json["favorite"], true);
        assert_eq!(json["fields"][0]["id"], "f1");
    }
}
