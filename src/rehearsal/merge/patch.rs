//! Patches: JSON, merge and strategic merge.

use serde_json::Value as Json;

use super::strategic::merge_strategically;
use crate::rehearsal::schema::Schema;

/// The kind of a patch, by its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum PatchKind {
    /// `application/json-patch+json`.
    Json,
    /// `application/merge-patch+json`.
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
}

/// Why a patch can't be applied.
#[derive(Debug, thiserror::Error)]
pub(in crate::rehearsal) enum PatchError {
    /// The body is no list of JSON patch operations.
    #[error("error decoding patch: {0}")]
    Malformed(#[source] serde_json::Error),
    /// An operation does not fit the object, or its test failed.
    #[error("the server rejected our request due to an error in our request")]
    Rejected(#[source] json_patch::PatchError),
    /// The patch must be an object.
    #[error("expected a map, got {0}")]
    NoObject(&'static str),
    /// A `$patch` that is none.
    #[error("unrecognized type of {0:?} directive in patch")]
    Directive(String),
    /// An element of a merged list lacks the key that it is merged by.
    #[error("map: {element} does not contain declared merge key: {key}")]
    NoKey {
        /// The element, as JSON.
        element: String,
        /// The key.
        key: String,
    },
}

/// Returns the object as the patch makes it, before defaults and checks.
pub(in crate::rehearsal) fn patch(
    live: &Json,
    patch: &Json,
    kind: PatchKind,
    schema: &Schema,
) -> Result<Json, PatchError> {
    match kind {
        PatchKind::Json => {
            let operations: json_patch::Patch =
                serde_json::from_value(patch.clone()).map_err(PatchError::Malformed)?;
            let mut patched = live.clone();
            json_patch::patch(&mut patched, &operations).map_err(PatchError::Rejected)?;
            Ok(patched)
        }
        PatchKind::Merge => {
            object(patch)?;
            let mut patched = live.clone();
            json_patch::merge(&mut patched, patch);
            Ok(patched)
        }
        PatchKind::Strategic => {
            object(patch)?;
            merge_strategically(live, patch, schema.root())
        }
    }
}

fn object(patch: &Json) -> Result<(), PatchError> {
    match patch {
        Json::Object(_) => Ok(()),
        Json::Array(_) => Err(PatchError::NoObject("a list")),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            Err(PatchError::NoObject("a value"))
        }
    }
}
