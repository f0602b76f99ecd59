//! An item as Connect gives it.

use serde::Deserialize;

use crate::secret::Secret;

/// An item in full, as far as values are taken out of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    sections: Vec<Section>,
    #[serde(default)]
    fields: Vec<Field>,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Clone, Debug, Deserialize)]
struct Section {
    id: String,
    #[serde(default)]
    label: String,
}

#[derive(Clone, Debug, Deserialize)]
struct SectionId {
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Field {
    #[serde(default)]
    id: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    value: Option<Secret<String>>,
    section: Option<SectionId>,
}

#[derive(Clone, Debug, Deserialize)]
struct File {
    id: String,
    #[serde(default)]
    name: String,
    section: Option<SectionId>,
}

/// What a reference leads to inside of an item.
#[derive(Clone, Debug)]
pub enum Content {
    /// A field's value.
    Value(Secret<String>),
    /// A file, by its id.
    File(String),
}

/// Why an item does not hold what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// Nothing is called so.
    #[error("the item `{item}` has no field or file `{name}`; it has {}", list(.has))]
    Missing {
        /// The item's title.
        item: String,
        /// What was asked for.
        name: String,
        /// What there is.
        has: Vec<String>,
    },
    /// Several are called so.
    #[error("the item `{item}` has {count} fields or files `{name}`: name the section, or use an id")]
    Ambiguous {
        /// The item's title.
        item: String,
        /// What was asked for.
        name: String,
        /// How many there are.
        count: usize,
    },
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

impl Item {
    /// Returns the field or file of a label, name or id; as in 1Password, upper and lower case are the same.
    pub fn find(&self, section: Option<&str>, name: &str) -> Result<Content, ItemError> {
        let fields = self.fields.iter().filter(|field| {
            same(name, &[&field.id, &field.label]) && self.is_in(field.section.as_ref(), section)
        });
        let values = fields.map(|field| Content::Value(field.value.clone().unwrap_or_else(empty)));
        let files = self
            .files
            .iter()
            .filter(|file| same(name, &[&file.id, &file.name]) && self.is_in(file.section.as_ref(), section));
        let mut found: Vec<Content> =
            values.chain(files.map(|file| Content::File(file.id.clone()))).collect();
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(ItemError::Missing {
                item: self.title.clone(),
                name: name.to_owned(),
                has: self.names().map(str::to_owned).collect(),
            }),
            count => Err(ItemError::Ambiguous { item: self.title.clone(), name: name.to_owned(), count }),
        }
    }

    /// Returns the values of all fields by their labels; one without a value is empty.
    pub fn values(&self) -> Result<Vec<(String, Secret<String>)>, ItemError> {
        let mut values: Vec<(String, Secret<String>)> = Vec::new();
        for field in &self.fields {
            let label = if field.label.is_empty() { &field.id } else { &field.label };
            if values.iter().any(|(known, _)| known == label) {
                let count = self.fields.iter().filter(|other| other.label == *label).count();
                return Err(ItemError::Ambiguous { item: self.title.clone(), name: label.clone(), count });
            }
            values.push((label.clone(), field.value.clone().unwrap_or_else(empty)));
        }
        Ok(values)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().map(|field| field.label.as_str());
        fields.chain(self.files.iter().map(|file| file.name.as_str())).filter(|name| !name.is_empty())
    }

    fn is_in(&self, own: Option<&SectionId>, wanted: Option<&str>) -> bool {
        let Some(wanted) = wanted else { return true };
        let Some(own) = own else { return false };
        let label = self.sections.iter().find(|section| section.id == own.id);
        same(wanted, &[&own.id, label.map_or("", |section| section.label.as_str())])
    }
}

fn empty() -> Secret<String> {
    Secret::new(String::new())
}

fn same(name: &str, candidates: &[&str]) -> bool {
    candidates.iter().any(|candidate| candidate.to_lowercase() == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item() -> Item {
        serde_json::from_value(json!({
            "id": "bbbbbbbbbbbbbbbbbbbbbbbbbb", "title": "db",
            "sections": [{ "id": "s1", "label": "Admin" }],
            "fields": [
                { "id": "username", "label": "username", "value": "dragon" },
                { "id": "f1", "label": "password", "value": "chirp" },
                { "id": "f2", "label": "password", "value": "root", "section": { "id": "s1" } },
                { "id": "notesPlain", "label": "notesPlain" },
            ],
            "files": [{ "id": "file1", "name": "ca.pem" }],
        }))
        .unwrap()
    }

    fn text(section: Option<&str>, name: &str) -> Result<String, ItemError> {
        item().find(section, name).map(|content| match content {
            #[expect(clippy::disallowed_methods, reason = "the test looks at what was found")]
            Content::Value(value) => value.expose().clone(),
            Content::File(id) => format!("file {id}"),
        })
    }

    #[test]
    fn a_field_is_found_by_label_id_and_section_and_a_file_by_its_name() {
        assert_eq!(text(None, "USERNAME").unwrap(), "dragon");
        assert_eq!(text(None, "f1").unwrap(), "chirp");
        assert_eq!(text(Some("admin"), "password").unwrap(), "root");
        assert_eq!(text(None, "notesPlain").unwrap(), "");
        assert_eq!(text(None, "ca.pem").unwrap(), "file file1");
    }

    #[test]
    fn what_is_missing_or_there_twice_is_told_with_what_there_is() {
        let error = text(None, "pasword").unwrap_err().to_string();
        assert!(
            error.starts_with("the item `db` has no field or file `pasword`; it has `username`"),
            "{error}"
        );
        let error = text(None, "password").unwrap_err().to_string();
        assert_eq!(error, "the item `db` has 2 fields or files `password`: name the section, or use an id");
        assert!(item().values().is_err());
        assert!(!format!("{:?}", item()).contains("chirp"));
    }
}
