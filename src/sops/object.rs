//! A decrypted document as one JSON object, for services that keep values by their names.

use crate::secret::Secret;

use super::decrypt::Plain;
use super::error::Problem;
use super::json;
use super::tree::{Element, Entry, Kind, Scalar};

impl Plain {
    /// Returns all documents as one JSON object, as `sops publish` sends it: of two keys the later counts.
    ///
    /// # Errors
    /// [`Problem::NotText`] where a value is no text and [`Problem::Infinite`] where it is no number that JSON has.
    pub fn to_json_object(&self) -> Result<Secret<String>, Problem> {
        let mut merged: Vec<Entry> = Vec::new();
        for entry in self.branches.iter().flatten() {
            let Entry::Item(item) = entry else { continue };
            presentable(&item.value.kind)?;
            merged.retain(|other| !matches!(other, Entry::Item(other) if other.key == item.key));
            merged.push(entry.clone());
        }
        Ok(Secret::new(json::write(&merged, None)))
    }
}

/// sops would send other text in place of such values.
fn presentable(kind: &Kind) -> Result<(), Problem> {
    match kind {
        Kind::Null => Ok(()),
        Kind::Map(entries) => entries.iter().try_for_each(|entry| match entry {
            Entry::Item(item) => presentable(&item.value.kind),
            Entry::Comment(_) => Ok(()),
        }),
        Kind::List(elements) => elements.iter().try_for_each(|element| match element {
            Element::Value(value) => presentable(&value.kind),
            Element::Comment(_) => Ok(()),
        }),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "only the value's type is looked at")]
            let scalar = leaf.value.expose();
            match scalar {
                Scalar::Bytes(_) => Err(Problem::NotText),
                Scalar::Float(value) if !value.is_finite() => Err(Problem::Infinite),
                Scalar::String(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) => {
                    Ok(())
                }
            }
        }
    }
}
