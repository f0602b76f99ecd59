//! Documents as bytes: gzipped JSON with a version that is looked at first.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Serialize, de::DeserializeOwned};

use super::StateError;

/// Returns the document as gzipped JSON; the same document always gives the same bytes.
pub(super) fn encode<T: Serialize>(document: &T, place: &str) -> Result<Vec<u8>, StateError> {
    let fail = |source: Box<dyn std::error::Error + Send + Sync>| StateError::Backend {
        act: "encode",
        place: place.to_owned(),
        source,
    };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut encoder, document).map_err(|error| fail(error.into()))?;
    encoder.flush().and_then(|()| encoder.finish()).map_err(|error| fail(error.into()))
}

/// Returns the document, if it is of the version `known`.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8], known: u32, place: &str) -> Result<T, StateError> {
    let fail = |source: Box<dyn std::error::Error + Send + Sync>| StateError::Malformed {
        place: place.to_owned(),
        source,
    };
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).map_err(|error| fail(error.into()))?;
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u64,
    }
    let Versioned { version: found } = serde_json::from_str(&text).map_err(|error| fail(error.into()))?;
    if found != u64::from(known) {
        return Err(StateError::Version { place: place.to_owned(), found, known });
    }
    serde_json::from_str(&text).map_err(|error| fail(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Snapshot;

    #[test]
    fn a_document_comes_back_as_it_was() {
        let snapshot = Snapshot { serial: 7, ..Snapshot::default() };
        let bytes = encode(&snapshot, "here").unwrap();
        assert_eq!(bytes, encode(&snapshot, "here").unwrap());
        assert_eq!(decode::<Snapshot>(&bytes, 1, "here").unwrap(), snapshot);
    }

    #[test]
    fn a_later_version_and_damage_are_refused() {
        let later = encode(&serde_json::json!({"version": 2, "shape": "another"}), "here").unwrap();
        assert_eq!(
            decode::<Snapshot>(&later, 1, "here").unwrap_err().to_string(),
            "here has the version 2; this program reads version 1"
        );
        let error = decode::<Snapshot>(&later[..later.len() / 2], 1, "here").unwrap_err();
        assert!(matches!(error, StateError::Malformed { .. }), "{error}");
    }
}
