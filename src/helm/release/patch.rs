//! Changes of rendered objects, for what a chart has no value for: a list is a JSON patch (RFC 6902), a map a merge
//! patch (RFC 7386).

use serde::Deserialize;
use serde_json::Value as Json;

use crate::helm::render::{Rendered, split};
use crate::yaml;

/// Why a patch cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// It is no patch.
    #[error("understand a patch of the release's objects")]
    Shape(#[source] serde_json::Error),
    /// The chart makes no such object.
    #[error("a patch is for {kind} {name}, and the chart makes no such object")]
    NoTarget {
        /// The kind that the patch names.
        kind: String,
        /// The name that the patch names.
        name: String,
    },
    /// The object is another one than the patch takes it for.
    #[error("patch {kind} {name}")]
    Refused {
        /// The kind.
        kind: String,
        /// The name.
        name: String,
        /// Why.
        #[source]
        source: json_patch::PatchError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    target: Target,
    patch: Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    kind: String,
    name: String,
}

/// Applies the patches, to the objects and to the text that Helm's record will hold.
pub(super) fn apply(rendered: &mut Rendered, patches: &[Json]) -> Result<(), PatchError> {
    if patches.is_empty() {
        return Ok(());
    }
    let mut changed = vec![false; rendered.documents.len()];
    for patch in patches {
        let Patch { target: Target { kind, name }, patch } =
            Patch::deserialize(patch).map_err(PatchError::Shape)?;
        let place = rendered.documents.iter().position(|document| {
            document.object["kind"] == kind.as_str() && document.object["metadata"]["name"] == name.as_str()
        });
        let Some(place) = place else { return Err(PatchError::NoTarget { kind, name }) };
        let object = &mut rendered.documents[place].object;
        if patch.is_object() {
            json_patch::merge(object, &patch);
        } else {
            let patch = json_patch::Patch::deserialize(patch).map_err(PatchError::Shape)?;
            json_patch::patch(object, &patch).map_err(|source| PatchError::Refused { kind, name, source })?;
        }
        changed[place] = true;
    }
    rewrite(rendered, &changed);
    Ok(())
}

/// Writes the changed objects anew and leaves the text of all others as the chart made it.
fn rewrite(rendered: &mut Rendered, changed: &[bool]) {
    let mut objects = rendered.documents.iter().zip(changed);
    let mut text = String::with_capacity(rendered.manifest.len());
    for document in split(&rendered.manifest) {
        text.push_str("---\n");
        let holds_object = |line: &str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
        let object = if document.lines().any(holds_object) { objects.next() } else { None };
        match object {
            Some((object, true)) => {
                let yaml = yaml::emit_json(&object.object, yaml::Layout::GoYamlV2);
                text.extend(["# Source: ", &object.source, "\n", &yaml]);
            }
            _ => text.push_str(document),
        }
    }
    rendered.manifest = text;
}
