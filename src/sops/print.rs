//! Decrypted documents as text, as `sops decrypt` prints them.

use crate::secret::Secret;

use super::decrypt::Plain;
use super::error::Problem;
use super::format::Format;
use super::tree::{Entry, Kind, Scalar};
use super::{dotenv, ini, json, yaml};

impl Plain {
    /// Writes the document in `format`, byte for byte as `sops decrypt --output-type` does.
    pub fn to_text(&self, format: Format) -> Result<Secret<Vec<u8>>, Problem> {
        self.to_text_indented(format, None)
    }

    /// Writes the document in `format` with so many spaces a level, where the format has levels; without them
    /// YAML has 4 and JSON has tabs.
    pub fn to_text_indented(
        &self,
        format: Format,
        indent: Option<usize>,
    ) -> Result<Secret<Vec<u8>>, Problem> {
        let first = self.branches.first().map(Vec::as_slice).unwrap_or_default();
        let text = match format {
            Format::Yaml => yaml::write(&self.branches, indent).into_bytes(),
            Format::Json => json::write(first, indent).into_bytes(),
            Format::Binary => return write_binary(first),
            Format::Dotenv => dotenv::write(first)?.into_bytes(),
            Format::Ini => ini::write(first)?.into_bytes(),
        };
        Ok(Secret::new(text))
    }
}

fn write_binary(entries: &[Entry]) -> Result<Secret<Vec<u8>>, Problem> {
    let data = entries.iter().find_map(|entry| match entry {
        Entry::Item(item) if &*item.key == "data" => Some(&item.value.kind),
        Entry::Item(_) | Entry::Comment(_) => None,
    });
    let Some(Kind::Leaf(leaf)) = data else { return Err(Problem::Format("it has no text under `data`")) };
    #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
    match leaf.value.expose() {
        Scalar::String(text) => Ok(Secret::new(text.clone().into_bytes())),
        Scalar::Bytes(bytes) => Ok(Secret::new(bytes.clone())),
        Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) => {
            Err(Problem::Format("it has no text under `data`"))
        }
    }
}
